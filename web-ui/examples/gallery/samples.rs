// SPDX-License-Identifier: AGPL-3.0-or-later
//! Every page with realistic data. Texts that people or other programs choose go through `says`, so that tests can
//! make them hostile.

use std::{collections::BTreeMap, time::Duration};
use types::{
    Language, SettingError, SettingValue, Text, Timestamp,
    manifest::Network,
    settings::{Setting, SettingKind},
};
use web_ui::{
    AccountPage, AcmeAccount, Address, AppPasswordRow, AppPasswords, ArchiveRow, ArchivesPage, AuditPage,
    AuditRow, BoardHealth, CatalogCard, CatalogFacts, CatalogPage, CertificateProblem, CertificateRow,
    CertificateSource, CertificateState, CertificatesPage, ClaimPage, ClaimState, Connect, CooperativeForm,
    CooperativePage, EnablePage, ErrorKind, ErrorPage, Failure, FailureReason, FieldError, Filled, Finding,
    FindingKind, HomePage, JobKind, JobPage, JobRow, JobState, Layout, LocalCa, LogLine, MemberRow,
    MembersPage, NewSecret, Notice, Page as _, ProfileField, PublicPage, PublicProfile, PublicService,
    Refusal, Role, Sandbox, ServicePage, ServiceRow, ServiceState, SessionRow, Severity, SignInPage,
    SignInProblem, StepKind, StepRow, StepState, TextField, TextKind, TextPage, TokenRow, TokenScope, Usage,
    Viewer, setting_fields,
};

const NOW: Timestamp = Timestamp(1_795_183_200);
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

const CALENDAR: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round"><rect x="8" y="10" width="32" height="31" rx="6"/><path d="M8 19h32M16.5 6v7M31.5 6v7"/><path d="M17 34c0-3.9 3-5.5 7-5.5s7 1.6 7 5.5"/></svg>"#;
const FOLDER: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linejoin="round"><path d="M7 35V14a5 5 0 0 1 5-5h6.5a5 5 0 0 1 3.6 1.5L25 13.5h11a5 5 0 0 1 5 5V35a6 6 0 0 1-6 6H13a6 6 0 0 1-6-6z"/></svg>"#;
const BUBBLE: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linejoin="round"><path d="M14 8h20a7 7 0 0 1 7 7v12a7 7 0 0 1-7 7H23l-9 7v-7a7 7 0 0 1-7-7V15a7 7 0 0 1 7-7z"/></svg>"#;

struct Samples<'a> {
    language: Language,
    says: &'a dyn Fn(&str) -> String,
}

/// Every page, with a name for its file.
pub(crate) fn pages(language: Language, says: &dyn Fn(&str) -> String) -> Vec<(&'static str, String)> {
    let s = Samples { language, says };
    vec![
        ("claim", s.claim(ClaimState::Open, false).render()),
        ("claim-errors", s.claim(ClaimState::Open, true).render()),
        ("claim-claimed", s.claim(ClaimState::Claimed, false).render()),
        ("claim-wait", s.claim(ClaimState::Wait(ago(-55)), false).render()),
        ("claim-exhausted", s.claim(ClaimState::Exhausted, false).render()),
        ("sign-in", s.sign_in(None).render()),
        ("sign-in-wrong", s.sign_in(Some(SignInProblem::Wrong)).render()),
        (
            "sign-in-wait",
            s.sign_in(Some(SignInProblem::Wait(ago(-120)))).render(),
        ),
        ("home", s.home().render()),
        ("home-first", s.home_first().render()),
        ("home-member", s.home_member().render()),
        ("catalog", s.catalog().render()),
        ("catalog-broken", s.catalog_broken().render()),
        ("enable", s.enable(None).render()),
        (
            "enable-refused",
            s.enable(Some(Refusal::Memory {
                needed: 120 * MIB,
                free: 64 * MIB,
            }))
            .render(),
        ),
        ("service", s.service().render()),
        ("service-failing", s.service_failing().render()),
        ("service-member", s.service_member().render()),
        ("certificates", s.certificates().render()),
        ("cooperative", s.cooperative().render()),
        ("members", s.members().render()),
        ("account", s.account().render()),
        ("public", s.public().render()),
        ("public-unclaimed", s.unclaimed().render()),
        ("terms", s.text(TextKind::Terms).render()),
        ("privacy", s.text(TextKind::Privacy).render()),
        ("economy", s.text(TextKind::Economic).render()),
        ("job", s.job(JobState::Running).render()),
        ("job-failed", s.job(JobState::Failed).render()),
        ("archives", s.archives().render()),
        ("audit", s.audit().render()),
        ("error", s.error(ErrorKind::NotFound, true).render()),
        (
            "error-visitor",
            s.error(ErrorKind::TooMany(ago(-60)), false).render(),
        ),
    ]
}

