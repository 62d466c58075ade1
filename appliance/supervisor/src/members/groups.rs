// SPDX-License-Identifier: AGPL-3.0-or-later
//! Groups, and which services are for which.

use super::provision;
use crate::{
    ApiError, App,
    access::rules::{self, RESERVED},
    state::{Member, ServiceGroups},
};
use std::{collections::BTreeSet, sync::Arc};
use types::{GroupName, MemberName, ServiceName};

/// Groups a member or a service may have.
const MOST: usize = 32;

/// Reads the names of groups; the message says what is wrong.
///
/// # Errors
/// For what is no name, is kept for roles, or when there are too many.
pub(super) fn parse_groups(names: &[String]) -> Result<Vec<GroupName>, String> {
    let names = names.iter().map(|name| name.trim().to_lowercase());
    let groups: BTreeSet<GroupName> = names
        .filter(|name| !name.is_empty())
        .map(|name| name.parse::<GroupName>().map_err(|error| error.to_string()))
        .collect::<Result<_, _>>()?;
    if groups.len() > MOST {
        return Err(format!("may be at most {MOST}"));
    }
    match groups.iter().find(|group| RESERVED.contains(&group.as_str())) {
        Some(group) => Err(format!("must not name {group}, which comes with a member's role")),
        None => Ok(groups.into_iter().collect()),
    }
}

/// Says for which groups a service is; none: for every member. Accounts that a service keeps for those who may not use
/// it any more are taken out of use.
///
/// # Errors
/// 404 when the service is not enabled, 422 for what is no group.
pub async fn open_service(
    app: &App,
    service: &str,
    groups: &[String],
    by: &MemberName,
) -> Result<(), ApiError> {
    let service = crate::services::parse_name(service)?;
    crate::services::view(app, &service).await?;
    let groups = parse_groups(groups).map_err(|message| ApiError::field("groups", message))?;
    let groups: BTreeSet<GroupName> = groups.into_iter().collect();
    app.store
        .set_service_groups(service, groups, by, app.now())
        .await?;
    app.rules.store(Arc::new(app.store.service_groups().await?));
    for member in app.store.members().await? {
        close_accounts(app, &member).await?;
    }
    Ok(())
}

/// Takes a member's accounts out of use in services that the member may not use (any more).
///
/// # Errors
/// When the database or the host process fails.
pub(super) async fn close_accounts(app: &App, member: &Member) -> Result<(), ApiError> {
    let rules: Arc<ServiceGroups> = app.rules.load_full();
    let passwords = app.store.app_passwords(member.name.clone()).await?;
    let services: BTreeSet<ServiceName> = passwords
        .into_iter()
        .flat_map(|password| password.services)
        .collect();
    for service in services {
        if !rules::may_use(&rules, &service, member) {
            provision(app, &service, member, None).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(names: &[&str]) -> Result<Vec<String>, String> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        parse_groups(&names).map(|groups| groups.into_iter().map(String::from).collect())
    }

    #[test]
    fn groups_are_names_of_their_own() {
        assert_eq!(
            parse(&[" Choir ", "choir", "", "board-2"]).unwrap(),
            ["board-2", "choir"]
        );
        for bad in ["stewards", "Members", "guests", "two words", "a,b", "-x", "é"] {
            assert!(parse(&[bad]).is_err(), "{bad}");
        }
        let many: Vec<String> = (0..40).map(|number| format!("g{number}")).collect();
        assert!(parse_groups(&many).is_err());
    }
}
