// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether the data would survive the board.

use super::{Check, Finding, Outcome, Pace};
use crate::{
    ApiError, App,
    data::{self, BackupsView},
};
use backup::{Health, health};
use std::collections::BTreeMap;
use types::{Language, ServiceName, Timestamp, backup::Subject};
use web_ui::{Area, finding::backups, title};

pub(super) const CHECK: Check = Check {
    name: "backups",
    area: Area::Data,
    title: title::backups,
    pace: Pace::Always,
    look: |app| Box::pin(look(app)),
};

async fn look(app: &App) -> Result<Outcome, ApiError> {
    let view = data::overview(app).await?;
    let desired = app.store.desired().await?;
    let catalogs = app.catalogs.get();
    let title = |name: &ServiceName| (name.clone(), catalogs.title(name, Language::En));
    let services = desired.services.keys().map(title).collect();
    Ok(Outcome::Found(judge(&view, &services, app.now())))
}

/// What is found about the backups of these services (names and titles).
fn judge(view: &BackupsView, services: &BTreeMap<ServiceName, String>, now: Timestamp) -> Vec<Finding> {
    if services.is_empty() {
        return Vec::new();
    }
    if view.repositories.is_empty() {
        return vec![Finding::warning("no-backup", backups::none())];
    }
    let mut found = Vec::new();
    for (name, title) in services {
        let subject = Subject::Service(name.clone());
        let records = view.records.iter().filter(|record| record.subject == subject);
        let records: Vec<_> = records.collect();
        // One that was enabled lately has not been tried yet: it will be within a day.
        if records.is_empty() {
            continue;
        }
        let newest = records.iter().filter_map(|record| record.ok_at).max();
        let age = newest.map(|at| now.since(at).as_secs() / 86_400);
        let late = match (age, health(newest, now)) {
            (None, _) => Some(Finding::error("backup-missing", backups::never(title))),
            (Some(_), Health::Good) => None,
            (Some(days), Health::Late) => Some(Finding::warning("backup-late", backups::old(title, days))),
            (Some(days), Health::Old) => Some(Finding::error("backup-late", backups::old(title, days))),
        };
        found.extend(late.map(|finding| finding.about(name.as_str())));
        let broken = records.iter().find_map(|record| record.test_problem.as_deref());
        found.extend(broken.map(|why| {
            Finding::error("backup-broken", backups::broken(title))
                .about(name.as_str())
                .detail(why)
        }));
    }
    for check in &view.checks {
        let place = view
            .repositories
            .iter()
            .find(|place| place.id == check.repository);
        if let (Some(place), Some(problem)) = (place, &check.problem) {
            let finding = Finding::error("repository-damaged", backups::damaged(&place.title));
            found.push(finding.about(place.id.as_str()).detail(problem.to_string()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{BackupRecord, RepositoryCheck};
    use backup::{Problem, Schedule};
    use types::backup::{Place, Repository};

    const NOW: Timestamp = Timestamp(1_800_000_000);

    fn view() -> BackupsView {
        let id: types::RepositoryId = "away".parse().unwrap();
        let subject = Subject::Service("notes".parse().unwrap());
        BackupsView {
            key: true,
            repositories: vec![Repository {
                id: id.clone(),
                title: "Away".into(),
                place: Place::Rest {
                    url: "https://store.test/".parse().unwrap(),
                },
                append_only: false,
                upload_kib: 0,
            }],
            disks: Vec::new(),
            records: vec![BackupRecord {
                ok_at: Some(Timestamp(NOW.0 - 3600)),
                ..BackupRecord::new(id, subject, NOW)
            }],
            checks: Vec::new(),
            schedule: Schedule::default(),
            boards: BTreeMap::new(),
        }
    }

    fn codes(view: &BackupsView) -> Vec<String> {
        let services = BTreeMap::from([("notes".parse().unwrap(), "Notes".to_owned())]);
        let found = judge(view, &services, NOW).into_iter();
        found.map(|finding| finding.code).collect()
    }

    #[test]
    fn what_would_be_lost_is_found() {
        assert!(codes(&view()).is_empty());
        assert!(
            judge(
                &BackupsView {
                    repositories: Vec::new(),
                    ..view()
                },
                &BTreeMap::new(),
                NOW
            )
            .is_empty()
        );
        let mut none = view();
        none.repositories.clear();
        assert_eq!(codes(&none), ["no-backup"]);
        let mut enabled_lately = view();
        enabled_lately.records.clear();
        assert!(codes(&enabled_lately).is_empty());
        let mut old = view();
        old.records[0].ok_at = Some(Timestamp(NOW.0 - 4 * 86_400));
        assert_eq!(codes(&old), ["backup-late"]);
        let mut broken = view();
        broken.records[0].ok_at = None;
        broken.records[0].test_problem = Some("it did not start".into());
        assert_eq!(codes(&broken), ["backup-missing", "backup-broken"]);
        let mut damaged = view();
        damaged.checks.push(RepositoryCheck {
            repository: "away".parse().unwrap(),
            at: NOW,
            part: 3,
            problem: Some(Problem::Damaged("bits".into())),
        });
        assert_eq!(codes(&damaged), ["repository-damaged"]);
    }
}
