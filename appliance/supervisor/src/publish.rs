// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the cooperative publishes: gathered from the state, rendered by `cooperative::publish` when something changes,
//! served from memory.

mod gather;

pub use ::cooperative::publish::{Document, FIELDS, FieldKind, Profile};

use crate::{ApiError, App, app::lock, state::StateError};
use ::cooperative::{
    Version,
    date::moment,
    publish::{self, Model, check, librehost},
    text::TextKind,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use types::{Language, MemberName, Timestamp};

/// The rendered documents.
#[derive(Debug, Default)]
pub struct Published(Mutex<Arc<Documents>>);

/// What is served, and why something is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Documents {
    /// `librehost.json`, when complete.
    pub librehost: Option<Document>,
    /// Its neighbours by path; none before it is complete.
    pub neighbours: BTreeMap<String, Document>,
    /// What is missing for it, per field.
    pub missing: BTreeMap<String, String>,
    /// The values themselves.
    pub profile: Profile,
    /// Every version of every text.
    pub texts: Vec<Version>,
    /// All that is published; `None` before the first look.
    pub model: Option<Model>,
}

impl Documents {
    /// The text in force in this language, else in another.
    pub fn text(&self, kind: TextKind, language: Language, now: Timestamp) -> Option<&Version> {
        ::cooperative::text::in_force(&self.texts, kind, language, now)
    }

    /// Origin of the public page.
    pub fn base(&self) -> &str {
        self.model.as_ref().map_or("", |model| &model.base)
    }
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

/// Days after which documents are rendered again although nothing changed: they carry a date of expiry.
const STALE: i64 = ::cooperative::date::DAY;

/// Renders everything from what is stored. Nothing moves while nothing has changed.
///
/// # Errors
/// When the database fails.
pub async fn refresh(app: &App) -> Result<(), StateError> {
    let now = app.now();
    let mut model = gather::model(app, now).await?;
    let before = app.published.get();
    if let Some(known) = &before.model
        && (now.0 - known.changed.0).abs() < STALE
    {
        model.changed = known.changed;
        if *known != model {
            model.changed = now;
        }
    }
    let profile = model.profile.clone();
    let (librehost, neighbours, missing) = match librehost(&profile) {
        Ok(document) => (Some(document), publish::neighbours(&model), BTreeMap::new()),
        Err(error) => (None, BTreeMap::new(), error.missing),
    };
    app.published.set(Documents {
        librehost,
        neighbours,
        missing,
        profile,
        texts: app.store.statements().await?,
        model: Some(model),
    });
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
        .filter(|(key, value)| before.get(key).map_or("", String::as_str) != value)
        .collect();
    if changes.is_empty() {
        return Ok(());
    }
    // `dateModified` moves only when a value changes.
    changes.insert("dateModified".into(), moment(now));
    if !before.contains_key("dateCreated") {
        changes.insert("dateCreated".into(), moment(now));
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
    moment(at)
}
