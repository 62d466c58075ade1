// SPDX-License-Identifier: AGPL-3.0-or-later
//! One connection's conversation, without I/O: a request goes in, answers come out, and a bind asks its question
//! of whoever drives it.

use super::{
    entries::{Entry, entries, member_at, member_dn, normal, root},
    filter::{equal, matches},
};
use crate::state::Member;
use ldap3_proto::{
    LdapPartialAttribute, LdapResultCode, LdapSearchResultEntry, LdapSearchScope,
    proto::{
        LdapBindCred, LdapBindRequest, LdapBindResponse, LdapCompareRequest, LdapExtendedResponse, LdapOp,
        LdapResult, LdapSearchRequest,
    },
};
use types::MemberName;

/// RFC 4532.
pub(super) const WHO_AM_I: &str = "1.3.6.1.4.1.4203.1.11.3";

/// What to do about a request.
#[derive(Debug, PartialEq)]
pub(super) enum Action {
    /// Send these.
    Answer(Vec<LdapOp>),
    /// Check the app password, then call [`Session::bound`].
    Check {
        /// Who wants to be bound.
        member: MemberName,
        /// With what.
        password: String,
    },
    /// Read the members, then call [`look_up`].
    LookUp(Question),
    /// Say nothing.
    Silence,
    /// End the connection.
    Close,
}

/// What is asked about the members.
#[derive(Debug, PartialEq)]
pub(super) enum Question {
    /// Which entries match.
    Search(LdapSearchRequest),
    /// Whether an entry has a value.
    Compare(LdapCompareRequest),
}

/// Who a connection is bound as.
#[derive(Debug, Default)]
pub(super) struct Session {
    member: Option<MemberName>,
}

fn result(code: LdapResultCode, message: &str) -> LdapResult {
    LdapResult {
        code,
        matcheddn: String::new(),
        message: message.to_owned(),
        referral: Vec::new(),
    }
}

fn bind_answer(code: LdapResultCode, message: &str) -> LdapOp {
    LdapOp::BindResponse(LdapBindResponse {
        res: result(code, message),
        saslcreds: None,
    })
}

impl Session {
    /// Takes a request.
    pub(super) fn take(&mut self, request: LdapOp) -> Action {
        use LdapResultCode::{ProtocolError, Success, UnwillingToPerform};
        let read_only = || result(UnwillingToPerform, "this directory is read-only");
        let answer = match request {
            LdapOp::BindRequest(bind) => return self.bind(bind),
            LdapOp::SearchRequest(search) => return Action::LookUp(Question::Search(search)),
            LdapOp::CompareRequest(compare) => return Action::LookUp(Question::Compare(compare)),
            LdapOp::AbandonRequest(_) => return Action::Silence,
            LdapOp::ExtendedRequest(extended) if extended.name == WHO_AM_I => {
                let who = self
                    .member
                    .as_ref()
                    .map_or_else(String::new, |member| format!("dn:{}", member_dn(member)));
                LdapOp::ExtendedResponse(LdapExtendedResponse {
                    res: result(Success, ""),
                    name: None,
                    value: Some(who.into_bytes()),
                })
            }
            LdapOp::ExtendedRequest(_) => LdapOp::ExtendedResponse(LdapExtendedResponse {
                res: result(ProtocolError, "this extension is not offered"),
                name: None,
                value: None,
            }),
            LdapOp::ModifyRequest(_) => LdapOp::ModifyResponse(read_only()),
            LdapOp::AddRequest(_) => LdapOp::AddResponse(read_only()),
            LdapOp::DelRequest(_) => LdapOp::DelResponse(read_only()),
            LdapOp::ModifyDNRequest(_) => LdapOp::ModifyDNResponse(read_only()),
            // Unbind is the end (RFC 4511 section 4.3); whoever sends an answer speaks something else.
            _ => return Action::Close,
        };
        Action::Answer(vec![answer])
    }

    fn bind(&mut self, bind: LdapBindRequest) -> Action {
        use LdapResultCode::{
            AuthMethodNotSupported, InvalidCredentials, ProtocolError, Success, UnwillingToPerform,
        };
        // Whoever asks for another identity has none until it is granted (RFC 4511 section 4.2.1).
        self.member = None;
        let answer = if bind.version == 3 {
            match bind.cred {
                LdapBindCred::Simple(password) if bind.dn.is_empty() && password.is_empty() => {
                    bind_answer(Success, "")
                }
                LdapBindCred::Simple(password) if password.is_empty() => {
                    bind_answer(UnwillingToPerform, "a password is needed")
                }
                LdapBindCred::Simple(password) => match member_at(&bind.dn) {
                    Some(member) => return Action::Check { member, password },
                    None => bind_answer(InvalidCredentials, ""),
                },
                LdapBindCred::SASL(_) | LdapBindCred::Unsupported => {
                    bind_answer(AuthMethodNotSupported, "use a simple bind")
                }
            }
        } else {
            bind_answer(ProtocolError, "only LDAP version 3 is spoken here")
        };
        Action::Answer(vec![answer])
    }

