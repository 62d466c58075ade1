// SPDX-License-Identifier: AGPL-3.0-or-later
//! Members' passwords: argon2id (RFC 9106), one hash at a time so that memory stays bounded.

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash,
};
use tokio::sync::Semaphore;

/// OWASP's smallest argon2id setting (19 MiB, 2 passes, 1 lane; Password Storage Cheat Sheet).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// At least so many characters; no other rule (NIST SP 800-63B section 5.1.1.2).
pub const SHORTEST: usize = 10;
/// At most so many: enough for any sentence, and no way to keep the processor busy.
pub const LONGEST: usize = 256;

static ONE_AT_A_TIME: Semaphore = Semaphore::const_new(1);

fn hasher() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Whether a password may be chosen; the message says what would be right.
///
/// # Errors
/// When it is too short or too long, or the member's own name.
pub fn check(password: &str, name: &str) -> Result<(), String> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(format!(
            "must have at least {SHORTEST} characters; a few random words are good"
        ));
    }
    if length > LONGEST {
        return Err(format!("may have at most {LONGEST} characters"));
    }
    let distinct: std::collections::BTreeSet<char> = password.chars().collect();
    if distinct.len() < 4 || password.to_lowercase().contains(name) && length < name.len() + 6 {
        return Err("is too easy to guess; a few random words are good".into());
    }
    Ok(())
}

/// The hash to store, in PHC string format.
pub async fn hash(password: String) -> Option<String> {
    off_thread(move || {
        hasher()
            .hash_password(password.as_bytes())
            .ok()
            .map(|hash| hash.to_string())
    })
    .await
}

/// Whether the password is the one that was hashed. Without a hash the same work is done, so that the time does not
/// tell whether a name exists.
pub async fn verify(password: String, hash: Option<String>) -> bool {
    if password.len() > 4 * LONGEST {
        return false;
    }
    off_thread(move || {
        let Some(hash) = hash else {
            let _ = hasher().hash_password(password.as_bytes());
            return Some(false);
        };
        let parsed = PasswordHash::new(&hash).ok()?;
        Some(hasher().verify_password(password.as_bytes(), &parsed).is_ok())
    })
    .await
    .unwrap_or(false)
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Option<T> + Send + 'static) -> Option<T> {
    let _turn = ONE_AT_A_TIME.acquire().await.ok()?;
    tokio::task::spawn_blocking(work).await.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_opens() {
        let stored = hash("correct horse battery".into()).await.unwrap();
        assert!(stored.starts_with("$argon2id$"), "{stored}");
        assert!(verify("correct horse battery".into(), Some(stored.clone())).await);
        assert!(!verify("correct horse batterz".into(), Some(stored)).await);
        assert!(!verify("correct horse battery".into(), None).await);
        assert!(!verify("x".into(), Some("not a hash".into())).await);
    }

    #[test]
    fn weak_passwords_are_refused_with_advice() {
        for weak in ["short", "aaaaaaaaaaaa", "alice12345", ""] {
            assert!(check(weak, "alice").is_err(), "{weak}");
        }
        assert!(check("garden teapot moon", "alice").is_ok());
    }
}
