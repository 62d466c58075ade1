// SPDX-License-Identifier: AGPL-3.0-or-later
//! Members' passwords: argon2id (RFC 9106), one hash at a time in each of two lanes, so that memory stays bounded and
//! those who guess wait for each other only.

use super::strength::LONGEST;
use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// OWASP's smallest argon2id setting (19 MiB, 2 passes, 1 lane; Password Storage Cheat Sheet).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// For those who are signed in, or were before at this device.
pub static KNOWN: Lane = Lane::new(usize::MAX);
/// For everybody else. The last of so many waits some ten seconds on a Raspberry Pi 4.
pub static STRANGERS: Lane = Lane::new(64);
/// Seconds after which it is worth trying again when too many wait.
const BUSY: u64 = 10;

/// Where passwords wait for their turn.
#[derive(Debug)]
pub struct Lane {
    turn: Semaphore,
    waiting: AtomicUsize,
    most: usize,
}

/// Somebody who waits in a lane, also one who goes away before the turn has come.
struct Waiting<'a>(&'a Lane);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

fn hasher() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The hash to store, in PHC string format.
pub async fn hash(password: String) -> Option<String> {
    KNOWN
        .work(move || {
            let hash = hasher().hash_password(password.as_bytes()).ok()?;
            Some(hash.to_string())
        })
        .await
        .ok()
        .flatten()
}

impl Lane {
    const fn new(most: usize) -> Self {
        Self {
            turn: Semaphore::const_new(1),
            waiting: AtomicUsize::new(0),
            most,
        }
    }

    /// Whether the password is the one that was hashed. Without a hash the same work is done, so that the time does
    /// not tell whether a name exists.
    ///
    /// # Errors
    /// When too many wait already: seconds after which to try again. Nothing was looked at.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, u64> {
        if password.len() > 4 * LONGEST {
            return Ok(false);
        }
        let right = self.work(move || {
            let Some(hash) = hash else {
                let _ = hasher().hash_password(password.as_bytes());
                return Some(false);
            };
            let parsed = PasswordHash::new(&hash).ok()?;
            Some(hasher().verify_password(password.as_bytes(), &parsed).is_ok())
        });
        Ok(right.await?.unwrap_or(false))
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Option<T> + Send + 'static,
    ) -> Result<Option<T>, u64> {
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(self);
        if before >= self.most {
            return Err(BUSY);
        }
        let Ok(_turn) = self.turn.acquire().await else {
            return Ok(None);
        };
        Ok(tokio::task::spawn_blocking(work).await.ok().flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_opens() {
        let lane = Lane::new(1);
        let stored = hash("correct horse battery".into()).await.unwrap();
        assert!(stored.starts_with("$argon2id$"), "{stored}");
        for (password, hash, opens) in [
            ("correct horse battery", Some(stored.clone()), true),
            ("correct horse batterz", Some(stored), false),
            ("correct horse battery", None, false),
            ("x", Some("not a hash".into()), false),
        ] {
            assert_eq!(lane.verify(password.into(), hash).await, Ok(opens), "{password}");
        }
    }

    #[tokio::test]
    async fn a_crowd_of_strangers_waits_and_nobody_else() {
        let (strangers, known) = (Lane::new(2), Lane::new(usize::MAX));
        let stored = hash("correct horse battery".into()).await.unwrap();
        let verify = |lane: &'static Lane| {
            let hash = Some(stored.clone());
            tokio::spawn(lane.verify("correct horse battery".into(), hash))
        };
        // Lanes live as long as the board.
        let (strangers, known): (&'static Lane, &'static Lane) =
            (Box::leak(Box::new(strangers)), Box::leak(Box::new(known)));
        // It is somebody's turn, who does not come to an end.
        let turn = strangers.turn.acquire().await.unwrap();
        let waiting = [verify(strangers), verify(strangers)];
        while strangers.waiting.load(Ordering::Relaxed) < 2 {
            tokio::task::yield_now().await;
        }
        assert_eq!(strangers.verify("x".into(), None).await, Err(BUSY));
        assert_eq!(verify(known).await.unwrap(), Ok(true));
        drop(turn);
        for one in waiting {
            assert_eq!(one.await.unwrap(), Ok(true));
        }
        assert_eq!(strangers.verify("x".into(), None).await, Ok(false));
    }
}
