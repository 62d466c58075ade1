// SPDX-License-Identifier: AGPL-3.0-or-later
//! Promises: what the board sees of itself, and what people declare.

use crate::{
    ApiError, App, data, publish,
    state::{Counted, StateError, latest},
};
use ::cooperative::{
    commitment::{self, By, Declaration, Facts, Item, Published, ServiceFacts, State},
    publish::Profile,
    register::{self, Line},
    text::{self, TextKind, Version},
};
use types::{Language, MemberName, Timestamp};

/// Longest evidence, in characters.
const LONGEST: usize = 500;

/// The checklist as it stands.
///
/// # Errors
/// When the database fails.
pub async fn commitments(app: &App, now: Timestamp) -> Result<Vec<Published>, StateError> {
    let declared: Vec<Declaration> = app.store.statements().await?;
    Ok(commitment::published(&facts(app, now).await?, &declared, now))
}

async fn facts(app: &App, now: Timestamp) -> Result<Facts, StateError> {
    let profile = Profile(app.store.profile().await?);
    let texts: Vec<Version> = app.store.statements().await?;
    let in_force = |kind| text::in_force(&texts, kind, Language::En, now).is_some();
    let given = |key: &str| !profile.get(key).is_empty();
    let desired = app.store.desired().await?;
    let catalogs = app.catalogs.get();
    let entries: Vec<_> = desired
        .services
        .iter()
        .filter_map(|(name, service)| catalogs.entry(name, &service.entry))
        .collect();
    let services = entries.iter().map(|entry| {
        let about = &entry.manifest.service;
        ServiceFacts {
            name: about.name.to_string(),
            licence: about.licence.clone(),
            source: about.source.clone(),
            exports: entry.manifest.data.export.has(Language::En),
        }
    });
    let public = app.store.domains().await?;
    let status = app.certificates.status();
    let trusted = |name: &str| {
        status
            .iter()
            .any(|one| one.name == name && one.source == tls::Source::Acme)
    };
    let restored = match data::overview(app).await {
        Ok(view) => view.restored(desired.services.keys()),
        Err(_) => None,
    };
    let lines: Vec<Line> = app.store.statements().await?;
    Ok(Facts {
        services: services.collect(),
        terms: in_force(TextKind::Terms) || given("termsOfServiceUrl"),
        economy: in_force(TextKind::Economy),
        contact: in_force(TextKind::Contact) || given("contactUrl"),
        delegates: register::rows(&lines)
            .iter()
            .filter(|row| row.delegate.is_some())
            .count(),
        trusted_names: (
            public
                .iter()
                .filter(|domain| trusted(domain.name.as_str()))
                .count(),
            public.len(),
        ),
        restored,
        listed: entries.iter().any(|entry| entry.manifest.public.listed),
        decided: latest(app.store.statements::<Counted>().await?).len(),
        own_content_only: web_ui::CONTENT_SECURITY_POLICY.starts_with("default-src 'none'")
            && !web_ui::CONTENT_SECURITY_POLICY.contains("http"),
    })
}

/// A person declares how a promise stands.
///
/// # Errors
/// 404 for no promise, 409 when the board itself verifies it, 422 without evidence.
pub async fn declare(
    app: &App,
    item: &str,
    state: State,
    evidence: &str,
    by: &MemberName,
) -> Result<(), ApiError> {
    let item = Item::from_word(item).ok_or_else(|| ApiError::not_found("There is no such commitment."))?;
    if item.by() == By::Board {
        let message = "The board verifies this commitment itself; nobody can declare it.";
        return Err(ApiError::conflict("verified_by_board", message));
    }
    let evidence = evidence.trim().to_owned();
    let length = evidence.chars().count();
    if length == 0 || length > LONGEST || evidence.chars().any(char::is_control) {
        let message =
            format!("must say in one line of at most {LONGEST} characters why people can believe it");
        return Err(ApiError::field("evidence", message));
    }
    let declaration = Declaration {
        item,
        state,
        evidence,
        at: app.now(),
        by: by.to_string(),
    };
    app.store
        .state((by.as_str(), app.now(), "declare"), |_: &[Declaration]| {
            Ok::<_, ApiError>((vec![declaration], ()))
        })
        .await??;
    Ok(publish::refresh(app).await?)
}
