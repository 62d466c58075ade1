// SPDX-License-Identifier: AGPL-3.0-or-later
//! Random secrets and their hashes. Sessions, tokens and app passwords carry at least 100 random bits, so one
//! SHA-256 is enough to store them: there is nothing to guess, and nothing slow on the way of every request.

use ring::digest::{SHA256, digest};
use types::{ClaimCode, Digest};

/// Alphabet of app passwords: easy to type on a phone, nothing that looks like something else.
const TYPED: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Random bytes of the kernel.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without randomness nothing here is safe: better no answer than a guessable one.
    #[expect(
        clippy::expect_used,
        reason = "the kernel's generator cannot fail once the board has started"
    )]
    getrandom::fill(&mut bytes).expect("the kernel gives random bytes");
    bytes
}

/// 16 characters that name a thing; not secret.
pub fn identifier() -> String {
    Digest::from_bytes(&random::<32>())
        .as_str()
        .chars()
        .take(16)
        .collect()
}

/// A secret of 256 random bits, in hexadecimal: session ids, tokens, tickets.
pub fn secret() -> String {
    Digest::from_bytes(&random::<32>()).to_string()
}

/// An app password of 100 random bits: four groups of five, to be typed once.
pub fn app_password() -> String {
    typed(random::<20>())
}

/// A recovery code of 75 random bits: three groups of five, kept on paper.
pub fn recovery_code() -> String {
    typed(random::<15>())
}

/// Five bits of each byte as a letter, in groups of five.
fn typed<const N: usize>(bytes: [u8; N]) -> String {
    let letters: Vec<char> = bytes
        .iter()
        .map(|byte| char::from(TYPED[usize::from(byte % 32)]))
        .collect();
    let groups: Vec<String> = letters.chunks(5).map(|group| group.iter().collect()).collect();
    groups.join("-")
}

/// A claim code of 40 random bits.
pub fn claim_code() -> ClaimCode {
    ClaimCode::from_bits(random())
}

/// The stored form of a secret: SHA-256 in hexadecimal.
pub fn hash(secret: &str) -> String {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
    Digest::from_bytes(&bytes).to_string()
}

/// The stored form of a secret that a person typed: capitals and blanks around it do not matter.
pub fn hash_typed(secret: &str) -> String {
    hash(&secret.trim().to_ascii_lowercase())
}

/// Whether two texts are equal, in a time that does not tell where they differ: their hashes are compared.
pub fn same(a: &str, b: &str) -> bool {
    hash(a) == hash(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_and_never_the_same() {
        assert_ne!(secret(), secret());
        assert_eq!(secret().len(), 64);
        let password = app_password();
        assert_eq!(password.len(), 23);
        assert!(password.split('-').all(|group| group.len() == 5));
        assert!(same("a", "a") && !same("a", "b"));
    }
}
