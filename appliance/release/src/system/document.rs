// SPDX-License-Identifier: AGPL-3.0-or-later
//! The signed documents.

use super::trust::TrustError;
use crate::{key::PublicKey, key::SigningKey};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::{BTreeMap, BTreeSet};
use types::{Digest, Timestamp, release::Releases};

/// Who signs a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The keys themselves.
    Root,
    /// The releases.
    Targets,
    /// Which targets.
    Snapshot,
    /// Which snapshot, now.
    Timestamp,
}

impl Role {
    /// As it is written, and the beginning of its file's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Targets => "targets",
            Self::Snapshot => "snapshot",
            Self::Timestamp => "timestamp",
        }
    }

    /// The largest document of this role, in bytes.
    pub fn limit(self) -> u64 {
        match self {
            Self::Targets => 1024 * 1024,
            Self::Root | Self::Snapshot | Self::Timestamp => 64 * 1024,
        }
    }
}

/// A document as it is stored and sent: its payload as text, signed byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// The payload, JSON.
    pub signed: String,
    /// Signatures over it.
    pub signatures: Vec<SignedBy>,
}

/// A signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedBy {
    /// The public key, 64 hexadecimal digits.
    pub key: String,
    /// 128 hexadecimal digits.
    pub signature: String,
}

/// What every payload begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed<T> {
    /// Whose it is.
    pub role: Role,
    /// Rises with every document of the role.
    pub version: u64,
    /// Until when it counts.
    pub expires: Timestamp,
    /// What it says.
    pub body: T,
}

/// Which keys may sign as which role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootDoc {
    /// All four roles.
    pub roles: BTreeMap<Role, RoleKeys>,
}

/// The keys of a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleKeys {
    /// Public keys, 64 hexadecimal digits each.
    pub keys: BTreeSet<String>,
    /// How many of them must have signed; at least one.
    pub threshold: usize,
}

/// The targets that count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnapshotDoc {
    /// Exactly this file.
    pub targets: Pinned,
}

/// The snapshot that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimestampDoc {
    /// Exactly this file.
    pub snapshot: Pinned,
}

/// A file that is named down to its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pinned {
    /// Its version.
    pub version: u64,
    /// Its bytes.
    pub length: u64,
    /// Its SHA-256.
    pub sha256: Digest,
}

impl Pinned {
    /// Names this file.
    pub fn of(version: u64, file: &str) -> Self {
        Self {
            version,
            length: file.len() as u64,
            sha256: sha256(file),
        }
    }

    /// Whether this is the file that is named.
    pub fn is(&self, file: &str) -> bool {
        self.length == file.len() as u64 && self.sha256 == sha256(file)
    }
}

fn sha256(text: &str) -> Digest {
    let mut array = [0; 32];
    array.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    Digest::from_bytes(&array)
}

/// What is signed: the payload behind a heading, so that no signature of another kind can be taken for one of these.
fn message(role: Role, payload: &str) -> Vec<u8> {
    format!("commonhost release {} 1\n{payload}", role.as_str()).into_bytes()
}

/// Signs a payload with these keys.
///
/// # Errors
/// Never for documents of ours; a body that JSON cannot hold.
pub fn seal<T: Serialize>(signed: &Signed<T>, keys: &[&SigningKey]) -> Result<String, serde_json::Error> {
    let payload = serde_json::to_string(signed)?;
    let message = message(signed.role, &payload);
    let signatures = keys
        .iter()
        .map(|key| SignedBy {
            key: key.public().to_string(),
            signature: hex(&key.sign(&message)),
        })
        .collect();
    serde_json::to_string(&Envelope {
        signed: payload,
        signatures,
    })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?))
        .collect()
}

/// Reads a document whose signatures have been checked against the keys of its role.
///
/// Only the one way to write an envelope counts: bytes that differ from it are refused even where they mean the same.
pub(crate) fn open<T: DeserializeOwned>(
    bytes: &str,
    role: Role,
    keys: &RoleKeys,
) -> Result<Signed<T>, TrustError> {
    let envelope = envelope(bytes, role)?;
    check_signatures(&envelope, role, keys)?;
    let signed: Signed<T> =
        serde_json::from_str(&envelope.signed).map_err(|source| TrustError::Syntax { role, source })?;
    if signed.role == role {
        Ok(signed)
    } else {
        Err(TrustError::Signatures { role })
    }
}

pub(crate) fn envelope(bytes: &str, role: Role) -> Result<Envelope, TrustError> {
    if bytes.len() as u64 > role.limit() {
        return Err(TrustError::TooLarge { role });
    }
    let envelope: Envelope = serde_json::from_str(bytes).map_err(|_| TrustError::Damaged { role })?;
    match serde_json::to_string(&envelope) {
        Ok(again) if again == bytes => Ok(envelope),
        _ => Err(TrustError::Damaged { role }),
    }
}

/// At least as many different keys of the role as its threshold must have signed, and nobody else: a signature that
/// does not fit is a sign of damage.
pub(crate) fn check_signatures(envelope: &Envelope, role: Role, keys: &RoleKeys) -> Result<(), TrustError> {
    let message = message(role, &envelope.signed);
    let mut signers = BTreeSet::new();
    for by in &envelope.signatures {
        let Some(signature) = unhex(&by.signature) else {
            return Err(TrustError::Damaged { role });
        };
        let key = match by.key.parse::<PublicKey>() {
            // One way to write it, too.
            Ok(key) if key.to_string() == by.key => key,
            _ => return Err(TrustError::Damaged { role }),
        };
        if !key.accepts(&message, &signature) {
            return Err(TrustError::Signatures { role });
        }
        // A root carries signatures of the keys before it, too.
        if keys.keys.contains(&key.to_string()) {
            signers.insert(key.to_string());
        }
    }
    if keys.threshold > 0 && signers.len() >= keys.threshold {
        Ok(())
    } else {
        Err(TrustError::Signatures { role })
    }
}

/// What each role's payload holds.
pub(crate) type TargetsDoc = Releases;
