// SPDX-License-Identifier: AGPL-3.0-or-later
//! Signed tokens (RFC 7515, compact form) with ES256 (RFC 7518 section 3.4), and the keys for them. ring does the
//! cryptography; what is left is a few lines.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    error::Unspecified,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};

/// A key to sign with.
pub(super) struct Signer {
    id: String,
    pair: EcdsaKeyPair,
}

/// Bytes in base64url without padding, as everything in a token is.
pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// A new private key (PKCS #8, base64url).
pub(super) fn new_private() -> Result<String, Unspecified> {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)?;
    Ok(encode(document))
}

impl Signer {
    /// With a key of [`new_private`].
    pub(super) fn new(id: &str, private: &str) -> Result<Self, Unspecified> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(private).map_err(|_| Unspecified)?;
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &bytes, &random);
        Ok(Self {
            id: id.to_owned(),
            pair: pair.map_err(|_| Unspecified)?,
        })
    }

    /// The token that says `claims`.
    pub(super) fn sign(&self, claims: &Value) -> Result<String, Unspecified> {
        let header = json!({ "alg": "ES256", "kid": self.id, "typ": "JWT" });
        let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes())?;
        Ok(format!("{signed}.{}", encode(signature)))
    }

    /// The public key (RFC 7517).
    pub(super) fn public(&self) -> Value {
        // Uncompressed point: 4, x, y (SEC 1, section 2.3.3).
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id, "x": encode(x), "y": encode(y),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    #[test]
    fn whoever_has_the_public_key_can_check_a_token() {
        let signer = Signer::new("k1", &new_private().unwrap()).unwrap();
        let token = signer.sign(&json!({ "sub": "ada" })).unwrap();
        let (body, signature) = token.rsplit_once('.').unwrap();
        let part = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
        let public = signer.public();
        let coordinate = |name: &str| part(public[name].as_str().unwrap());
        let point = [vec![4], coordinate("x"), coordinate("y")].concat();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        key.verify(body.as_bytes(), &part(signature)).unwrap();
        assert!(key.verify(b"another", &part(signature)).is_err());
        let (header, claims) = body.split_once('.').unwrap();
        let header: Value = serde_json::from_slice(&part(header)).unwrap();
        assert_eq!(header, json!({ "alg": "ES256", "kid": "k1", "typ": "JWT" }));
        assert_eq!(part(claims), br#"{"sub":"ada"}"#);
        assert!(Signer::new("k", "AAAA").is_err() && Signer::new("k", "!").is_err());
    }
}
