// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a client asks for when it sends a browser: parsed and judged, without looking anything up. Pure.

use std::{collections::BTreeSet, fmt};
use types::Timestamp;

/// What a client may learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Who: an identifier.
    OpenId,
    /// Sign-in name, what the member is called, language.
    Profile,
    /// Groups.
    Groups,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 3] = [Self::OpenId, Self::Profile, Self::Groups];

    /// The word in requests.
    pub fn word(self) -> &'static str {
        match self {
            Self::OpenId => "openid",
            Self::Profile => "profile",
            Self::Groups => "groups",
        }
    }
}

/// Scopes that were asked for or given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(pub BTreeSet<Scope>);

impl Scopes {
    /// Those we know among words; the others are ignored (`OpenID` Connect Core 1.0, section 3.1.2.1).
    pub fn parse(text: &str) -> Self {
        let known = |word| Scope::ALL.into_iter().find(|scope| scope.word() == word);
        Self(text.split(' ').filter_map(known).collect())
    }

    /// Whether it is among them.
    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.0.iter().map(|scope| scope.word()).collect();
        f.write_str(&words.join(" "))
    }
}

/// Which questions the member is to be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// None: what cannot be answered without one is an error.
    pub none: bool,
    /// The password again.
    pub login: bool,
    /// Consent again.
    pub consent: bool,
}

/// A request of a client, as the browser brought it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The client.
    pub client: String,
    /// Where the browser is to come back.
    pub redirect: String,
    /// Handed back unchanged.
    pub state: Option<String>,
    /// Goes into the ID token.
    pub nonce: Option<String>,
    /// What is asked for.
    pub scopes: Scopes,
    /// SHA-256 of the verifier that the code will be redeemed with, in base64url (RFC 7636).
    pub challenge: String,
    /// Which questions are to be asked.
    pub prompt: Prompt,
    /// The member must have signed in within so many seconds.
    pub max_age: Option<i64>,
    /// The member must have signed in since then: how `prompt=login` comes back from the sign-in page.
    pub since: Option<Timestamp>,
}

/// An error that the client is told (RFC 6749 section 4.1.2.1, `OpenID` Connect Core 1.0 section 3.1.2.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// Where the browser goes with it.
    pub redirect: String,
    /// Handed back unchanged.
    pub state: Option<String>,
    /// The word for the client.
    pub code: &'static str,
    /// For whoever makes the client.
    pub why: &'static str,
}

/// Why a request is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It is not known whom to answer: the browser stays here.
    Stay(&'static str),
    /// The client is told.
    Tell(Denied),
}

/// Longest value, in bytes.
const LONGEST: usize = 2048;

/// Parameters of a query, each of which may stand there once.
struct Parameters<'a>(&'a [(String, String)]);

impl<'a> Parameters<'a> {
    /// A value; `Err` when it stands there twice or is too long. An empty one counts as absent (RFC 6749 section 3.1).
    fn get(&self, name: &str) -> Result<Option<&'a str>, ()> {
        let mut found = self.0.iter().filter(|(key, _)| key == name);
        let value = found.next().map(|(_, value)| value.as_str());
        let once = found.next().is_none() && value.is_none_or(|value| value.len() <= LONGEST);
        once.then_some(value.filter(|value| !value.is_empty())).ok_or(())
    }
}

impl Ask {
    /// Whom a request is from and where its answer goes, before anything else of it counts.
    ///
    /// # Errors
    /// When one of them is missing or stands there twice.
    pub fn sender(query: &[(String, String)]) -> Result<(&str, &str), Problem> {
        let get = |name| Parameters(query).get(name).ok().flatten();
        let both = get("client_id").zip(get("redirect_uri"));
        both.ok_or(Problem::Stay(
            "The address lacks client_id or redirect_uri, or has one of them twice.",
        ))
    }

    /// Parses a request whose client and redirect address are known to belong together.
    ///
    /// # Errors
    /// What the client is to be told.
    pub fn parse(query: &[(String, String)]) -> Result<Self, Problem> {
        let (client, redirect) = Self::sender(query)?;
        let parameters = Parameters(query);
        let state = parameters.get("state").ok().flatten().map(str::to_owned);
        let tell = |code, why| {
            Problem::Tell(Denied {
                redirect: redirect.to_owned(),
                state: state.clone(),
                code,
                why,
            })
        };
        let get = |name: &'static str| {
            let value = parameters.get(name);
            value.map_err(|()| tell("invalid_request", "a parameter is repeated or too long"))
        };
        get("state")?;
        if get("request")?.is_some() {
            return Err(tell("request_not_supported", "send plain parameters"));
        }
        if get("request_uri")?.is_some() {
            return Err(tell("request_uri_not_supported", "send plain parameters"));
        }
        match get("response_type")? {
            Some("code") => {}
            Some(_) => return Err(tell("unsupported_response_type", "only code is supported")),
            None => return Err(tell("invalid_request", "response_type is missing")),
        }
        if get("response_mode")?.is_some_and(|mode| mode != "query") {
            return Err(tell("invalid_request", "only response_mode query is supported"));
        }
        let scopes = Scopes::parse(get("scope")?.unwrap_or_default());
        if !scopes.has(Scope::OpenId) {
            return Err(tell("invalid_scope", "scope must contain openid"));
        }
        if get("code_challenge_method")? != Some("S256") {
            return Err(tell(
                "invalid_request",
                "code_challenge_method must be S256 (RFC 7636)",
            ));
        }
        let challenge = get("code_challenge")?.unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if challenge.len() != 43 || !challenge.bytes().all(plain) {
            return Err(tell(
                "invalid_request",
                "code_challenge must be 43 characters of base64url",
            ));
        }
        let prompt = prompt(get("prompt")?.unwrap_or_default())
            .ok_or_else(|| tell("invalid_request", "prompt is none, or login and consent"))?;
        let number = |name| match get(name)?.map(str::parse::<i64>) {
            None => Ok(None),
            Some(Ok(number)) if number >= 0 => Ok(Some(number)),
            Some(_) => Err(tell("invalid_request", "max_age must be a number of seconds")),
        };
        Ok(Self {
            client: client.to_owned(),
            redirect: redirect.to_owned(),
            nonce: get("nonce")?.map(str::to_owned),
            scopes,
            challenge: challenge.to_owned(),
            prompt,
            max_age: number("max_age")?,
            since: number("since")?.map(Timestamp),
            state: state.clone(),
        })
    }

    /// What the client is told when it is refused.
    pub fn denied(&self, code: &'static str, why: &'static str) -> Denied {
        Denied {
            redirect: self.redirect.clone(),
            state: self.state.clone(),
            code,
            why,
        }
    }

    /// Whether a sign-in of `signed_in` is new enough.
    pub fn is_fresh(&self, signed_in: Timestamp, now: Timestamp) -> bool {
        let age = self
            .max_age
            .is_none_or(|most| (0..=most).contains(&(now.0 - signed_in.0)));
        // Of a clock that went back nobody gets a way around the password.
        let since = self.since.is_none_or(|since| signed_in >= since && since <= now);
        age && since && !self.prompt.login
    }
}

fn prompt(text: &str) -> Option<Prompt> {
    let mut prompt = Prompt::default();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match word {
            "none" => prompt.none = true,
            // There is one account in a browser: choosing another is signing in again.
            "login" | "select_account" => prompt.login = true,
            "consent" => prompt.consent = true,
            _ => return None,
        }
    }
    (!prompt.none || !(prompt.login || prompt.consent)).then_some(prompt)
}

#[cfg(test)]
mod tests;
