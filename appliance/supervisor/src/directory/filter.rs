// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether an entry matches a search filter (RFC 4511 section 4.5.1.7). Pure.

use super::entries::{Entry, normal};
use ldap3_proto::{LdapFilter, proto::LdapSubstringFilter};

/// Whether an entry matches. What cannot be decided does not match, negated or not.
pub(super) fn matches(entry: &Entry, filter: &LdapFilter) -> bool {
    decide(entry, filter) == Some(true)
}

/// Three-valued, as the RFC asks: `None` is Undefined.
fn decide(entry: &Entry, filter: &LdapFilter) -> Option<bool> {
    let any = |attribute: &str, holds: &dyn Fn(&str) -> bool| {
        let values = entry.values(attribute)?;
        Some(values.iter().any(|value| holds(value)))
    };
    match filter {
        LdapFilter::And(parts) => {
            let all: Vec<_> = parts.iter().map(|part| decide(entry, part)).collect();
            if all.contains(&Some(false)) {
                Some(false)
            } else {
                all.into_iter().all(|part| part == Some(true)).then_some(true)
            }
        }
        LdapFilter::Or(parts) => {
            let all: Vec<_> = parts.iter().map(|part| decide(entry, part)).collect();
            if all.contains(&Some(true)) {
                Some(true)
            } else {
                all.into_iter().all(|part| part == Some(false)).then_some(false)
            }
        }
        LdapFilter::Not(part) => decide(entry, part).map(|holds| !holds),
        LdapFilter::Present(attribute) => Some(entry.values(attribute).is_some()),
        LdapFilter::Equality(attribute, wanted) | LdapFilter::Approx(attribute, wanted) => {
            any(attribute, &|value| equal(attribute, value, wanted))
        }
        LdapFilter::Substring(attribute, wanted) => any(attribute, &|value| has_parts(value, wanted)),
        LdapFilter::GreaterOrEqual(..) | LdapFilter::LessOrEqual(..) | LdapFilter::Extensible(_) => None,
    }
}

/// Names and words without regard to case, places in their one form.
pub(super) fn equal(attribute: &str, value: &str, wanted: &str) -> bool {
    let is_place = ["member", "memberOf"]
        .iter()
        .any(|place| attribute.eq_ignore_ascii_case(place));
    if is_place {
        normal(value) == normal(wanted)
    } else {
        value.to_lowercase() == wanted.trim().to_lowercase()
    }
}

fn has_parts(value: &str, wanted: &LdapSubstringFilter) -> bool {
    let value = value.to_lowercase();
    let lower = |part: &Option<String>| part.as_deref().unwrap_or_default().to_lowercase();
    let Some(mut rest) = value.strip_prefix(lower(&wanted.initial).as_str()) else {
        return false;
    };
    for part in &wanted.any {
        let part = part.to_lowercase();
        let Some(at) = rest.find(&part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(lower(&wanted.final_).as_str())
}

/// Reads a filter as people write it. The crate's reader knows no `=` in a value, so that one is read here.
#[cfg(test)]
pub(super) fn filter_of(text: &str) -> LdapFilter {
    let place = text
        .strip_prefix("(memberOf=")
        .and_then(|rest| rest.strip_suffix(')'));
    match place {
        Some(place) => LdapFilter::Equality("memberOf".into(), place.into()),
        None => ldap3_proto::parse_ldap_filter_str(text).unwrap(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada(filter: &str) -> bool {
        let entry = Entry {
            dn: "uid=ada,ou=members,o=commonhost".into(),
            attributes: vec![
                ("objectClass", vec!["top".into(), "person".into()]),
                ("uid", vec!["ada".into()]),
                ("cn", vec!["Ada Lovelace".into()]),
                ("memberOf", vec!["cn=stewards,ou=groups,o=commonhost".into()]),
            ],
        };
        matches(&entry, &filter_of(filter))
    }

    #[test]
    fn what_services_ask_for_is_found() {
        for filter in [
            "(uid=ada)",
            "(UID=Ada)",
            "(objectClass=*)",
            "(&(objectClass=person)(uid=ada))",
            "(|(uid=eve)(cn=ADA*))",
            "(memberOf=cn=Stewards, ou=groups, o=commonhost)",
            "(cn=ad*love*ace)",
            "(!(uid=eve))",
            "(|(uid=ada)(shoeSize>=3))",
        ] {
            assert!(ada(filter), "{filter}");
        }
    }

    #[test]
    fn and_nothing_else_is() {
        for filter in [
            "(uid=eve)",
            "(uid=ada*x)",
            "(cn=*ace*love*)",
            "(mail=*)",
            "(!(uid=ada))",
            // Undefined stays undefined when it is negated.
            "(!(shoeSize=3))",
            "(!(shoeSize>=3))",
            "(&(uid=ada)(shoeSize=3))",
            "(cn=aada*lovelace)",
        ] {
            assert!(!ada(filter), "{filter}");
        }
    }
}
