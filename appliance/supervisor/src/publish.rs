// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the cooperative publishes: `librehost.json` (librehost-api 0.0.1), `security.txt` (RFC 9116), texts.
//!
//! Documents are rendered when a value changes and served from memory.

mod librehost;
mod profile;

pub use librehost::{Document, LibrehostError, render};
pub use profile::{FIELDS, Field, FieldKind, Profile, check};

use crate::{ApiError, App, app::lock, state::StateError};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use types::{MemberName, Timestamp};

/// The rendered documents.
#[derive(Debug, Default)]
pub struct Published(Mutex<Arc<Documents>>);

/// What is served, and why something is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Documents {
    /// `librehost.json`, when complete.
    pub librehost: Option<Document>,
    /// What is missing for it, per field.
    pub missing: BTreeMap<String, String>,
    /// The values themselves.
    pub profile: Profile,
}

impl Published {
    /// What is served now.
    pub fn get(&self) -> Arc<Documents> {
        Arc::clone(&lock(&self.0))
    }

    fn set(&self, documents: Documents) {
        *lock(&self.0) = Arc::new(documents);
    }
}

/// Renders everything from the stored values.
///
/// # Errors
/// When the database fails.
pub async fn refresh(app: &App) -> Result<(), StateError> {
    let profile = Profile(app.store.profile().await?);
    let documents = match render(&profile) {
        Ok(document) => Documents {
            librehost: Some(document),
            missing: BTreeMap::new(),
            profile,
        },
        Err(error) => Documents {
            librehost: None,
            missing: error.missing,
            profile,
        },
    };
    app.published.set(documents);
    Ok(())
}

/// Changes values of the profile and publishes them.
///
/// # Errors
/// Per field, what is wrong with it; nothing is changed then.
pub async fn set_profile(
    app: &App,
    values: &BTreeMap<String, String>,
    by: &MemberName,
) -> Result<(), ApiError> {
    let now = app.now();
    let checked = check(values).map_err(ApiError::fields)?;
    let before = app.store.profile().await?;
    let mut changes: BTreeMap<String, String> = checked
        .into_iter()
        .filter(|(key, value)| before.get(key) != Some(value))
        .collect();
    if changes.is_empty() {
        return Ok(());
    }
    // `dateModified` moves only when a value changes.
    changes.insert("dateModified".into(), date(now));
    if !before.contains_key("dateCreated") {
        changes.insert("dateCreated".into(), date(now));
    }
    app.store.set_profile(changes).await?;
    app.store
        .record(now, by.as_str(), "change-profile", "cooperative")
        .await?;
    refresh(app).await?;
    Ok(())
}

/// `YYYY-MM-DDTHH:MM:SSZ`
pub fn date(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.0)
        .map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .unwrap_or_default()
}

/// `security.txt` (RFC 9116), valid for 90 days from `now`; `None` without a contact.
pub fn security_txt(profile: &Profile, now: Timestamp) -> Option<String> {
    let contact = profile
        .0
        .get("securityContact")
        .filter(|contact| !contact.is_empty())?;
    let contact = if contact.contains("://") {
        contact.clone()
    } else {
        format!("mailto:{contact}")
    };
    let expires = date(Timestamp(now.0 + 90 * 86_400));
    let languages = profile.languages().join(", ");
    let languages = if languages.is_empty() {
        String::new()
    } else {
        format!("Preferred-Languages: {languages}\r\n")
    };
    Some(format!("Contact: {contact}\r\nExpires: {expires}\r\n{languages}"))
}
