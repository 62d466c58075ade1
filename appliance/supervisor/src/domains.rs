// SPDX-License-Identifier: AGPL-3.0-or-later
//! Names that lead to services.

use crate::{ApiError, App};
use types::{Domain, MemberName};

/// Lets a domain lead to a service, or to the board itself.
///
/// # Errors
/// 404 for a service that is not enabled, 409 when the domain leads somewhere already, 422 when it is none.
pub async fn add(
    app: &App,
    name: &str,
    service: Option<&str>,
    by: &MemberName,
) -> Result<crate::state::DomainRecord, ApiError> {
    let name = name.trim().trim_end_matches('.').to_lowercase();
    let domain = name
        .parse::<Domain>()
        .map_err(|error| ApiError::field("name", error.to_string()))?;
    if ingress::is_local(domain.as_str()) {
        return Err(ApiError::field(
            "name",
            "is a name of the local network; those need no adding",
        ));
    }
    let service = match service.filter(|service| !service.is_empty()) {
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
