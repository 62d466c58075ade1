// SPDX-License-Identifier: AGPL-3.0-or-later
//! Questions that a device answers by its signature: good for five minutes, at one address, for one use. A question
//! that nobody answers costs the board nothing: it is sealed, not stored.

use super::{seal::Seal, secret, webauthn};
use std::collections::HashMap;
use types::Timestamp;

/// Seconds a question is good for.
const LIFE: i64 = 300;

/// Questions that were answered, until they would be too old.
#[derive(Debug, Default)]
pub struct Challenges(HashMap<String, Timestamp>);

fn sealed(seal: &Seal, act: &str, origin: &str, nonce: &str, until: &str) -> String {
    seal.of(&["challenge", act, origin, nonce, until])
}

/// A question, in base64url. `act` says what for, `origin` where.
pub fn challenge(seal: &Seal, act: &str, origin: &str, now: Timestamp) -> String {
    let (nonce, until) = (secret::identifier(), (now.0 + LIFE).to_string());
    let seal = sealed(seal, act, origin, &nonce, &until);
    webauthn::encode(format!("{nonce}.{until}.{seal}"))
}

/// Whether it is one of ours for this, and not too old.
pub fn is_good(seal: &Seal, challenge: &str, act: &str, origin: &str, now: Timestamp) -> bool {
    let text = webauthn::decode(challenge)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let Some(text) = text else { return false };
    let mut parts = text.split('.');
    let (Some(nonce), Some(until), Some(shown), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let left = until
        .parse::<i64>()
        .map_or(-1, |until| until.saturating_sub(now.0));
    secret::same(shown, &sealed(seal, act, origin, nonce, until)) && (0..=LIFE).contains(&left)
}

impl Challenges {
    /// Uses a good one up; `false` when it was used before.
    pub fn answer(&mut self, challenge: &str, now: Timestamp) -> bool {
        self.0
            .retain(|_, until| (now.0..=now.0 + LIFE).contains(&until.0));
        self.0
            .insert(secret::hash(challenge), Timestamp(now.0 + LIFE))
            .is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_answered_once_in_time_and_where_it_was_asked() {
        let (seal, now) = (Seal::new("secret"), Timestamp(1000));
        let asked = challenge(&seal, "sign-in", "https://oak.local", now);
        let good = |act, origin, now| is_good(&seal, &asked, act, origin, Timestamp(now));
        assert!(good("sign-in", "https://oak.local", 1300));
        assert!(!good("sign-in", "https://oak.local", 1301));
        assert!(
            !good("sign-in", "https://oak.local", 999),
            "a clock that went back"
        );
        assert!(!good("add", "https://oak.local", 1000) && !good("sign-in", "https://elm.local", 1000));
        assert!(!is_good(
            &Seal::new("other"),
            &asked,
            "sign-in",
            "https://oak.local",
            now
        ));
        for bad in ["", "!", "YQ", &asked[1..], &format!("{asked}A")] {
            assert!(!is_good(&seal, bad, "sign-in", "https://oak.local", now), "{bad}");
        }
        let mut answered = Challenges::default();
        assert!(answered.answer(&asked, now) && !answered.answer(&asked, Timestamp(1299)));
        assert_ne!(asked, challenge(&seal, "sign-in", "https://oak.local", now));
    }
}
