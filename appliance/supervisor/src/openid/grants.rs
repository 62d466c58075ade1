// SPDX-License-Identifier: AGPL-3.0-or-later
//! Codes on their way through a browser, and access tokens: in memory, for seconds and minutes. Pure.

use super::{ask::Scopes, jws};
use crate::access::secret;
use ring::digest::{SHA256, digest};
use std::collections::HashMap;
use types::{MemberName, Timestamp};

/// What a client was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    /// To which client.
    pub(super) client: String,
    /// About whom.
    pub(super) member: MemberName,
    /// Hash of the session it came from: it ends with that.
    pub(super) session: String,
    /// What it may learn.
    pub(super) scopes: Scopes,
    /// When the member signed in.
    pub(super) signed_in: Timestamp,
    /// The board's name it was asked of.
    pub(super) authority: String,
    /// Goes into the ID token.
    pub(super) nonce: Option<String>,
}

struct Code {
    grant: Grant,
    redirect: String,
    challenge: String,
    expires: Timestamp,
    /// Hash of the access token that it was redeemed for.
    redeemed: Option<String>,
}

/// What was given out and is still good.
#[derive(Default)]
pub struct Grants {
    codes: HashMap<String, Code>,
    tokens: HashMap<String, (Grant, Timestamp)>,
}

/// A code's life in seconds.
const CODE_LIFE: i64 = 60;
/// An access token's life in seconds, and an ID token's.
pub(super) const TOKEN_LIFE: i64 = 600;
/// Codes and tokens at most.
const MOST: usize = 2048;
/// How access tokens begin, so that nothing else is taken for one.
pub(crate) const TOKEN_PREFIX: &str = "openid.";

impl Grants {
    /// Makes a code; `None` when too many are out.
    pub(super) fn issue(
        &mut self,
        grant: Grant,
        redirect: String,
        challenge: String,
        now: Timestamp,
    ) -> Option<String> {
        self.codes
            .retain(|_, code| (now..=now_plus(now, CODE_LIFE)).contains(&code.expires));
        if self.codes.len() >= MOST {
            return None;
        }
        let code = secret::secret();
        let issued = Code {
            grant,
            redirect,
            challenge,
            expires: now_plus(now, CODE_LIFE),
            redeemed: None,
        };
        self.codes.insert(secret::hash(&code), issued);
        Some(code)
    }

    /// Redeems a code for an access token. A second time is a theft, and takes the first one's token back (RFC 6749
    /// section 4.1.2). Another client's try changes nothing.
    pub(super) fn redeem(
        &mut self,
        code: &str,
        client: &str,
        redirect: &str,
        verifier: &str,
        now: Timestamp,
    ) -> Option<(Grant, String)> {
        let code = self.codes.get_mut(&secret::hash(code))?;
        if code.grant.client != client || code.expires <= now {
            return None;
        }
        if let Some(token) = &code.redeemed {
            self.tokens.remove(token);
            return None;
        }
        let right = is_verifier(verifier)
            && secret::same(
                &jws::encode(digest(&SHA256, verifier.as_bytes())),
                &code.challenge,
            );
        if code.redirect != redirect || !right {
            return None;
        }
        self.tokens
            .retain(|_, (_, expires)| (now..=now_plus(now, TOKEN_LIFE)).contains(expires));
        if self.tokens.len() >= MOST {
            return None;
        }
        let token = format!("{TOKEN_PREFIX}{}", secret::secret());
        let hash = secret::hash(&token);
        let grant = code.grant.clone();
        code.redeemed = Some(hash.clone());
        self.tokens
            .insert(hash, (grant.clone(), now_plus(now, TOKEN_LIFE)));
        Some((grant, token))
    }

    /// What an access token stands for.
    pub(super) fn of(&self, token: &str, now: Timestamp) -> Option<Grant> {
        let (grant, expires) = self.tokens.get(&secret::hash(token))?;
        (*expires > now).then(|| grant.clone())
    }

