// SPDX-License-Identifier: AGPL-3.0-or-later
//! Copies of services' data.

use super::{MIB, Samples, ago};
use web_ui::{
    BackupRow, BackupsPage, CopyReason, CopyRow, DiskChoice, ExportRow, FieldError, JobKind, JobRow,
    JobState, KeyPage, NewPlacePage, PlaceBackupsPage, PlaceKind, PlacePage, PlaceProblem, PlaceRow,
    RestorePage, RestoreState, SheetPage, SheetPlace, SubjectRow, TextField, Trust,
};

const REST: &str = "https://backup.example.org/oak/";
const DISK: &str = "1c5e2f8a-7d41-4c0e-9a63-3f0b6d2e8a17";

impl Samples<'_> {
    pub(super) fn backups(&self) -> BackupsPage {
        let copy = |name: &str, seconds, reason, own_bytes, enabled| CopyRow {
            name: self.says(name),
            title: self.pick("Calendars and contacts", "Agendas et contacts"),
            at: ago(seconds),
            reason,
            version: self.says("3.5"),
            files: 1 + own_bytes / 1000,
            bytes: 41 * MIB,
            own_bytes,
            enabled,
        };
        BackupsPage {
            layout: self.layout("/backups", Some(true)),
            key: true,
            trust: Trust::Proven,
            places: vec![self.usb(), self.away()],
            working: Some(JobRow {
                id: "3fk2".into(),
                kind: JobKind::Backup,
                state: JobState::Running,
                progress: 42,
                started: ago(70),
            }),
            exports: vec![ExportRow {
                name: self.says("radicale-1795183000"),
                title: self.pick("Calendars and contacts", "Agendas et contacts"),
                at: ago(200),
                bytes: 9 * MIB,
            }],
            scheduled: true,
            from_hour: TextField::new("1"),
            hours: TextField::new("4"),
            services: ["radicale", "snac"]
                .into_iter()
                .filter_map(|name| Some((name.parse().ok()?, self.says(name))))
                .collect(),
            copies: vec![
                copy("radicale-1795183000", 200, CopyReason::Update, 41_000, true),
                copy("radicale-1795083000", 100_200, CopyReason::Restore, 0, true),
                copy("snac-1795000000", 183_200, CopyReason::Manual, MIB, false),
            ],
            copy_days: 14,
        }
    }

    pub(super) fn backups_first(&self) -> BackupsPage {
        BackupsPage {
            key: false,
            trust: Trust::None,
            places: Vec::new(),
            working: None,
            copies: Vec::new(),
            ..self.backups()
        }
    }

    fn usb(&self) -> PlaceRow {
        PlaceRow {
            id: "k3v9".into(),
            title: self.pick("USB disk", "Disque USB"),
            kind: PlaceKind::Disk,
            address: self.says(DISK),
            trust: Trust::Proven,
            newest: Some(ago(9 * 3600)),
        }
    }

    fn away(&self) -> PlaceRow {
        PlaceRow {
            id: "p7r2".into(),
            title: self.pick("At Nadia’s", "Chez Nadia"),
            kind: PlaceKind::Rest,
            address: self.says(REST),
            trust: Trust::Failing,
            newest: Some(ago(33 * 3600)),
        }
    }

    pub(super) fn place(&self) -> PlacePage {
        let row = |service: Option<&str>, title: &str, trust, seconds| SubjectRow {
            service: service.map(|name| self.says(name)),
            title: self.says(title),
            trust,
            at: Some(ago(seconds)),
            bytes: 41 * MIB,
            added: MIB,
            tested: service.map(|_| ago(3 * 86_400)),
            test_problem: None,
            problem: None,
            enabled: true,
        };
        let mut failing = row(Some("copyparty"), "Files", Trust::Failing, 33 * 3600);
        failing.problem = Some(PlaceProblem::Unreachable(self.says("connection refused")));
        let mut broken = row(Some("snac"), "Microblog", Trust::Broken, 33 * 3600);
        broken.test_problem = Some(self.says("The service does not start on what was restored."));
        let mut never = row(Some("wiki"), "Wiki", Trust::None, 0);
        (never.at, never.tested) = (None, None);
        PlacePage {
            layout: self.layout("/backups/places/p7r2", Some(true)),
            place: self.away(),
            append_only: true,
            upload_kib: 500,
            subjects: vec![
                row(None, "", Trust::Proven, 33 * 3600),
                row(
                    Some("radicale"),
                    "Calendars and contacts",
                    Trust::Proven,
                    33 * 3600,
                ),
                failing,
                broken,
                never,
            ],
            checked: Some(ago(33 * 3600)),
            check_problem: Some(PlaceProblem::Damaged(self.says("pack 7f2a is damaged"))),
        }
    }

    pub(super) fn place_list(&self) -> PlaceBackupsPage {
        let row = |id: &str, days: i64, proven| BackupRow {
            id: id.into(),
            at: ago(days * 86_400 + 9 * 3600),
            bytes: 41 * MIB,
            proven,
        };
        PlaceBackupsPage {
            layout: self.layout("/backups/places/k3v9/radicale", Some(true)),
            id: "k3v9".into(),
            place: self.usb().title,
            title: self.pick("Calendars and contacts", "Agendas et contacts"),
            backups: vec![row("a1", 0, false), row("b2", 1, true), row("c3", 7, false)],
            enabled: true,
            problem: None,
        }
    }

    pub(super) fn new_place(&self, kind: PlaceKind) -> NewPlacePage {
        NewPlacePage {
            layout: self.layout("/backups/places/new", Some(true)),
            kind,
            title: self.field("At Nadia’s"),
            disks: vec![
                DiskChoice {
                    id: self.says(DISK),
                    room: Some((64 * 1024 * MIB, 51 * 1024 * MIB)),
                },
                DiskChoice {
                    id: self.says("6A0C-11F2"),
                    room: None,
                },
            ],
            disk: TextField::default(),
            peers: vec![("0".repeat(64), self.says("elm"))],
            peer: TextField::default(),
            url: self
                .field("ftp://example.org")
                .with_error(FieldError::NotAnAddress),
            user: self.field("oak"),
            secret: TextField::default(),
            append_only: true,
            upload_kib: self.field("500"),
        }
    }

    pub(super) fn backup_key(&self, exists: bool) -> KeyPage {
        let wrong = FieldError::KeyWord(4, self.says("yearr"));
        KeyPage {
            layout: self.layout("/backups/key", Some(true)),
            exists,
            words: self.field("legal winner thank yearr").with_error(wrong),
            password_error: exists.then_some(FieldError::WrongPassword),
        }
    }

    pub(super) fn sheet(&self) -> SheetPage {
        let place = |row: PlaceRow| SheetPlace {
            title: row.title,
            kind: row.kind,
            address: row.address,
        };
        SheetPage {
            layout: self.layout("/backups/key", Some(true)),
            words: "legal winner thank year wave sausage worth useful legal winner thank yellow".into(),
            places: vec![place(self.usb()), place(self.away())],
        }
    }

    pub(super) fn restore_from_board(&self) -> RestorePage {
        RestorePage {
            kind: PlaceKind::Peer,
            failed: None,
            url: self.field("elm.example.org"),
            secret: TextField::default().with_error(FieldError::NotAFetchCode),
            ..self.restore(RestoreState::Open)
        }
    }

    pub(super) fn restore(&self, state: RestoreState) -> RestorePage {
        RestorePage {
            layout: self.layout("/restore", None),
            state,
            failed: Some(self.says("There is no repository at this place.")),
            code: self.field("7K3M-Q9TD").with_error(FieldError::WrongCode),
            words: self
                .field("legal winner thank")
                .with_error(FieldError::KeyWords(3)),
            kind: PlaceKind::Rest,
            disks: Vec::new(),
            disk: TextField::default(),
            url: self.field(REST),
            user: self.field("oak"),
            secret: TextField::default(),
        }
    }
}