    /// The answer to a bind, once the password was checked.
    pub(super) fn bound(&mut self, member: MemberName, right: bool) -> LdapOp {
        if right {
            self.member = Some(member);
            bind_answer(LdapResultCode::Success, "")
        } else {
            bind_answer(LdapResultCode::InvalidCredentials, "")
        }
    }
}

/// The answers to a question about members.
pub(super) fn look_up(question: Question, members: &[Member], host: &str) -> Vec<LdapOp> {
    let all = entries(members, host);
    match question {
        Question::Search(search) => find(&search, &all),
        Question::Compare(compare) => {
            use LdapResultCode::{CompareFalse, CompareTrue, NoSuchAttribute, NoSuchObject};
            let place = normal(&compare.dn);
            let wanted = String::from_utf8_lossy(&compare.val);
            let code = match all.iter().find(|entry| normal(&entry.dn) == place) {
                None => NoSuchObject,
                Some(entry) => match entry.values(&compare.atype) {
                    None => NoSuchAttribute,
                    Some(values) if values.iter().any(|value| equal(&compare.atype, value, &wanted)) => {
                        CompareTrue
                    }
                    Some(_) => CompareFalse,
                },
            };
            vec![LdapOp::CompareResult(result(code, ""))]
        }
    }
}

fn find(search: &LdapSearchRequest, all: &[Entry]) -> Vec<LdapOp> {
    let done = |code| vec![LdapOp::SearchResultDone(result(code, ""))];
    let base = normal(&search.base);
    let server = root();
    let everything: &[Entry] = if base.is_empty() && search.scope == LdapSearchScope::Base {
        std::slice::from_ref(&server)
    } else {
        all
    };
    if !base.is_empty() && !all.iter().any(|entry| normal(&entry.dn) == base) {
        return done(LdapResultCode::NoSuchObject);
    }
    let mut found: Vec<LdapOp> = everything
        .iter()
        .filter(|entry| in_scope(&normal(&entry.dn), &base, &search.scope))
        .filter(|entry| matches(entry, &search.filter))
        .map(|entry| LdapOp::SearchResultEntry(shown(entry, search)))
        .collect();
    let most = usize::try_from(search.sizelimit).unwrap_or(0);
    let code = if most > 0 && found.len() > most {
        found.truncate(most);
        LdapResultCode::SizeLimitExceeded
    } else {
        LdapResultCode::Success
    };
    found.extend(done(code));
    found
}

fn in_scope(place: &str, base: &str, scope: &LdapSearchScope) -> bool {
    let below = if base.is_empty() {
        Some(place)
    } else {
        place.strip_suffix(base).and_then(|above| above.strip_suffix(','))
    };
    let child = below.is_some_and(|above| !above.is_empty());
    match scope {
        LdapSearchScope::Base => place == base,
        LdapSearchScope::OneLevel => below.is_some_and(|above| !above.is_empty() && !above.contains(',')),
        LdapSearchScope::Subtree => place == base || child,
        LdapSearchScope::Children => child,
    }
}

/// The attributes that were asked for: none named or `*` is all, `1.1` is none (RFC 4511 section 4.5.1.8).
fn shown(entry: &Entry, search: &LdapSearchRequest) -> LdapSearchResultEntry {
    let all = search.attrs.is_empty() || search.attrs.iter().any(|name| name == "*");
    let asked = |name: &str| all || search.attrs.iter().any(|asked| asked.eq_ignore_ascii_case(name));
    let values = |values: &[String]| {
        let bytes = |value: &String| value.clone().into_bytes();
        if search.typesonly {
            Vec::new()
        } else {
            values.iter().map(bytes).collect()
        }
    };
    let attributes = entry.attributes.iter().filter(|(name, _)| asked(name));
    LdapSearchResultEntry {
        dn: entry.dn.clone(),
        attributes: attributes
            .map(|(name, found)| LdapPartialAttribute {
                atype: (*name).to_owned(),
                vals: values(found),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests;
