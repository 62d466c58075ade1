// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the board gives to a browser and knows again later, without keeping anything itself. Pure.

use data_encoding::HEXLOWER;
use ring::hmac;

/// The board's own key, which never leaves it.
#[derive(Debug)]
pub struct Seal(hmac::Key);

impl Seal {
    /// With a secret of [`super::secret::secret`].
    pub fn new(secret: &str) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()))
    }

    /// The seal under `parts`, in hexadecimal. The first of them says what for, so that nothing is taken for
    /// something else; none holds a zero byte.
    pub fn of(&self, parts: &[&str]) -> String {
        HEXLOWER.encode(hmac::sign(&self.0, &text(parts)).as_ref())
    }

    /// Whether `seal` is that of `parts`, in a time that does not tell where it differs.
    pub fn is_of(&self, seal: &str, parts: &[&str]) -> bool {
        let seal = HEXLOWER.decode(seal.as_bytes());
        seal.is_ok_and(|seal| hmac::verify(&self.0, &text(parts), &seal).is_ok())
    }
}

fn text(parts: &[&str]) -> Vec<u8> {
    parts.join("\0").into_bytes()
}
