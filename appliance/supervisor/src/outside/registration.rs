// SPDX-License-Identifier: AGPL-3.0-or-later
//! Until when each domain is paid for: asked of its registry once a day, and remembered by this run of the board.

use super::Outside;
use crate::{App, cooperative::hosters::Reply};
use reach::registration::{REGISTRIES, candidates, expiry, question, registry};
use std::{collections::BTreeMap, time::Duration};
use types::{Domain, Timestamp};

/// What was told is asked again after this long.
const DAY: Duration = Duration::from_hours(20);
/// IANA's list changes rarely.
const LIST: Duration = Duration::from_hours(7 * 24);

/// What registries told.
#[derive(Default)]
pub(super) struct Registrations {
    list: Option<(String, Timestamp)>,
    told: BTreeMap<Domain, Told>,
}

/// What a registry told of a domain; nothing, if it says nothing of any.
#[derive(Clone)]
struct Told {
    registered: Option<Registered>,
    at: Timestamp,
}

/// A registered domain, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// What is registered: the domain, or one above it.
    pub domain: Domain,
    /// Until when it is paid for.
    pub until: Timestamp,
}

fn is_fresh(at: Timestamp, most: Duration, now: Timestamp) -> bool {
    at <= now && now.since(at) < most
}

impl Outside {
    fn told(&self, domain: &Domain, now: Timestamp) -> Option<Told> {
        let told = self.state().registrations.told.get(domain).cloned();
        told.filter(|told| is_fresh(told.at, DAY, now))
    }
}

/// Until when a domain is paid for; `None` where its registry does not say.
pub async fn registered(app: &App, domain: &Domain) -> Option<Registered> {
    let now = app.now();
    if let Some(told) = app.outside.told(domain, now) {
        return told.registered;
    }
    let list = list(app, now).await?;
    let mut found = None;
    for candidate in candidates(domain) {
        let Some(server) = registry(&list, &candidate) else {
            continue;
        };
        if let Some(answer) = fetch(app, question(&server, &candidate)).await
            && let Some(until) = expiry(&answer)
        {
            found = Some(Registered {
                domain: candidate,
                until,
            });
            break;
        }
    }
    let told = Told {
        registered: found.clone(),
        at: now,
    };
    let all = &mut app.outside.state().registrations.told;
    all.retain(|_, told| is_fresh(told.at, DAY, now));
    all.insert(domain.clone(), told);
    found
}

async fn list(app: &App, now: Timestamp) -> Option<String> {
    let known = app.outside.state().registrations.list.clone();
    if let Some((list, _)) = known.filter(|(_, at)| is_fresh(*at, LIST, now)) {
        return Some(list);
    }
    let list = fetch(app, REGISTRIES.into()).await?;
    app.outside.state().registrations.list = Some((list.clone(), now));
    Some(list)
}

async fn fetch(app: &App, url: String) -> Option<String> {
    match (app.fetch)(url).await {
        Ok(Reply::File(bytes)) => String::from_utf8(bytes).ok(),
        Ok(_) | Err(_) => None,
    }
}
