// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who may use which service. Pure.

use crate::state::{Member, Role, ServiceGroups};
use types::ServiceName;

/// Group of the stewards, as services see it.
const STEWARDS: &str = "stewards";
/// Group of members and stewards.
const MEMBERS: &str = "members";
/// Group of guests.
const GUESTS: &str = "guests";

/// Names that the board gives itself.
pub const RESERVED: [&str; 3] = [STEWARDS, MEMBERS, GUESTS];

/// The groups of a member, as services get to know them: what the role makes of it, then the member's own.
pub fn groups(member: &Member) -> Vec<String> {
    let by_role: &[&str] = match member.role {
        Role::Guest => &[GUESTS],
        Role::Member => &[MEMBERS],
        Role::Steward => &[MEMBERS, STEWARDS],
    };
    let own = member.groups.iter().map(types::GroupName::as_str);
    by_role.iter().copied().chain(own).map(str::to_owned).collect()
}

/// Whether a member may use a service: stewards always; a service that is for groups, whoever is in one of them; any
/// other, every member, but no guest.
pub fn may_use(rules: &ServiceGroups, service: &ServiceName, member: &Member) -> bool {
    match (
        member.role,
        rules.get(service).filter(|groups| !groups.is_empty()),
    ) {
        (Role::Steward, _) | (Role::Member, None) => true,
        (Role::Guest, None) => false,
        (_, Some(groups)) => member.groups.iter().any(|group| groups.contains(group)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use types::Timestamp;

    fn member(role: Role, groups: &[&str]) -> Member {
        Member {
            name: "ada".parse().unwrap(),
            display_name: "Ada".into(),
            role,
            language: None,
            groups: groups.iter().map(|group| group.parse().unwrap()).collect(),
            created: Timestamp(0),
        }
    }

    #[test]
    fn a_service_is_for_its_groups_or_for_every_member() {
        let (open, choir): (ServiceName, ServiceName) = ("files".parse().unwrap(), "scores".parse().unwrap());
        let groups = BTreeSet::from(["choir".parse().unwrap(), "board".parse().unwrap()]);
        let rules = ServiceGroups::from([(choir.clone(), groups)]);
        for (role, own, in_open, in_choir) in [
            (Role::Steward, &[][..], true, true),
            (Role::Member, &[], true, false),
            (Role::Member, &["garden"], true, false),
            (Role::Member, &["garden", "choir"], true, true),
            (Role::Guest, &[], false, false),
            (Role::Guest, &["choir"], false, true),
        ] {
            let member = member(role, own);
            assert_eq!(may_use(&rules, &open, &member), in_open, "{member:?}");
            assert_eq!(may_use(&rules, &choir, &member), in_choir, "{member:?}");
        }
    }

    #[test]
    fn services_see_the_role_as_a_group() {
        assert_eq!(
            groups(&member(Role::Steward, &["choir"])),
            ["members", "stewards", "choir"]
        );
        assert_eq!(groups(&member(Role::Member, &[])), ["members"]);
        assert_eq!(groups(&member(Role::Guest, &[])), ["guests"]);
    }
}
