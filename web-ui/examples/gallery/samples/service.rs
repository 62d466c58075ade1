// SPDX-License-Identifier: AGPL-3.0-or-later
//! One service, and its settings.

use super::{BUBBLE, CALENDAR, MIB, Samples, ago};
use std::collections::BTreeMap;
use std::time::Duration;
use types::SettingError;
use types::SettingValue;
use types::Text;
use types::manifest::Network;
use types::settings::Setting;
use types::settings::SettingKind;
use web_ui::{
    Address, AppPasswordRow, AppPasswords, Connect, EnablePage, Failure, FailureReason, LogLine, NewSecret,
    Refusal, Sandbox, ServicePage, ServiceState, TextField, Usage, setting_fields,
};

impl Samples<'_> {
    pub(super) fn setting(&self, title: [&str; 2], help: [&str; 2], kind: SettingKind) -> Setting {
        Setting {
            title: Text::english(self.pick(title[0], title[1])),
            help: Text::english(self.pick(help[0], help[1])),
            kind,
        }
    }

    pub(super) fn settings(&self) -> BTreeMap<String, Setting> {
        BTreeMap::from([
            (
                "discovery".to_owned(),
                self.setting(
                    [
                        "Show calendars to all members",
                        "Montrer les agendas à tous les membres",
                    ],
                    [
                        "Members can then see that a calendar exists, not what is in it.",
                        "Les membres voient alors qu’un agenda existe, pas ce qu’il contient.",
                    ],
                    SettingKind::Bool { default: false },
                ),
            ),
            (
                "max_upload".to_owned(),
                self.setting(
                    ["Largest file", "Plus gros fichier"],
                    ["", ""],
                    SettingKind::Integer {
                        default: 100,
                        min: 1,
                        max: 4096,
                        unit: "MiB".into(),
                    },
                ),
            ),
            (
                "welcome".to_owned(),
                self.setting(
                    ["Greeting", "Message d’accueil"],
                    ["Shown on its first page.", "Affiché sur sa première page."],
                    SettingKind::Text {
                        default: self.pick("Welcome", "Bienvenue"),
                        max_length: 120,
                    },
                ),
            ),
            (
                "week_start".to_owned(),
                self.setting(
                    ["The week begins on", "La semaine commence le"],
                    ["", ""],
                    SettingKind::Choice {
                        default: "monday".into(),
                        choices: BTreeMap::from([
                            ("monday".into(), Text::english(self.pick("Monday", "Lundi"))),
                            ("sunday".into(), Text::english(self.pick("Sunday", "Dimanche"))),
                        ]),
                    },
                ),
            ),
        ])
    }

    pub(super) fn enable(&self, refusal: Option<Refusal>) -> EnablePage {
        let settings = self.settings();
        let entered = BTreeMap::from([("max_upload".to_owned(), self.says("many"))]);
        let errors = [SettingError {
            key: "max_upload".into(),
            message: "must be a whole number".into(),
        }];
        let fields = if refusal.is_some() {
            setting_fields(
                &settings,
                &BTreeMap::new(),
                Some(&entered),
                &errors,
                self.language,
            )
        } else {
            setting_fields(&settings, &BTreeMap::new(), None, &[], self.language)
        };
        EnablePage {
            layout: self.layout("/services/radicale/enable", Some(true)),
            card: self.card(
                "radicale",
                self.pick("Calendars and contacts", "Agendas et contacts"),
                "calendar",
                CALENDAR,
            ),
            fields,
            address: self.says("https://radicale-lilac.local/"),
            memory_max: 200 * MIB,
            memory_free: Some(1_420 * MIB),
            refusal,
        }
    }

    pub(super) fn log(&self) -> Vec<LogLine> {
        let line = |seconds, priority, text: &str| LogLine {
            at: ago(seconds),
            priority,
            message: self.says(text),
        };
        vec![
            line(900, 6, "Started radicale.service - Calendars and contacts."),
            line(899, 6, "[INFO] Radicale server ready"),
            line(
                320,
                6,
                "[INFO] PROPFIND request for '/anna/' received with depth '1' using 'DAVx5/4.4.6-ose (dav4jvm; okhttp/4.12.0) Android/15'",
            ),
            line(319, 4, "[WARNING] Collection 'birthdays' has no colour"),
            line(12, 3, "[ERROR] Failed to parse item '2026-11.ics': line 14"),
        ]
    }

    pub(super) fn service(&self) -> ServicePage {
        let mut memory = Vec::new();
        let mut cpu = Vec::new();
        for i in 0_u8..60 {
            memory.push(20.0 + f32::from(i % 17) * 0.7 + f32::from(i) * 0.2);
            cpu.push(if i % 13 == 0 { 38.0 } else { f32::from(i % 5) });
        }
        let chosen = BTreeMap::from([("discovery".to_owned(), SettingValue::Bool(true))]);
        ServicePage {
            layout: self.layout("/services/radicale", Some(true)),
            name: "radicale".parse().expect("a good name"),
            title: self.pick("Calendars and contacts", "Agendas et contacts"),
            summary: self.pick(
                "Calendars, task lists and address books that phones and computers share.",
                "Agendas, listes de tâches et carnets d’adresses partagés.",
            ),
            icon: self.says(CALENDAR),
            state: ServiceState::Running,
            since: Some(ago(900)),
            failure: None,
            job: None,
            opens: true,
            addresses: vec![
                Address {
                    url: self.says("https://calendar.example.org/"),
                    local: false,
                },
                Address {
                    url: self.says("https://radicale-lilac.local/"),
                    local: true,
                },
            ],
            connect: Some(Connect {
                text: self.pick(
                    "On Android install DAVx5, on a computer Thunderbird. Add an account with the address, the user name and an app password.\n\nOn an iPhone: Settings, Calendar, Accounts, Add account, Other, CalDAV.",
                    "Sur Android, installez DAVx5 ; sur un ordinateur, Thunderbird. Ajoutez un compte avec l’adresse, l’identifiant et un mot de passe d’application.\n\nSur un iPhone : Réglages, Calendrier, Comptes, Ajouter un compte, Autre, CalDAV.",
                ),
                address: self.says("https://calendar.example.org/anna/"),
                user: self.says("anna"),
            }),
            app_passwords: Some(AppPasswords {
                list: vec![
                    AppPasswordRow {
                        id: self.says("1"),
                        device: self.pick("Anna’s phone", "Téléphone d’Anna"),
                        created: ago(40 * 86_400),
                        last_used: Some(ago(320)),
                    },
                    AppPasswordRow {
                        id: self.says("2"),
                        device: self.pick("Laptop", "Portable"),
                        created: ago(7200),
                        last_used: None,
                    },
                ],
                new: Some(NewSecret {
                    label: self.pick("Tablet", "Tablette"),
                    secret: self.says("hbq7-mk2v-x9pd-4wfz"),
                }),
                device: TextField::default(),
            }),
            groups: self.field("choir, garden"),
            fields: setting_fields(&self.settings(), &chosen, None, &[], self.language),
            usage: Usage {
                memory: Some(48 * MIB),
                memory_max: 200 * MIB,
                memory_enforced: false,
                cpu_percent: Some(2.0),
                tasks: Some(3),
                tasks_max: 32,
                disk: Some(31 * MIB),
                memory_history: memory,
                cpu_history: cpu,
                history_span: Duration::from_hours(1),
            },
            log: self.log(),
            log_cursor: Some(self.says("s=1;i=2")),
            version: self.says("3.5.3"),
            update: Some(self.says("3.5.4")),
            rollback: Some(self.says("3.5.2")),
            licence: self.says("GPL-3.0-or-later"),
            source: self.says("https://github.com/Kozea/Radicale"),
            website: self.says("https://radicale.org/"),
            sandbox: Sandbox {
                network: Network::None,
                writable_executable_memory: false,
                exposure_tenths: Some(14),
            },
        }
    }

    pub(super) fn service_failing(&self) -> ServicePage {
        ServicePage {
            name: "snac".parse().expect("a good name"),
            title: self.says("Microblog"),
            state: ServiceState::Failing,
            since: Some(ago(75)),
            failure: Some(Failure {
                reason: FailureReason::OutOfMemory(64 * MIB),
                restarts: 4,
                next_try: Some(ago(-50)),
                last_lines: self.log(),
            }),
            job: Some(self.says("job-8")),
            icon: self.says(BUBBLE),
            app_passwords: None,
            connect: None,
            update: None,
            rollback: None,
            sandbox: Sandbox {
                network: Network::Outbound,
                writable_executable_memory: true,
                exposure_tenths: None,
            },
            usage: Usage::default(),
            ..self.service()
        }
    }

    pub(super) fn service_member(&self) -> ServicePage {
        ServicePage {
            layout: self.layout("/services/radicale", Some(false)),
            ..self.service()
        }
    }
}