fn ago(seconds: i64) -> Timestamp {
    Timestamp(NOW.0 - seconds)
}

fn fields(fields: &mut [&mut TextField], error: &FieldError) {
    for field in fields {
        field.error = Some(error.clone());
    }
}

impl Samples<'_> {
    fn says(&self, text: &str) -> String {
        (self.says)(text)
    }

    fn pick(&self, english: &str, french: &str) -> String {
        self.says(match self.language {
            Language::En => english,
            Language::Fr => french,
        })
    }

    fn field(&self, text: &str) -> TextField {
        TextField::new(self.says(text))
    }

    fn layout(&self, path: &str, member: Option<bool>) -> Layout {
        Layout {
            language: self.language,
            now: NOW,
            board: self.says("lilac"),
            path: self.says(path),
            member: member.map(|steward| Viewer {
                name: self.says("anna"),
                display_name: self.says("Anna Martin"),
                steward,
            }),
            https_url: None,
            notices: Vec::new(),
        }
    }

    fn claim(&self, state: ClaimState, wrong: bool) -> ClaimPage {
        let mut layout = self.layout("/claim", None);
        layout.https_url = Some(self.says("https://lilac.local/claim"));
        let mut page = ClaimPage::new(layout, state);
        if wrong {
            page.code = self.field("7K3M-Q9TD").with_error(FieldError::WrongCode);
            page.board_name = self.field("Our Board").with_error(FieldError::NotABoardName);
            page.name = self.field("Anna").with_error(FieldError::NotAMemberName);
            page.display_name.error = Some(FieldError::Required);
            page.password_error = Some(FieldError::TooShort(10));
            page.password_again_error = Some(FieldError::Different);
        }
        page
    }

    fn sign_in(&self, problem: Option<SignInProblem>) -> SignInPage {
        let mut layout = self.layout("/sign-in", None);
        layout.notices = vec![Notice::SignedOut];
        SignInPage {
            layout,
            to: Some(self.says("/services/radicale")),
            name: self.says("anna"),
            problem,
        }
    }

    fn row(&self, name: &str, title: String, icon: &str, state: ServiceState) -> ServiceRow {
        ServiceRow {
            name: name.parse().expect("a good name"),
            title,
            icon: self.says(icon),
            state,
            open_url: Some(self.says(&format!("https://{name}-lilac.local/"))),
        }
    }

    fn services(&self) -> Vec<ServiceRow> {
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

    fn home(&self) -> HomePage {
        let mut layout = self.layout("/home", Some(true));
        layout.notices = vec![Notice::Working(self.says("copyparty"))];
        layout.https_url = Some(self.says("https://lilac.local/home"));
        let finding = |severity, kind| Finding { severity, kind };
        HomePage {
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
            findings: vec![
                finding(
                    Severity::Problem,
                    FindingKind::ServiceFailing {
                        name: "snac".parse().expect("a good name"),
                        title: self.says("Microblog"),
                    },
                ),
                finding(
                    Severity::Warning,
                    FindingKind::DiskFull {
                        free: 2 * GIB,
                        total: 29 * GIB,
                    },
                ),
                finding(
                    Severity::Warning,
                    FindingKind::Certificate {
                        name: self.says("calendar.example.org"),
                    },
                ),
                finding(Severity::Info, FindingKind::ProfileIncomplete { missing: 3 }),
                finding(
                    Severity::Info,
                    FindingKind::Other {
                        what: self.says("A thing"),
                        meaning: self.says("It means something."),
                        remedy: self.says("Do something."),
                        link: Some(self.says("/home")),
                    },
                ),
            ],
            jobs: vec![JobRow {
                id: self.says("job-7"),
                kind: JobKind::Enable(self.pick("Shared files", "Fichiers partagés")),
                state: JobState::Running,
                progress: 60,
                started: ago(3),
            }],
        }
    }

    fn home_first(&self) -> HomePage {
        let mut layout = self.layout("/home", Some(true));
        layout.notices = vec![Notice::Claimed(self.says("lilac"))];
        HomePage {
            layout,
            health: BoardHealth {
                cpu_percent: Some(3.0),
                uptime: Some(Duration::from_secs(340)),
                ..BoardHealth::default()
            },
            services: Vec::new(),
            findings: vec![Finding {
                severity: Severity::Info,
                kind: FindingKind::NoServices,
            }],
            jobs: Vec::new(),
        }
    }

    fn home_member(&self) -> HomePage {
        HomePage {
            layout: self.layout("/home", Some(false)),
            findings: Vec::new(),
            jobs: Vec::new(),
            ..self.home()
        }
    }

    fn card(&self, name: &str, title: String, category: &str, icon: &str) -> CatalogCard {
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
            licence: self.says("GPL-3.0-or-later"),
            version: self.says("3.5.3"),
            website: self.says("https://radicale.org/"),
            state: None,
        }
    }

    fn catalog(&self) -> CatalogPage {
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

    fn catalog_broken(&self) -> CatalogPage {
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

    fn setting(&self, title: [&str; 2], help: [&str; 2], kind: SettingKind) -> Setting {
        Setting {
            title: Text::english(self.pick(title[0], title[1])),
            help: Text::english(self.pick(help[0], help[1])),
            kind,
        }
    }

    fn settings(&self) -> BTreeMap<String, Setting> {
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

    fn enable(&self, refusal: Option<Refusal>) -> EnablePage {
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

    fn log(&self) -> Vec<LogLine> {
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

    fn service(&self) -> ServicePage {
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

    fn service_failing(&self) -> ServicePage {
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

    fn service_member(&self) -> ServicePage {
        ServicePage {
            layout: self.layout("/services/radicale", Some(false)),
            ..self.service()
        }
    }

    fn certificates(&self) -> CertificatesPage {
        let row = |name: &str, service: Option<String>, source, state, removable| CertificateRow {
            name: self.says(name),
            service,
            source,
            not_after: Some(ago(-70 * 86_400)),
            state,
            removable,
        };
        let authority = || CertificateSource::Authority(self.says("Let’s Encrypt"));
        let calendars = || Some(self.pick("Calendars and contacts", "Agendas et contacts"));
        CertificatesPage {
            layout: self.layout("/certificates", Some(true)),
            certificates: vec![
                row(
                    "files.example.org",
                    Some(self.pick("Shared files", "Fichiers partagés")),
                    CertificateSource::Local,
                    CertificateState::Failed {
                        problem: CertificateProblem::Dns,
                        detail: self.says("urn:ietf:params:acme:error:dns: DNS problem: NXDOMAIN looking up A for files.example.org - check that a DNS record exists for this domain"),
                        next_try: Some(ago(-1800)),
                    },
                    true,
                ),
                row(
                    "news.example.org",
                    Some(self.says("Microblog")),
                    CertificateSource::Local,
                    CertificateState::NeedsTerms,
                    true,
                ),
                row("calendar.example.org", calendars(), authority(), CertificateState::Good, true),
                row("example.org", None, authority(), CertificateState::Ordering, true),
                row("lilac.local", None, CertificateSource::Local, CertificateState::Good, false),
                row(
                    "radicale-lilac.local",
                    calendars(),
                    CertificateSource::Local,
                    CertificateState::Good,
                    false,
                ),
            ],
            services: vec![
                ("radicale".parse().expect("a good name"), self.says("Radicale")),
                ("copyparty".parse().expect("a good name"), self.says("Copyparty")),
            ],
            domain: self.field("https://x").with_error(FieldError::NotADomain),
            service: "copyparty".into(),
            acme: AcmeAccount {
                authority: self.says("Let’s Encrypt"),
                terms_url: Some(self.says("https://letsencrypt.org/repository/")),
                contact: self.field("anna@example.org"),
                accepted: false,
                accepted_error: Some(FieldError::NotAccepted),
            },
            local_ca: LocalCa {
                download: self.says("/local-ca.crt"),
                fingerprint: self.says("8E:0B:5C:7D:12:F0:91:3A:44:6C:DE:55:07:A8:B3:21:9F:63:C4:E2:70:18:AD:5F:3B:96:2E:C1:84:7A:D0:6B"),
                not_after: ago(-3650 * 86_400),
            },
        }
    }

    fn cooperative(&self) -> CooperativePage {
        let mut form = CooperativeForm {
            name: self.field("The Lilac Street Commons"),
            tag_line: self.field("Boards we own, services we share"),
            ..CooperativeForm::default()
        };
        form.home_url = self.field("www.example").with_error(FieldError::NotAnAddress);
        form.is_service_provider = true;
        if self.says("x") != "x" {
            let every = &mut [
                &mut form.name,
                &mut form.description,
                &mut form.organization_type,
                &mut form.logo,
                &mut form.terms_text,
                &mut form.privacy_text,
                &mut form.economic_text,
            ];
            for field in every.iter_mut() {
                field.value = self.says("x");
            }
            fields(every, &FieldError::Other(self.says("wrong")));
        }
        CooperativePage {
            layout: self.layout("/cooperative", Some(true)),
            form,
            missing: vec![
                ProfileField::Logo,
                ProfileField::ContactUrl,
                ProfileField::Privacy,
            ],
            published_url: self.says("https://lilac.local/librehost.json"),
        }
    }

    fn members(&self) -> MembersPage {
        let member = |name: &str, display: &str, role, seen, you| MemberRow {
            name: name.parse().expect("a good name"),
            display_name: self.says(display),
            role,
            joined: ago(200 * 86_400),
            last_seen: seen,
            you,
        };
        let mut layout = self.layout("/members", Some(true));
        layout.notices = vec![Notice::MemberAdded(self.says("Chloé Petit"))];
        MembersPage {
            layout,
            members: vec![
                member("anna", "Anna Martin", Role::Steward, Some(NOW), true),
                member("bruno", "Bruno Lefèvre", Role::Member, Some(ago(90_000)), false),
                member("chloe", "Chloé Petit", Role::Member, None, false),
            ],
            new: Some(NewSecret {
                label: self.says("chloe"),
                secret: self.says("maple-otter-violin-42"),
            }),
            name: TextField::default(),
            display_name: TextField::default(),
            role: Role::Member,
        }
    }

    fn account(&self) -> AccountPage {
        AccountPage {
            layout: self.layout("/account", Some(true)),
            display_name: self.field("Anna Martin"),
            current_password_error: Some(FieldError::WrongPassword),
            new_password_error: None,
            new_password_again_error: None,
            sessions: vec![
                SessionRow {
                    id: self.says("1"),
                    device: self.says("Firefox, Linux"),
                    created: ago(86_400),
                    last_used: NOW,
                    current: true,
                },
                SessionRow {
                    id: self.says("2"),
                    device: self.says("Chrome, Android"),
                    created: ago(9 * 86_400),
                    last_used: ago(7200),
                    current: false,
                },
            ],
            tokens: vec![TokenRow {
                id: self.says("1"),
                label: self.pick("backup script", "script de sauvegarde"),
                scope: TokenScope::Read,
                created: ago(86_400),
                last_used: None,
            }],
            token_label: TextField::default(),
            new_token: Some(NewSecret {
                label: self.says("laptop"),
                secret: self.says("ch_4f9a1c7e2b8d6035a1e9c4d7f2b80c6e"),
            }),
        }
    }

    fn public(&self) -> PublicPage {
        let service = |title: String, icon: &str, state| PublicService {
            title,
            summary: self.pick(
                "Calendars, task lists and address books that phones and computers share.",
                "Agendas, listes de tâches et carnets d’adresses partagés.",
            ),
            icon: self.says(icon),
            state,
            url: Some(self.says("https://calendar.example.org/")),
        };
        PublicPage {
            layout: self.layout("/", None),
            claimed: true,
            profile: PublicProfile {
                name: self.pick("The Lilac Street Commons", "Les Communs de la rue des Lilas"),
                tag_line: self.pick("Boards we own, services we share", "Nos cartes, nos services partagés"),
                description: self.pick(
                    "Nine households who host their own calendars, files and news on two small boards, for themselves and for friends.",
                    "Neuf foyers qui hébergent eux-mêmes agendas, fichiers et nouvelles sur deux petites cartes, pour eux et pour leurs amis.",
                ),
                home_url: self.says("https://example.org/"),
                logo: self.says("https://example.org/logo.svg"),
                contact_url: self.says("https://example.org/contact"),
                terms_url: self.says("/terms"),
                privacy_url: self.says("/privacy"),
                economic_url: self.says("/economy"),
                founding_date: self.says("2026"),
                languages: vec![self.says("en"), self.says("fr")],
                complete: true,
            },
            services: vec![
                service(
                    self.pick("Calendars and contacts", "Agendas et contacts"),
                    CALENDAR,
                    ServiceState::Running,
                ),
                service(
                    self.pick("Shared files", "Fichiers partagés"),
                    FOLDER,
                    ServiceState::Starting,
                ),
                service(self.says("Microblog"), BUBBLE, ServiceState::Failing),
            ],
        }
    }

    fn unclaimed(&self) -> PublicPage {
        PublicPage {
            claimed: false,
            profile: PublicProfile::default(),
            services: Vec::new(),
            ..self.public()
        }
    }

    fn text(&self, kind: TextKind) -> TextPage {
        let text = self.pick(
            "We run these services for each other, without promise of uptime.\n\nBe kind. Do not use them to harm others.\r\n\r\nYou can take your data with you at any time:\n– calendars as files\n– files as they are",
            "Nous faisons tourner ces services les uns pour les autres, sans garantie de disponibilité.\n\nRestez aimables. Ne nuisez à personne.\r\n\r\nVous pouvez emporter vos données à tout moment :\n– les agendas en fichiers\n– les fichiers tels quels",
        );
        TextPage {
            layout: self.layout("/terms", None),
            kind,
            cooperative: self.pick("The Lilac Street Commons", "Les Communs de la rue des Lilas"),
            paragraphs: TextPage::paragraphs(&text),
            updated: Some(ago(20 * 86_400)),
        }
    }

    fn job(&self, state: JobState) -> JobPage {
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

    fn archives(&self) -> ArchivesPage {
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

    fn audit(&self) -> AuditPage {
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

    fn error(&self, kind: ErrorKind, signed_in: bool) -> ErrorPage {
        ErrorPage {
            layout: self.layout("/nowhere", signed_in.then_some(true)),
            kind,
            detail: Some(self.says("GET /nowhere")),
        }
    }
}
