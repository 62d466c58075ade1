// SPDX-License-Identifier: AGPL-3.0-or-later
//! What stands in the directory: members and groups, as services know them. Pure.

use crate::{access::rules::groups, state::Member};
use types::{
    MemberName,
    manifest::{LDAP_GROUPS, LDAP_MEMBERS},
};

/// The root of the tree.
const BASE: &str = "o=commonhost";

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where it stands.
    pub(super) dn: String,
    /// Its attributes with their values.
    pub(super) attributes: Vec<(&'static str, Vec<String>)>,
}

impl Entry {
    /// An attribute's values, whatever the case of its name (RFC 4512 section 2.5); none when it has no such
    /// attribute.
    pub(super) fn values(&self, attribute: &str) -> Option<&[String]> {
        let found = self
            .attributes
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(attribute));
        found.map(|(_, values)| values.as_slice())
    }
}

/// A member's place.
pub(super) fn member_dn(member: &MemberName) -> String {
    format!("uid={member},{LDAP_MEMBERS}")
}

/// The member who stands at a place; `None` when it is no member's.
pub(super) fn member_at(dn: &str) -> Option<MemberName> {
    let dn = normal(dn);
    let name = dn.strip_prefix("uid=")?.strip_suffix(LDAP_MEMBERS)?;
    name.strip_suffix(',')?.parse().ok()
}

/// A place in the one form that can be compared: lower case, no blanks around names and values.
pub(super) fn normal(dn: &str) -> String {
    let part = |part: &str| match part.split_once('=') {
        Some((name, value)) => format!("{}={}", name.trim(), value.trim()),
        None => part.trim().to_owned(),
    };
    let parts: Vec<String> = dn.split(',').map(part).collect();
    parts.join(",").to_lowercase()
}

/// The entry that describes the server itself (RFC 4512 section 5.1).
pub(super) fn root() -> Entry {
    let texts = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect();
    Entry {
        dn: String::new(),
        attributes: vec![
            ("objectClass", texts(&["top"])),
            ("namingContexts", texts(&[BASE])),
            ("supportedLDAPVersion", texts(&["3"])),
            ("supportedExtension", texts(&[super::session::WHO_AM_I])),
            ("vendorName", texts(&["Commonhost"])),
        ],
    }
}

/// The whole tree. `host` is the board's first name: what follows the `@` in a member's address.
pub(super) fn entries(members: &[Member], host: &str) -> Vec<Entry> {
    let unit = |dn: &str, name: &str| Entry {
        dn: dn.to_owned(),
        attributes: vec![
            ("objectClass", vec!["top".into(), "organizationalUnit".into()]),
            ("ou", vec![name.to_owned()]),
        ],
    };
    let base = Entry {
        dn: BASE.into(),
        attributes: vec![
            ("objectClass", vec!["top".into(), "organization".into()]),
            ("o", vec!["commonhost".into()]),
        ],
    };
    let mut all = vec![base, unit(LDAP_MEMBERS, "members"), unit(LDAP_GROUPS, "groups")];
    all.extend(members.iter().map(|member| person(member, host)));
    let mut names: Vec<String> = members.iter().flat_map(groups).collect();
    names.sort();
    names.dedup();
    all.extend(names.into_iter().map(|name| group(&name, members)));
    all
}

fn person(member: &Member, host: &str) -> Entry {
    let classes = ["top", "person", "organizationalPerson", "inetOrgPerson"];
    let group_dn = |group: String| format!("cn={group},{LDAP_GROUPS}");
    let mut attributes = vec![
        ("objectClass", classes.map(String::from).to_vec()),
        ("uid", vec![member.name.to_string()]),
        ("cn", vec![member.display_name.clone()]),
        ("sn", vec![member.display_name.clone()]),
        ("displayName", vec![member.display_name.clone()]),
        ("mail", vec![format!("{}@{host}", member.name)]),
        ("memberOf", groups(member).into_iter().map(group_dn).collect()),
    ];
    if let Some(language) = member.language {
        attributes.push(("preferredLanguage", vec![language.code().to_owned()]));
    }
    Entry {
        dn: member_dn(&member.name),
        attributes,
    }
}

fn group(name: &str, members: &[Member]) -> Entry {
    let inside = || {
        let is_in = |member: &&Member| groups(member).iter().any(|group| group == name);
        members.iter().filter(is_in)
    };
    Entry {
        dn: format!("cn={name},{LDAP_GROUPS}"),
        attributes: vec![
            ("objectClass", vec!["top".into(), "groupOfNames".into()]),
            ("cn", vec![name.to_owned()]),
            ("member", inside().map(|member| member_dn(&member.name)).collect()),
            (
                "memberUid",
                inside().map(|member| member.name.to_string()).collect(),
            ),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_member_is_found_at_its_place_however_it_is_written() {
        let ada: MemberName = "ada".parse().unwrap();
        assert_eq!(member_at(&member_dn(&ada)), Some(ada.clone()));
        assert_eq!(member_at("UID = Ada , OU=Members, O=Commonhost"), Some(ada));
        for bad in [
            "",
            "ada",
            "uid=ada",
            "uid=ada,ou=groups,o=commonhost",
            "uid=ada+cn=x,ou=members,o=commonhost",
            "uid=ada,uid=eve,ou=members,o=commonhost",
            "uid=,ou=members,o=commonhost",
            "cn=ada,ou=members,o=commonhost",
            "uid=\\61da,ou=members,o=commonhost",
        ] {
            assert_eq!(member_at(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_taken_for_another_member(text in "\\PC{0,80}") {
            if let Some(member) = member_at(&text) {
                prop_assert_eq!(normal(&text), member_dn(&member));
            }
        }
    }
}
