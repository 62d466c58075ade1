// SPDX-License-Identifier: AGPL-3.0-or-later
//! From what the board knows to what may be known by everybody.

use crate::{
    App,
    catalogs::Entry,
    cooperative as commons,
    state::{Answered, KnownHoster, StateError, latest},
    views::ServiceState,
};
use ::cooperative::{
    news::{News, is_planned},
    publish::{Delegate, Generator, Health, Model, Profile, PublicService},
    register,
    text::{self, TextKind},
    winding::{Stage, Winding},
};
use std::{collections::BTreeMap, sync::Arc};
use types::{Language, ServiceName, Timestamp};

pub(super) async fn model(app: &App, now: Timestamp) -> Result<Model, StateError> {
    let profile = Profile(app.store.profile().await?);
    let texts: Vec<text::Version> = app.store.statements().await?;
    let answers = latest(app.store.statements::<Answered>().await?).pop();
    let news: Vec<News> = latest(app.store.statements().await?);
    let winding: Option<Winding> = latest(app.store.statements().await?).pop();
    let lines: Vec<register::Line> = app.store.statements().await?;
    let desired = app.store.desired().await?;
    let catalogs = app.catalogs.get();
    let seen = app.seen.load_full();
    let base = app
        .store
        .domains()
        .await?
        .into_iter()
        .find(|domain| domain.service.is_none());
    let base = base.map_or_else(
        || format!("{}.local", desired.board),
        |domain| domain.name.to_string(),
    );
    let in_force = |kind: &TextKind| text::in_force(&texts, *kind, Language::En, now).is_some();
    let services = desired.services.iter().filter_map(|(name, service)| {
        let entry = catalogs.entry(name, &service.entry)?;
        let url = service.domains.first().map(|domain| format!("https://{domain}/"));
        let state = seen.states.get(name).map(|(state, _)| *state);
        entry
            .manifest
            .public
            .listed
            .then(|| listed(entry, url, health(state, &news, name, now)))
    });
    let delegates = register::rows(&lines).into_iter().filter_map(|row| {
        let name = row.delegate?;
        Some(Delegate {
            name,
            consent: row.consent,
        })
    });
    let directory = match profile.get("publishDirectory") {
        "true" => {
            let known: Vec<KnownHoster> = latest(app.store.statements().await?);
            Some(vouched(known))
        }
        _ => None,
    };
    let ends = winding
        .filter(|winding| winding.stage(now) != Stage::None)
        .map(|winding| winding.last_day);
    Ok(Model {
        base: format!("https://{base}"),
        generator: Generator {
            version: env!("CARGO_PKG_VERSION").into(),
        },
        texts: TextKind::ALL.into_iter().filter(in_force).collect(),
        answers: answers.map(|answered| answered.0),
        services: services.collect(),
        members: app.store.members().await?.len(),
        boards: (1, 1),
        delegates: delegates.collect(),
        commitments: commons::commitments(app, now).await?,
        directory,
        ends,
        changed: now,
        profile,
    })
}

fn listed(entry: &Arc<Entry>, url: Option<String>, health: Health) -> PublicService {
    let about = &entry.manifest.service;
    PublicService {
        id: about.name.to_string(),
        title: about.title.get(Language::En).to_owned(),
        summary: about.summary.get(Language::En).to_owned(),
        category: about.category.clone(),
        url,
        software: about.name.to_string(),
        version: about.version.clone(),
        website: about.website.clone(),
        source: about.source.clone(),
        licence: about.licence.clone(),
        protocols: entry.manifest.public.protocols.clone(),
        health,
        since: None,
    }
}

fn health(state: Option<ServiceState>, news: &[News], name: &ServiceName, now: Timestamp) -> Health {
    match state {
        Some(ServiceState::Running) => Health::Operational,
        _ if is_planned(news, name, now) => Health::Maintenance,
        // On its way up after a restart or an update: minutes, not an outage.
        Some(ServiceState::Starting) => Health::Maintenance,
        _ => Health::Down,
    }
}

/// Name and address, as the network's directory has them; of two with one name the later keeps it.
fn vouched(known: Vec<KnownHoster>) -> BTreeMap<String, String> {
    let good = known.into_iter().filter(|known| known.vouched && !known.removed);
    good.map(|known| (slug(&known.hoster.name), known.url)).collect()
}

fn slug(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    plain
        .split('-')
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_key_of_the_directory() {
        assert_eq!(slug("Neighbour Co-op!"), "neighbour-co-op");
        assert_eq!(slug("Les Hébergeurs"), "les-hébergeurs");
    }

    #[test]
    fn a_service_that_is_off_as_announced_is_in_maintenance() {
        let now = Timestamp(1_000_000);
        let name: ServiceName = "notes".parse().expect("a name");
        assert_eq!(
            health(Some(ServiceState::Running), &[], &name, now),
            Health::Operational
        );
        assert_eq!(health(Some(ServiceState::Stopped), &[], &name, now), Health::Down);
        assert_eq!(health(None, &[], &name, now), Health::Down);
    }
}
