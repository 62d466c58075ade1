// SPDX-License-Identifier: AGPL-3.0-or-later
//! The recorded result, sealed with the board's key, so that any other board can tell that it is the one that was
//! counted there.

use super::{Proposal, Tally};
use data_encoding::HEXLOWER;
use ring::{
    digest::{SHA256, digest},
    signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use types::Timestamp;

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// Id of the proposal.
    pub proposal: String,
    /// SHA-256 of the proposal as it was voted on, in hexadecimal.
    pub proposal_sha256: String,
    /// When it was counted (seconds since 1970).
    #[schemars(with = "i64")]
    pub counted: Timestamp,
    /// The sums.
    pub tally: Tally,
}

/// An ed25519 signature (RFC 8032) over the decision as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Seal {
    /// The board's public key, in hexadecimal.
    pub key: String,
    /// The signature, in hexadecimal.
    pub signature: String,
}

/// Why a seal does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The private key cannot be used.
    #[error("the board's key is not an ed25519 key in PKCS#8 form")]
    Key,
    /// The decision, the key or the signature was changed.
    #[error("the signature does not belong to this decision")]
    Wrong,
    /// Another proposal.
    #[error("the decision is about another proposal, or its text was changed since")]
    OtherProposal,
}

/// The public half of a private key (PKCS#8), in hexadecimal.
///
/// # Errors
/// When it is no such key.
pub fn public_key(private: &[u8]) -> Result<String, SealError> {
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(private).map_err(|_| SealError::Key)?;
    Ok(HEXLOWER.encode(pair.public_key().as_ref()))
}

fn sha256(proposal: &Proposal) -> String {
    let bytes = serde_json::to_vec(proposal).unwrap_or_default();
    HEXLOWER.encode(digest(&SHA256, &bytes).as_ref())
}

impl Decision {
    /// The decision on a proposal.
    pub fn new(proposal: &Proposal, tally: Tally, counted: Timestamp) -> Self {
        Self {
            proposal: proposal.id.clone(),
            proposal_sha256: sha256(proposal),
            counted,
            tally,
        }
    }

    /// The bytes that are signed. A field's place never changes: it is part of the format.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"commonhost decision 1\n".to_vec();
        bytes.extend(serde_json::to_vec(self).unwrap_or_default());
        bytes
    }

    /// Signs it with the board's private key (PKCS#8).
    ///
    /// # Errors
    /// When the key cannot be used.
    pub fn seal(&self, private: &[u8]) -> Result<Seal, SealError> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(private).map_err(|_| SealError::Key)?;
        Ok(Seal {
            key: HEXLOWER.encode(pair.public_key().as_ref()),
            signature: HEXLOWER.encode(pair.sign(&self.bytes()).as_ref()),
        })
    }

    /// Whether the seal belongs to this decision and the decision to this proposal. Whose key it is, the reader knows.
    ///
    /// # Errors
    /// What does not fit.
    pub fn verify(&self, seal: &Seal, proposal: &Proposal) -> Result<(), SealError> {
        if self.proposal != proposal.id || self.proposal_sha256 != sha256(proposal) {
            return Err(SealError::OtherProposal);
        }
        let bytes = |text: &str| HEXLOWER.decode(text.as_bytes()).map_err(|_| SealError::Wrong);
        UnparsedPublicKey::new(&ED25519, bytes(&seal.key)?)
            .verify(&self.bytes(), &bytes(&seal.signature)?)
            .map_err(|_| SealError::Wrong)
    }
}
