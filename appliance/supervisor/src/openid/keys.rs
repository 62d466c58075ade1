// SPDX-License-Identifier: AGPL-3.0-or-later
//! The keys that ID tokens are signed with, and when one takes the place of another.
//!
//! A key is published a day before it signs, so that clients that remember keys have it in time, and stays published
//! for a day after. Nothing runs in the background: whoever asks for keys finds them as they should be.

use super::jws::{Signer, new_private};
use crate::{ApiError, App, access::secret};
use serde_json::{Value, json};
use types::{MemberName, Timestamp};

/// A stored key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Names it in tokens.
    pub id: String,
    /// When it was made.
    pub made: Timestamp,
    /// The private key (PKCS #8, base64url).
    pub private: String,
}

/// Seconds after which a key has a successor: 90 days.
const LIFE: i64 = 90 * 86_400;
/// Seconds a key is published before it signs, and after it did.
const OVERLAP: i64 = 86_400;

/// What is due among keys, the oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Due {
    /// Whether a new key is to be made.
    new: bool,
    /// How many of the oldest are not needed any more.
    drop: usize,
    /// Which of them signs.
    signs: usize,
}

/// How long ago it was made. A board's clock can have been wrong: what was made in the future counts as very old.
fn age(made: Timestamp, now: Timestamp) -> i64 {
    if made > now { i64::MAX } else { now.0 - made.0 }
}

fn due(made: &[Timestamp], now: Timestamp) -> Due {
    let signs = made
        .iter()
        .rposition(|made| age(*made, now) >= OVERLAP)
        .unwrap_or(0);
    let settled = made.get(signs).is_some_and(|made| age(*made, now) >= 2 * OVERLAP);
    Due {
        new: made.last().is_none_or(|newest| age(*newest, now) >= LIFE),
        drop: if settled { signs } else { 0 },
        signs,
    }
}

fn broken(_: ring::error::Unspecified) -> ApiError {
    let message =
        "The board's signing key cannot be used. A steward can make a new one: commonhost openid rotate.";
    ApiError::new(http::StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
}

fn new_key(now: Timestamp) -> Result<Key, ApiError> {
    Ok(Key {
        id: secret::identifier(),
        made: now,
        private: new_private().map_err(broken)?,
    })
}

/// The keys, with the successor made and the predecessor gone where that is due; and which of them signs.
async fn current(app: &App) -> Result<(Vec<Key>, usize), ApiError> {
    let now = app.now();
    let look = |keys: &[Key]| due(&keys.iter().map(|key| key.made).collect::<Vec<_>>(), now);
    let mut keys = app.store.openid_keys().await?;
    let found = look(&keys);
    if found.new || found.drop > 0 {
        let new = if found.new { Some(new_key(now)?) } else { None };
        let newest = keys.last().map(|key| key.id.clone());
        let old = keys.iter().take(found.drop).map(|key| key.id.clone()).collect();
        keys = app.store.turn_openid_keys(new, newest, old).await?;
    }
    let signs = look(&keys).signs;
    Ok((keys, signs))
}

/// Signs with the key whose turn it is.
pub(super) async fn sign(app: &App, claims: &Value) -> Result<String, ApiError> {
    let (keys, signs) = current(app).await?;
    let key = keys.get(signs).ok_or_else(|| broken(ring::error::Unspecified))?;
    let signer = Signer::new(&key.id, &key.private).map_err(broken)?;
    signer.sign(claims).map_err(broken)
}

/// The public keys (RFC 7517).
///
/// # Errors
/// When the database fails.
pub async fn published(app: &App) -> Result<Value, ApiError> {
    let (keys, _) = current(app).await?;
    let public = keys
        .iter()
        .map(|key| Signer::new(&key.id, &key.private).map(|signer| signer.public()));
    let public: Vec<Value> = public.collect::<Result<_, _>>().map_err(broken)?;
    Ok(json!({ "keys": public }))
}

/// Makes a new key and drops all others at once: for one that somebody else may know. Returns its id.
///
/// # Errors
/// When the database fails.
pub async fn rotate(app: &App, by: &MemberName) -> Result<String, ApiError> {
    let key = new_key(app.now())?;
    let id = key.id.clone();
    app.store.replace_openid_keys(key, by, app.now()).await?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_is_known_a_day_before_it_signs_and_a_day_after() {
        let at = |made: &[i64], now: i64| {
            let made: Vec<Timestamp> = made.iter().map(|days| Timestamp(days * 86_400)).collect();
            let due = due(&made, Timestamp(now * 86_400));
            (due.new, due.drop, due.signs)
        };
        assert_eq!(at(&[], 100), (true, 0, 0));
        assert_eq!(at(&[100], 100), (false, 0, 0), "the first one signs at once");
        assert_eq!(at(&[100], 189), (false, 0, 0));
        assert_eq!(at(&[100], 190), (true, 0, 0));
        assert_eq!(at(&[100, 190], 190), (false, 0, 0), "the new one is only shown");
        assert_eq!(at(&[100, 190], 191), (false, 0, 1), "the old one is still shown");
        assert_eq!(at(&[100, 190], 192), (false, 1, 1));
        // Made while the clock was wrong.
        assert_eq!(at(&[9000], 100), (true, 0, 0));
        assert_eq!(at(&[9000, 100], 100), (false, 0, 0));
        assert_eq!(at(&[9000, 100], 102), (false, 1, 1));
    }

    proptest! {
        /// Over any times of asking: what signs was shown a day before (but for the very first), and what signed is
        /// shown for as long as a token can be checked.
        #[test]
        fn no_token_is_signed_by_a_key_that_nobody_knows(pauses in proptest::collection::vec(1i64..40 * 86_400, 1..60)) {
            let (mut keys, mut now) = (Vec::<Timestamp>::new(), Timestamp(1_700_000_000));
            let mut shown_since: std::collections::BTreeMap<i64, i64> = std::collections::BTreeMap::new();
            for pause in pauses {
                let found = due(&keys, now);
                keys.drain(..found.drop);
                if found.new {
                    keys.push(now);
                    shown_since.insert(now.0, now.0);
                }
                let signs = keys[due(&keys, now).signs];
                prop_assert!(now.0 - shown_since[&signs.0] >= OVERLAP || keys[0] == signs);
                prop_assert!(keys.len() <= 3);
                // A token of now can be checked for the next ten minutes.
                let later = due(&keys, Timestamp(now.0 + 600));
                prop_assert!(keys[later.drop..].contains(&signs));
                now = Timestamp(now.0 + pause);
            }
        }
    }
}
