// SPDX-License-Identifier: AGPL-3.0-or-later
//! The board itself: home, catalog, jobs, archives, audit log, errors.

use super::{BUBBLE, CALENDAR, FOLDER, GIB, MIB, NOW, Samples, ago};
use std::time::Duration;
use types::Language;
use web_ui::{
    ArchiveRow, ArchivesPage, Area, AuditPage, AuditRow, BoardHealth, CatalogCard, CatalogFacts, CatalogPage,
    CheckRow, CheckState, ChecksPage, DigestView, ErrorKind, ErrorPage, FieldError, Filled, Finding,
    FindingRow, HomePage, JobKind, JobPage, JobRow, JobState, Notice, RootNews, ServiceRow, ServiceState,
    Severity, StepKind, StepRow, StepState, TextField, Words, finding, title,
};

impl Samples<'_> {
    pub(super) fn row(&self, name: &str, title: String, icon: &str, state: ServiceState) -> ServiceRow {
        ServiceRow {
            name: name.parse().expect("a good name"),
            title,
            icon: self.says(icon),
            state,
            open_url: Some(self.says(&format!("https://{name}-lilac.local/"))),
        }
    }

    pub(super) fn services(&self) -> Vec<ServiceRow> {
        vec![
            self.row(
                "radicale",
                self.pick("Calendars and contacts", "Agendas et contacts"),
                CALENDAR,
                ServiceState::Running,
            ),
            self.row(
                "copyparty",
                self.pick("Shared files", "Fichiers partagés"),
                FOLDER,
                ServiceState::Starting,
            ),
            self.row(
                "snac",
                self.pick("Microblog", "Microblog"),
                BUBBLE,
                ServiceState::Failing,
            ),
            self.row(
                "ntfy",
                self.pick("Notifications", "Notifications"),
                "",
                ServiceState::Stopped,
            ),
        ]
    }

    fn findings(&self) -> Vec<Finding> {
        let finding = |severity, words| Finding { severity, words };
        let snac = "snac".parse().expect("a good name");
        let other = Words::verbatim(
            &self.says("A thing"),
            &self.says("It means something."),
            &self.says("Do something."),
        );
        vec![
            finding(
                Severity::Problem,
                finding::services::failing(&snac, &self.says("Microblog")),
            ),
            finding(Severity::Warning, finding::machine::disk_full(2 * GIB, 29 * GIB)),
            finding(
                Severity::Warning,
                finding::names::no_certificate(&self.says("calendar.example.org")),
            ),
            finding(Severity::Info, finding::cooperative::profile_incomplete(3)),
            finding(Severity::Info, other),
        ]
    }

    pub(super) fn checks(&self) -> ChecksPage {
        let row = |(number, finding): (usize, Finding)| FindingRow {
            key: self.says(&format!("finding-{number}")),
            finding,
            since: Some(ago(7200)),
            silenced_until: None,
        };
        let mut findings: Vec<FindingRow> = self.findings().into_iter().enumerate().map(row).collect();
        let silenced = findings.pop().map(|row| FindingRow {
            silenced_until: Some(ago(-86_400)),
            ..row
        });
        let check = |area, title: fn(Language) -> &'static str, state| CheckRow {
            area,
            title: title(self.language).into(),
            state,
        };
        ChecksPage {
            layout: self.layout("/checks", Some(true)),
            ran: Some(ago(5400)),
            findings,
            silenced: silenced.into_iter().collect(),
            checks: vec![
                check(Area::Network, title::link, CheckState::Good),
                check(
                    Area::Names,
                    title::certificates,
                    CheckState::Found(Severity::Warning),
                ),
                check(Area::Machine, title::clock, CheckState::Good),
                check(Area::Machine, title::disk, CheckState::Found(Severity::Problem)),
                check(Area::Machine, title::storage, CheckState::Unknown),
                check(Area::Services, title::services, CheckState::Waiting),
                check(
                    Area::Cooperative,
                    title::profile,
                    CheckState::Found(Severity::Info),
                ),
            ],
            digest: Some(DigestView {
                at: ago(5400),
                new: vec![self.says("Microblog does not work")],
                over: vec![self.says("The clock has not been set by the network")],
                still: 3,
            }),
        }
    }

    pub(super) fn home(&self) -> HomePage {
        let mut layout = self.layout("/home", Some(true));
        layout.notices = vec![Notice::Working(self.says("copyparty"))];
        layout.https_url = Some(self.says("https://lilac.local/home"));
        HomePage {
            acts: 1,
            forgotten: 2,
            layout,
            health: BoardHealth {
                cpu_percent: Some(12.4),
                memory: Some(Filled {
                    used: 1_340 * MIB,
                    total: 3_793 * MIB,
                }),
                disk: Some(Filled {
                    used: 27 * GIB,
                    total: 29 * GIB,
                }),
                temperature_celsius: Some(52.3),
                uptime: Some(Duration::from_hours(12 * 24)),
            },
            services: self.services(),
            findings: self.findings(),
            root: None,
            jobs: vec![JobRow {
                id: self.says("job-7"),
                kind: JobKind::Enable(self.pick("Shared files", "Fichiers partagés")),
                state: JobState::Running,
                progress: 60,
                started: ago(3),
            }],
        }
    }

    pub(super) fn home_first(&self) -> HomePage {
        let mut layout = self.layout("/home", Some(true));
        layout.notices = vec![Notice::Claimed(self.says("lilac"))];
        HomePage {
            acts: 0,
            forgotten: 0,
            layout,
            health: BoardHealth {
                cpu_percent: Some(3.0),
                uptime: Some(Duration::from_secs(340)),
                ..BoardHealth::default()
            },
            services: Vec::new(),
            findings: vec![Finding {
                severity: Severity::Info,
                words: finding::services::none_yet(),
            }],
            root: None,
            jobs: Vec::new(),
        }
    }

    pub(super) fn home_member(&self) -> HomePage {
        HomePage {
            acts: 0,
            forgotten: 0,
            layout: self.layout("/home", Some(false)),
            root: Some(RootNews::Next(ago(-30 * 86_400))),
            findings: Vec::new(),
            jobs: Vec::new(),
            ..self.home()
        }
    }

    pub(super) fn card(&self, name: &str, title: String, category: &str, icon: &str) -> CatalogCard {
        CatalogCard {
            name: name.parse().expect("a good name"),
            title,
            summary: self.pick(
                "Calendars, task lists and address books that phones and computers share (CalDAV, CardDAV).",
                "Agendas, listes de tâches et carnets d’adresses partagés entre téléphones et ordinateurs (CalDAV, CardDAV).",
            ),
            category: self.says(category),
            icon: self.says(icon),
            memory_expected: 40 * MIB,
            size: 9 * MIB,
            exposure_tenths: Some(13),
            ports: vec![self.says("5222/tcp"), self.says("5269/tcp")],
            licence: self.says("GPL-3.0-or-later"),
            version: self.says("3.5.3"),
            website: self.says("https://radicale.org/"),
            state: None,
        }
    }

    pub(super) fn catalog(&self) -> CatalogPage {
        let mut calendar = self.card(
            "radicale",
            self.pick("Calendars and contacts", "Agendas et contacts"),
            "calendar",
            CALENDAR,
        );
        calendar.state = Some(ServiceState::Running);
        let files = self.card(
            "copyparty",
            self.pick("Shared files", "Fichiers partagés"),
            "files",
            FOLDER,
        );
        let social = self.card("snac", self.says("Microblog"), "social", BUBBLE);
        let mut matrix = self.card("synapse", self.says("Matrix"), "chat", "");
        matrix.memory_expected = 2 * GIB;
        let mut sync = self.card(
            "syncthing",
            self.pick("Folder sync", "Dossiers synchronisés"),
            "files",
            FOLDER,
        );
        sync.summary = self.pick(
            "Keeps folders the same on all your devices.",
            "Garde les mêmes dossiers partout.",
        );
        CatalogPage {
            layout: self.layout("/catalog", Some(true)),
            facts: Some(CatalogFacts {
                version: 12,
                created: ago(3 * 86_400),
                expires: ago(-60 * 86_400),
            }),
            problem: None,
            memory_free: Some(1_420 * MIB),
            cards: vec![calendar, files, social, matrix, sync],
        }
    }

    pub(super) fn catalog_broken(&self) -> CatalogPage {
        CatalogPage {
            facts: Some(CatalogFacts {
                version: 9,
                created: ago(120 * 86_400),
                expires: ago(86_400),
            }),
            problem: Some(self.says("its signature does not match")),
            memory_free: None,
            cards: Vec::new(),
            ..self.catalog()
        }
    }

    pub(super) fn job(&self, state: JobState) -> JobPage {
        let failed = state == JobState::Failed;
        let step = |kind, state| StepRow { kind, state };
        let now = if failed {
            StepState::Failed
        } else {
            StepState::Running
        };
        JobPage {
            layout: self.layout("/jobs/7", Some(true)),
            id: self.says("7"),
            kind: JobKind::Enable(self.pick("Shared files", "Fichiers partagés")),
            state,
            progress: 50,
            steps: vec![
                step(StepKind::MountBundles, StepState::Done),
                step(StepKind::Render, StepState::Done),
                step(StepKind::Start, now),
                step(StepKind::WaitReady, StepState::Waiting),
                step(StepKind::Route, StepState::Waiting),
                step(StepKind::Other(self.says("more")), StepState::Waiting),
            ],
            started: ago(2),
            finished: failed.then_some(NOW),
            error: failed.then(|| self.says("copyparty.service ended with exit status 1.\nSee its log.")),
            next: self.says("/services/copyparty"),
        }
    }

    pub(super) fn archives(&self) -> ArchivesPage {
        let archive = |name: &str, typed| ArchiveRow {
            name: self.says(name),
            title: self.pick("Calendars and contacts", "Agendas et contacts"),
            at: ago(30 * 86_400),
            bytes: 41 * MIB,
            typed,
        };
        ArchivesPage {
            layout: self.layout("/archives", Some(true)),
            archives: vec![
                archive(
                    "radicale-20261018T101502Z",
                    self.field("radicale").with_error(FieldError::NotTheName),
                ),
                archive("snac-20260901T080000Z", TextField::default()),
            ],
        }
    }

    pub(super) fn audit(&self) -> AuditPage {
        let row = |number, seconds, who: Option<&str>, action: &str, subject: &str, detail: &str| AuditRow {
            number,
            at: ago(seconds),
            who: who.map(|who| self.says(who)),
            action: self.says(action),
            subject: self.says(subject),
            detail: self.says(detail),
        };
        AuditPage {
            layout: self.layout("/audit", Some(true)),
            rows: vec![
                row(212, 30, Some("anna"), "service.enable", "copyparty", ""),
                row(
                    211,
                    4000,
                    Some("bruno"),
                    "app-password.create",
                    "radicale",
                    "Anna’s phone",
                ),
                row(
                    210,
                    90_000,
                    None,
                    "certificate.renew",
                    "calendar.example.org",
                    "Let’s Encrypt",
                ),
            ],
            intact: true,
            older: Some(210),
        }
    }

    pub(super) fn error(&self, kind: ErrorKind, signed_in: bool) -> ErrorPage {
        ErrorPage {
            layout: self.layout("/nowhere", signed_in.then_some(true)),
            kind,
            detail: Some(self.says("GET /nowhere")),
        }
    }
}
