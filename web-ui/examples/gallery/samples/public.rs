// SPDX-License-Identifier: AGPL-3.0-or-later
//! Names, the cooperative, and what strangers see.

use super::{BUBBLE, CALENDAR, FOLDER, Samples, ago, fields};
use web_ui::{
    AcmeAccount, AuthorityForm, CertificateProblem, CertificateRow, CertificateSource, CertificateState,
    CertificatesPage, CooperativeForm, CooperativePage, DayLook, DomainCard, DynamicForm, DynamicStatus,
    FieldError, LocalCa, NameRow, NameStanding, OtherRoot, PortRow, ProfileField, ProofForm, ProofPage,
    PublicEnd, PublicPage, PublicProfile, PublicService, ReachPage, RecordRow, ServiceState, TextKind,
    TextPage, TrustPage, Way4,
};

impl Samples<'_> {
    fn domain(&self) -> DomainCard {
        let record = |label: &str, kind: &str, value: &str| RecordRow {
            label: self.says(label),
            kind: self.says(kind),
            value: self.says(value),
        };
        let name = |name: &str, standing| NameRow {
            name: self.says(name),
            standing,
        };
        DomainCard {
            name: "example.org".into(),
            service: None,
            every_service: true,
            records: vec![
                record("@", "A", "203.0.113.7"),
                record("*", "A", "203.0.113.7"),
                record("@", "AAAA", "2001:db8:1:2::7"),
            ],
            zone_file: self.says("example.org. 300 IN A 203.0.113.7\n*.example.org. 300 IN A 203.0.113.7\n"),
            proof: Some(self.says("192.0.2.53:53")),
            waiting: vec![
                name(
                    "example.org",
                    NameStanding::Wrong(vec![self.says("198.51.100.9")]),
                ),
                name("files.example.org", NameStanding::Missing),
                name("news.example.org", NameStanding::Spreading { minutes: Some(60) }),
            ],
        }
    }

    pub(super) fn reach(&self) -> ReachPage {
        ReachPage {
            layout: self.layout("/reach", Some(true)),
            v4: Way4::BehindRouter(self.says("203.0.113.7")),
            v6: Some(self.says("2001:db8:1:2::7")),
            ports: vec![
                PortRow {
                    port: 80,
                    open: true,
                    problem: None,
                },
                PortRow {
                    port: 443,
                    open: false,
                    problem: Some(self.says(
                        "another device has this port already; remove its rule in the router's settings",
                    )),
                },
            ],
            ports_allowed_by: Some(self.says("anna")),
            echo: self.field("https://address.example.org/"),
            dynamic: DynamicForm {
                way: "dyndns2".into(),
                name: self.field("lilac.dyn.example"),
                server: self.field("https://dyn.example"),
                user: self.field("anna"),
                ..DynamicForm::default()
            },
            dynamic_status: Some(DynamicStatus {
                at: Some(ago(3600)),
                good: false,
                text: self.says("The user name, password or key is wrong. Enter them again."),
            }),
        }
    }

    pub(super) fn proof(&self) -> ProofPage {
        ProofPage {
            layout: self.layout("/certificates", Some(true)),
            domain: "example.org".into(),
            form: ProofForm {
                way: "rfc2136".into(),
                server: self.field("192.0.2.53:53"),
                zone: self.field("example.net").with_error(FieldError::NotFit),
                key_name: self.field("board"),
                ..ProofForm::default()
            },
        }
    }

    pub(super) fn trust(&self) -> TrustPage {
        TrustPage {
            layout: self.layout("/trust", None),
            address: self.says("http://lilac.local/trust"),
            fingerprint: self.says("8E:0B:5C:7D:12:F0:91:3A:44:6C:DE:55:07:A8:B3:21:9F:63:C4:E2:70:18:AD:5F:3B:96:2E:C1:84:7A:D0:6B"),
            not_after: ago(-3650 * 86_400),
            next: Some(self.other_root(-30)),
            former: Some(self.other_root(12)),
        }
    }

    fn other_root(&self, days_ago: i64) -> OtherRoot {
        OtherRoot {
            fingerprint: self.says("3C:51:0E:9A:77:B4:2D:16:E8:0F:63:91:5A:CC:48:27:D0:85:19:F6:3B:A2:7E:44:60:1D:98:E3:57:BC:02:6F"),
            at: ago(days_ago * 86_400),
        }
    }

    pub(super) fn certificates(&self) -> CertificatesPage {
        let row = |name: &str, service: Option<String>, source, state| CertificateRow {
            name: self.says(name),
            service,
            strict: state == CertificateState::Good && source != CertificateSource::Local,
            source,
            not_after: Some(ago(-70 * 86_400)),
            renewal: (state == CertificateState::Good).then(|| ago(-40 * 86_400)),
            state,
        };
        let authority = || CertificateSource::Authority(self.says("Let’s Encrypt"));
        let calendars = || Some(self.pick("Calendars and contacts", "Agendas et contacts"));
        CertificatesPage {
            layout: self.layout("/certificates", Some(true)),
            domains: vec![self.domain()],
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
                ),
                row(
                    "news.example.org",
                    Some(self.says("Microblog")),
                    CertificateSource::Local,
                    CertificateState::NeedsTerms,
                ),
                row("calendar.example.org", calendars(), authority(), CertificateState::Good),
                row("example.org", None, authority(), CertificateState::Ordering),
                row("lilac.local", None, CertificateSource::Local, CertificateState::Good),
                row(
                    "radicale-lilac.local",
                    calendars(),
                    CertificateSource::Local,
                    CertificateState::Good,
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
                other: AuthorityForm {
                    directory: self.field("https://ca.example.org/acme/directory"),
                    key_name: self.field("kid-2026-11"),
                    key: self.field("").with_error(FieldError::NotFit),
                    ..AuthorityForm::default()
                },
            },
            local_ca: LocalCa {
                download: self.says("/local-ca.crt"),
                fingerprint: self.says("8E:0B:5C:7D:12:F0:91:3A:44:6C:DE:55:07:A8:B3:21:9F:63:C4:E2:70:18:AD:5F:3B:96:2E:C1:84:7A:D0:6B"),
                not_after: ago(-3650 * 86_400),
                next: Some(self.other_root(-30)),
                former: None,
            },
        }
    }

    pub(super) fn cooperative(&self) -> CooperativePage {
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
                &mut form.country,
                &mut form.contact,
                &mut form.availability,
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

    pub(super) fn public(&self) -> PublicPage {
        let service = |title: String, icon: &str, state| PublicService {
            title,
            summary: self.pick(
                "Calendars, task lists and address books that phones and computers share.",
                "Agendas, listes de tâches et carnets d’adresses partagés.",
            ),
            icon: self.says(icon),
            state,
            url: Some(self.says("https://calendar.example.org/")),
            members_only: state == ServiceState::Running,
            days: (0..90)
                .map(|day| match day {
                    0..20 => DayLook::Unknown,
                    41 => DayLook::Bad,
                    60..64 => DayLook::Some,
                    _ => DayLook::Good,
                })
                .collect(),
            share: (state == ServiceState::Running).then_some(9_953),
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
                conduct_url: self.says("/conduct"),
                availability: String::new(),
            },
            news: self.news_rows(),
            end: None,
            data: Some(serde_json::json!({ "@type": "Organization", "name": self.says("Lilac") })),
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

    pub(super) fn public_ending(&self) -> PublicPage {
        PublicPage {
            end: Some(PublicEnd {
                last_day: "2027-03-31".into(),
                exports_until: "2027-04-30".into(),
                over: false,
                text: self.pick("Both of us move abroad.", "Nous partons tous deux à l’étranger."),
                elsewhere: self.says("Neighbour Co-op https://neighbour.example"),
            }),
            ..self.public()
        }
    }

    pub(super) fn unclaimed(&self) -> PublicPage {
        PublicPage {
            claimed: false,
            profile: PublicProfile::default(),
            services: Vec::new(),
            ..self.public()
        }
    }

    pub(super) fn text(&self, kind: TextKind) -> TextPage {
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
            written_in: self.language,
            version_path: "/cooperative/texts/terms/en/1".into(),
            coming: Some((ago(-9 * 86_400), "/cooperative/texts/terms/en/2".into())),
        }
    }
}
