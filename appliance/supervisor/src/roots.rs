// SPDX-License-Identifier: AGPL-3.0-or-later
//! The roots of the board's own certificates: the one in force, the one that follows, the one before.

use crate::{ApiError, App, pages::trust::fingerprint};
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;
use tls::OtherRoot;
use types::{MemberName, Timestamp};

/// For so long members are told that there is another root, and to forget the one before.
const TOLD: Duration = Duration::from_hours(60 * 24);
/// The longest time to wait for members, in days.
const MOST: u16 = 365;

/// A root certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RootView {
    /// SHA-256, as browsers show it.
    pub fingerprint: String,
    /// The certificate in PEM.
    pub pem: String,
    /// When the board changes over to it, or when it changed over from it (seconds since 1970).
    #[schemars(with = "i64")]
    pub at: Timestamp,
}

/// All of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RootsView {
    /// SHA-256 of the one in force, as browsers show it.
    pub fingerprint: String,
    /// It, in PEM.
    pub pem: String,
    /// When it ends (seconds since 1970).
    #[schemars(with = "Option<i64>")]
    pub not_after: Option<Timestamp>,
    /// The one that follows: to be installed on every device before the board changes over.
    pub next: Option<RootView>,
    /// The one before, for sixty days: devices should forget it.
    pub former: Option<RootView>,
}

impl From<OtherRoot> for RootView {
    fn from(root: OtherRoot) -> Self {
        Self {
            fingerprint: fingerprint(&root.pem),
            pem: root.pem,
            at: root.at,
        }
    }
}

/// The roots, as they are told.
pub fn view(app: &App) -> RootsView {
    let succession = app.certificates.succession();
    let pem = app.certificates.ca_pem();
    let recent = |root: &OtherRoot| app.now().since(root.at) < TOLD;
    RootsView {
        fingerprint: fingerprint(&pem),
        pem,
        not_after: app.certificates.ca_not_after(),
        next: succession.next.map(Into::into),
        former: succession.former.filter(recent).map(Into::into),
    }
}

/// Lets another root follow in so many days; at once for none.
///
/// # Errors
/// 422 for too many days.
pub async fn renew(app: &App, days: u16, by: &MemberName) -> Result<RootView, ApiError> {
    if days > MOST {
        return Err(ApiError::field("days", format!("must be 0 to {MOST}")));
    }
    let at = app.now().plus(Duration::from_hours(24) * u32::from(days));
    app.store
        .record(app.now(), by.as_str(), "renew-root", &format!("{days} d"))
        .await?;
    app.certificates
        .renew_authority(at)
        .map_err(|error| ApiError::internal(&error))?;
    app.rounds.soon();
    let view = view(app);
    Ok(view.next.unwrap_or(RootView {
        fingerprint: view.fingerprint,
        pem: view.pem,
        at,
    }))
}

/// Forgets the next root.
///
/// # Errors
/// 404 when there is none.
pub async fn keep(app: &App, by: &MemberName) -> Result<(), ApiError> {
    let was = app
        .certificates
        .keep_authority()
        .map_err(|error| ApiError::internal(&error))?;
    if !was {
        return Err(ApiError::not_found("No other root certificate is waiting."));
    }
    app.store.record(app.now(), by.as_str(), "keep-root", "").await?;
    app.rounds.soon();
    Ok(())
}
