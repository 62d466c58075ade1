// SPDX-License-Identifier: AGPL-3.0-or-later
//! What both sides derive once the key exchange is through: proofs, words and message codes.

use super::{Decision, Hex, Introduction, VERSION};
use crate::{Code, words::Words};
use ring::{digest, hkdf, hmac};
use spake2::{Ed25519Group, Identity, Password, Spake2};
use types::BoardKey;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Guest,
    Host,
}

impl Side {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Guest => b"guest",
            Self::Host => b"host",
        }
    }

    /// Purpose of the signature each side makes over the transcript.
    pub(super) fn context(self) -> &'static str {
        match self {
            Self::Guest => "commonhost pairing 1 guest",
            Self::Host => "commonhost pairing 1 host",
        }
    }
}

/// Starts the key exchange; SPAKE2 with its two roles, so that a message sent back to its sender is worth nothing.
pub(super) fn start(side: Side, code: Code) -> (Spake2<Ed25519Group>, Vec<u8>) {
    let password = Password::new(code.password());
    let (a, b) = (
        Identity::new(b"commonhost guest"),
        Identity::new(b"commonhost host"),
    );
    match side {
        Side::Guest => Spake2::start_a(&password, &a, &b),
        Side::Host => Spake2::start_b(&password, &a, &b),
    }
}

/// All that was said before the proofs.
pub(super) struct Transcript([u8; 32]);

impl Transcript {
    pub(super) fn new(
        hint: u8,
        attempt: &Hex,
        guest: (&Introduction, &[u8]),
        host: (&Introduction, &[u8]),
    ) -> Self {
        let mut all = digest::Context::new(&digest::SHA256);
        let mut add = |part: &[u8]| {
            all.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            all.update(part);
        };
        add(b"commonhost pairing");
        add(&[VERSION, hint]);
        add(&attempt.0);
        for (board, exchange) in [guest, host] {
            add(&board.key.0);
            add(board.name.as_str().as_bytes());
            add(exchange);
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(all.finish().as_ref());
        Self(hash)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What both sides know, and nobody else.
pub(super) struct Secrets {
    key: hkdf::Prk,
    pub(super) transcript: Transcript,
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl Secrets {
    pub(super) fn new(shared: &[u8], transcript: Transcript) -> Self {
        let key = hkdf::Salt::new(hkdf::HKDF_SHA256, &transcript.0).extract(shared);
        Self { key, transcript }
    }

    fn derive<const N: usize>(&self, purpose: &[u8], side: &[u8]) -> [u8; N] {
        let mut bytes = [0; N];
        let info = [purpose, side];
        // Fails only for lengths over 255 hashes.
        if let Ok(okm) = self.key.expand(&info, Length(N)) {
            let _ = okm.fill(&mut bytes);
        }
        bytes
    }

    fn mac_key(&self, purpose: &[u8], side: Side) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.derive::<32>(purpose, side.label()))
    }

    /// What this side sends to prove that it knows the code.
    pub(super) fn proof(&self, side: Side) -> Hex {
        Hex(hmac::sign(&self.mac_key(b"proof ", side), &[]).as_ref().to_vec())
    }

    /// Whether the other side proved it, and signed with its key.
    pub(super) fn proven(&self, side: Side, key: &BoardKey, proof: &Hex, signature: &Hex) -> bool {
        hmac::verify(&self.mac_key(b"proof ", side), &[], &proof.0).is_ok()
            && crate::verify(key, side.context(), self.transcript.bytes(), &signature.0)
    }

    /// The three words.
    pub(super) fn words(&self) -> Words {
        Words::of(self.derive::<3>(b"words", b""))
    }

    /// Authenticates a decision.
    pub(super) fn mac(&self, side: Side, decision: Decision) -> Hex {
        Hex(hmac::sign(&self.mac_key(b"decision ", side), &[decision as u8])
            .as_ref()
            .to_vec())
    }

    /// Whether that side decided so.
    pub(super) fn decided(&self, side: Side, decision: Decision, mac: &Hex) -> bool {
        hmac::verify(&self.mac_key(b"decision ", side), &[decision as u8], &mac.0).is_ok()
    }
}
