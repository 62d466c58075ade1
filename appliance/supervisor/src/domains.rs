// SPDX-License-Identifier: AGPL-3.0-or-later
//! Names that lead to services.

use crate::{ApiError, App};
use schemars::JsonSchema;
use serde::Deserialize;
use types::{Domain, MemberName};

/// A domain to add.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewDomain {
    /// The name, like `calendar.example.org`.
    pub name: String,
    /// The service it leads to; absent: the board itself.
    pub service: Option<String>,
    /// Whether every service shall have a name under it: `<service>.<name>`.
    pub every_service: bool,
    /// Whether one wildcard record in DNS shall cover those names.
    pub wildcard: bool,
}

/// Lets a domain lead to a service, or to the board itself.
///
/// # Errors
/// 404 for a service that is not enabled, 409 when the domain leads somewhere already, 422 when it is none.
pub async fn add(
    app: &App,
    new: &NewDomain,
    by: &MemberName,
) -> Result<crate::state::DomainRecord, ApiError> {
    let name = new.name.trim().trim_end_matches('.').to_lowercase();
    let domain = name
        .parse::<Domain>()
        .map_err(|error| ApiError::field("name", error.to_string()))?;
    if ingress::is_local(domain.as_str()) {
        return Err(ApiError::field(
            "name",
            "is a name of the local network; those need no adding",
        ));
    }
    let service = match new.service.as_deref().filter(|service| !service.is_empty()) {
        Some(service) => {
            let service = crate::services::parse_name(service)?;
            crate::services::view(app, &service).await?;
            Some(service)
        }
        None => None,
    };
    let record = crate::state::DomainRecord {
        name: domain,
        service,
        every_service: new.every_service,
        wildcard: new.wildcard && new.every_service,
    };
    if !app.store.add_domain(record.clone(), by, app.now()).await? {
        let message = format!(
            "{} leads somewhere already. Take it away there first.",
            record.name
        );
        let error = ApiError::conflict("domain_taken", message);
        return Err(ApiError {
            fields: [("name".to_owned(), "leads somewhere already".to_owned())].into(),
            ..error
        });
    }
    crate::reconcile::open_doors(app).await?;
    app.wake.now();
    Ok(record)
}
