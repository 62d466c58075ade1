// SPDX-License-Identifier: AGPL-3.0-or-later
//! Passkeys (Web Authentication Level 3): what a browser shows, verified. Pure.
//!
//! Only what the board uses: no attestation (a member registers a key of their own choice, and no maker is trusted
//! more than another), so that nothing is in CBOR: the browser hands the public key over in the form of X.509
//! (`getPublicKey()`), which the member's own session vouches for as it would for the CBOR. What is left is a fixed
//! head of 37 bytes, a JSON object, and a signature that ring checks.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    digest::{SHA256, digest},
    signature::{ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey},
};
use serde::Deserialize;

/// What is wrong with what a browser showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Not the form that browsers give.
    #[error("it cannot be read")]
    Garbled,
    /// It answers another question.
    #[error("it answers another challenge")]
    Challenge,
    /// It was made for another site.
    #[error("it was made for another address")]
    Origin,
    /// Nobody touched the device, or it did not ask who that is.
    #[error("the device did not check who uses it")]
    Unverified,
    /// A kind of key that is not used here.
    #[error("the key is neither P-256, Ed25519 nor RSA of 2048 bits")]
    Kind,
    /// The signature is not that of the key.
    #[error("the signature is not that of the key")]
    Signature,
}

/// Which kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// ECDSA on P-256 with SHA-256 (COSE -7).
    Es256,
    /// Ed25519 (COSE -8).
    Ed25519,
    /// RSA of 2048 bits, PKCS #1 v1.5 with SHA-256 (COSE -257): what older Windows Hello has.
    Rs256,
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// Which kind.
    pub kind: Kind,
    /// The point: 65 bytes uncompressed, or 32; for RSA the key itself (PKCS #1).
    pub point: Vec<u8>,
}

/// What the answer is expected to be about.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// `webauthn.create` or `webauthn.get`.
    pub act: &'a str,
    /// The challenge, in base64url.
    pub challenge: &'a str,
    /// Like `https://oak.local:8441`.
    pub origin: &'a str,
    /// Host name without port.
    pub site: &'a str,
}

/// What a device says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// How often it signed; 0: it does not count.
    pub counter: u32,
    /// Id of a key that it just made.
    pub made: Option<Vec<u8>>,
}

/// RFC 5480: `SubjectPublicKeyInfo` of a point on P-256, up to the point.
const P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// RFC 8410: the same for Ed25519.
const EDWARDS: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// RFC 3279: the same for an RSA key of 2048 bits with the exponent 65537; the key has 270 bytes.
const RSA: [u8; 24] = [
    0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01,
    0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00,
];

/// Longest id of a key, in bytes (`WebAuthn` 5.8.3).
const LONGEST_ID: usize = 1023;
/// Bits of the flags (`WebAuthn` 6.1).
const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const KEY_INCLUDED: u8 = 1 << 6;

/// Bytes in base64url, as the pages' script writes them.
///
/// # Errors
/// When it is none.
pub fn decode(text: &str) -> Result<Vec<u8>, Flaw> {
    BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| Flaw::Garbled)
}

/// The text for it.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

impl PublicKey {
    /// From `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// For any other kind of key.
    pub fn from_spki(bytes: &[u8]) -> Result<Self, Flaw> {
        let point = |head: &[u8], length| bytes.strip_prefix(head).filter(|point| point.len() == length);
        if let Some(point) = point(&P256, 65).filter(|point| point.first() == Some(&4)) {
            return Ok(Self {
                kind: Kind::Es256,
                point: point.to_vec(),
            });
        }
        if let Some(key) = point(&RSA, 270) {
            return Ok(Self {
                kind: Kind::Rs256,
                point: key.to_vec(),
            });
        }
        let point = point(&EDWARDS, 32).ok_or(Flaw::Kind)?;
        Ok(Self {
            kind: Kind::Ed25519,
            point: point.to_vec(),
        })
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Flaw> {
        let verified = match self.kind {
            Kind::Es256 => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.point).verify(message, signature)
            }
            Kind::Ed25519 => UnparsedPublicKey::new(&ED25519, &self.point).verify(message, signature),
            Kind::Rs256 => {
                UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.point).verify(message, signature)
            }
        };
        verified.map_err(|_| Flaw::Signature)
    }
}

/// What the browser says (`WebAuthn` 5.8.1); members that a later version adds are ignored, as it asks.
#[derive(Deserialize)]
struct Client {
    #[serde(rename = "type")]
    act: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
}

fn check_client(text: &[u8], expected: &Expected<'_>) -> Result<(), Flaw> {
    let client: Client = serde_json::from_slice(text).map_err(|_| Flaw::Garbled)?;
    if client.act != expected.act {
        return Err(Flaw::Garbled);
    }
    if client.challenge != expected.challenge {
        return Err(Flaw::Challenge);
    }
    if client.origin != expected.origin || client.cross_origin {
        return Err(Flaw::Origin);
    }
    Ok(())
}

/// Reads what the device says (`WebAuthn` 6.1).
fn check_device(bytes: &[u8], expected: &Expected<'_>) -> Result<Said, Flaw> {
    let (site, rest) = bytes.split_at_checked(32).ok_or(Flaw::Garbled)?;
    let (head, rest) = rest.split_at_checked(5).ok_or(Flaw::Garbled)?;
    if site != digest(&SHA256, expected.site.as_bytes()).as_ref() {
        return Err(Flaw::Origin);
    }
    let flags = head[0];
    if flags & (USER_PRESENT | USER_VERIFIED) != USER_PRESENT | USER_VERIFIED {
        return Err(Flaw::Unverified);
    }
    let counter = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
    let made = if flags & KEY_INCLUDED == 0 {
        None
    } else {
        // 16 bytes that name the maker, the id's length, the id; then the key in CBOR, which is not read.
        let (_, rest) = rest.split_at_checked(16).ok_or(Flaw::Garbled)?;
        let (length, rest) = rest.split_at_checked(2).ok_or(Flaw::Garbled)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        let (id, _) = rest.split_at_checked(length).ok_or(Flaw::Garbled)?;
        (1..=LONGEST_ID)
            .contains(&length)
            .then_some(())
            .ok_or(Flaw::Garbled)?;
        Some(id.to_vec())
    };
    Ok(Said { counter, made })
}

/// A key that was just made: its id, and how often it signed.
///
/// # Errors
/// With what is wrong.
pub fn made(client: &[u8], device: &[u8], expected: &Expected<'_>) -> Result<(Vec<u8>, u32), Flaw> {
    check_client(client, expected)?;
    let said = check_device(device, expected)?;
    Ok((said.made.ok_or(Flaw::Garbled)?, said.counter))
}

/// A sign-in by a key (`WebAuthn` 7.2): how often it signed.
///
/// # Errors
/// With what is wrong.
pub fn shown(
    key: &PublicKey,
    client: &[u8],
    device: &[u8],
    signature: &[u8],
    expected: &Expected<'_>,
) -> Result<u32, Flaw> {
    check_client(client, expected)?;
    let said = check_device(device, expected)?;
    let message = [device, digest(&SHA256, client).as_ref()].concat();
    key.verify(&message, signature)?;
    Ok(said.counter)
}

#[cfg(test)]
mod tests;
