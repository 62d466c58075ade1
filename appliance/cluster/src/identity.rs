// SPDX-License-Identifier: AGPL-3.0-or-later
//! The key that a board is to others.

use ring::{
    error::Unspecified,
    rand::{SecureRandom, SystemRandom},
    signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey},
};
use types::BoardKey;

/// Our own key pair. Made by the first pairing, and never given out.
pub struct Identity {
    seed: [u8; 32],
    pair: Ed25519KeyPair,
}

/// The kernel gave no random bytes, or a stored key is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the board's own key cannot be made or read")]
pub struct NoKey;

impl From<Unspecified> for NoKey {
    fn from(_: Unspecified) -> Self {
        Self
    }
}

impl Identity {
    /// A new one.
    ///
    /// # Errors
    /// When the kernel gives no random bytes.
    pub fn generate() -> Result<Self, NoKey> {
        let mut seed = [0; 32];
        SystemRandom::new().fill(&mut seed)?;
        Self::from_seed(seed)
    }

    /// The one with this seed (RFC 8032, section 5.1.5).
    ///
    /// # Errors
    /// When there is no such key.
    pub fn from_seed(seed: [u8; 32]) -> Result<Self, NoKey> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| NoKey)?;
        Ok(Self { seed, pair })
    }

    /// The secret half, to be kept.
    pub fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// The secret half as PKCS #8 (RFC 8410, section 7), as TLS takes it.
    pub(crate) fn pkcs8(&self) -> Vec<u8> {
        const HEAD: [u8; 16] = [
            0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
        ];
        [&HEAD[..], &self.seed].concat()
    }

    /// The public half.
    pub fn key(&self) -> BoardKey {
        let mut key = [0; 32];
        key.copy_from_slice(self.pair.public_key().as_ref());
        BoardKey(key)
    }

    /// Signs `message`, for the purpose that `context` names: a signature for one purpose is none for another.
    pub fn sign(&self, context: &'static str, message: &[u8]) -> Vec<u8> {
        self.pair.sign(&framed(context, message)).as_ref().to_vec()
    }
}

/// Whether `key` signed `message` for this purpose.
pub fn verify(key: &BoardKey, context: &'static str, message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, key.0)
        .verify(&framed(context, message), signature)
        .is_ok()
}

fn framed(context: &'static str, message: &[u8]) -> Vec<u8> {
    [context.as_bytes(), &[0], message].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_for_one_key_one_purpose_and_one_message() {
        let (oak, elm) = (Identity::generate().unwrap(), Identity::generate().unwrap());
        let signature = oak.sign("a", b"message");
        assert!(verify(&oak.key(), "a", b"message", &signature));
        assert!(!verify(&elm.key(), "a", b"message", &signature));
        assert!(!verify(&oak.key(), "b", b"message", &signature));
        assert!(!verify(&oak.key(), "a", b"Message", &signature));
        assert!(!verify(&oak.key(), "a", b"message", &signature[1..]));
        let again = Identity::from_seed(*oak.seed()).unwrap();
        assert_eq!(again.key(), oak.key());
    }
}