    /// A client lost a member's consent, or is gone (`member` is `None`).
    pub(super) fn revoke(&mut self, client: &str, member: Option<&MemberName>) {
        let meant =
            |grant: &Grant| grant.client == client && member.is_none_or(|member| grant.member == *member);
        self.codes.retain(|_, code| !meant(&code.grant));
        self.tokens.retain(|_, (grant, _)| !meant(grant));
    }
}

fn now_plus(now: Timestamp, seconds: i64) -> Timestamp {
    Timestamp(now.0 + seconds)
}

/// RFC 7636 section 4.1.
fn is_verifier(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&text.len()) && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const BACK: &str = "https://a.example/back";

    fn issued(grants: &mut Grants) -> String {
        let grant = Grant {
            client: "reader".into(),
            member: "ada".parse().unwrap(),
            session: "s".into(),
            scopes: Scopes::parse("openid"),
            signed_in: Timestamp(0),
            authority: "oak.local".into(),
            nonce: None,
        };
        grants
            .issue(grant, BACK.into(), CHALLENGE.into(), Timestamp(100))
            .unwrap()
    }

    #[test]
    fn a_code_is_redeemed_once_by_whoever_asked_for_it() {
        let mut grants = Grants::default();
        let code = issued(&mut grants);
        let mut redeem = |client: &str, redirect: &str, verifier: &str, now| {
            let found = grants.redeem(&code, client, redirect, verifier, Timestamp(now));
            found.map(|(grant, token)| (grant.member.to_string(), token))
        };
        assert_eq!(redeem("another", BACK, VERIFIER, 110), None);
        assert_eq!(redeem("reader", "https://a.example/other", VERIFIER, 110), None);
        assert_eq!(redeem("reader", BACK, &"a".repeat(43), 110), None);
        assert_eq!(redeem("reader", BACK, "", 110), None);
        assert_eq!(redeem("reader", BACK, VERIFIER, 160), None, "too late");
        let (member, token) = redeem("reader", BACK, VERIFIER, 159).unwrap();
        assert_eq!(member, "ada");
        // Another client that shows the code takes nothing back; the same one does.
        assert_eq!(redeem("another", BACK, VERIFIER, 159), None);
        assert!(grants.of(&token, Timestamp(159)).is_some());
        assert!(grants.of(&token, Timestamp(159 + TOKEN_LIFE)).is_none());
        assert!(grants.of("openid.guess", Timestamp(159)).is_none());
        assert_eq!(
            grants.redeem(&code, "reader", BACK, VERIFIER, Timestamp(159)),
            None
        );
        assert!(
            grants.of(&token, Timestamp(159)).is_none(),
            "used twice: taken back"
        );
    }

    #[test]
    fn what_is_revoked_is_gone_at_once() {
        let mut grants = Grants::default();
        let (used, unused) = (issued(&mut grants), issued(&mut grants));
        let (_, token) = grants
            .redeem(&used, "reader", BACK, VERIFIER, Timestamp(101))
            .unwrap();
        let ben = "ben".parse().unwrap();
        grants.revoke("reader", Some(&ben));
        grants.revoke("another", None);
        assert!(grants.of(&token, Timestamp(101)).is_some());
        let ada = "ada".parse().unwrap();
        grants.revoke("reader", Some(&ada));
        assert!(grants.of(&token, Timestamp(101)).is_none());
        assert_eq!(
            grants.redeem(&unused, "reader", BACK, VERIFIER, Timestamp(101)),
            None
        );
    }

    #[test]
    fn a_crowd_fills_no_memory_and_is_let_in_again_a_minute_later() {
        let mut grants = Grants::default();
        for _ in 0..MOST {
            issued(&mut grants);
        }
        let grant = grants.codes.values().next().unwrap().grant.clone();
        let mut ask = |now| grants.issue(grant.clone(), BACK.into(), CHALLENGE.into(), Timestamp(now));
        assert_eq!(ask(101), None);
        assert!(ask(161).is_some());
        // After the clock went back nothing is kept for ever.
        assert!(ask(-1000).is_some());
        assert_eq!(grants.codes.len(), 1);
    }
}
