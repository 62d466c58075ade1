// SPDX-License-Identifier: AGPL-3.0-or-later
//! The cooperative's pages.

use super::{Samples, ago};
use types::Language;
use web_ui::{
    ActWords, ApplicationRow, BooksPage, ChangesPage, ChoiceLabel, ChoiceRow, ComingText, DecisionsPage,
    EditTextPage, ElsewherePage, EndForm, EndPage, EntryForm, EntryRow, FieldError, HosterRow, HubPage,
    JoinPage, JoinState, Method, NewsForm, NewsPage, NewsRow, Phase, Piece, PieceChange, PromiseRow,
    PromiseState, PromisesPage, ProposalForm, ProposalPage, ProposalRow, QuestionsForm, QuestionsPage,
    RegisterPage, RegisterRow, ReportPage, Standing, TextField, TextKind, TextRow, TextsPage, VersionRow,
};

const DAY: i64 = 86_400;

impl Samples<'_> {
    pub(super) fn hub(&self, steward: bool) -> HubPage {
        HubPage {
            layout: self.layout("/cooperative", Some(steward)),
            name: self.pick("The Lilac Street Commons", "Les Communs de la rue des Lilas"),
            coming: vec![ComingText {
                kind: TextKind::Terms,
                language: Language::En,
                number: 2,
                effective: ago(-9 * DAY),
            }],
            votes: vec![(
                "a1".into(),
                self.pick("Buy a second disk", "Acheter un second disque"),
            )],
            applications: 1,
            no_texts: true,
            missing: 2,
            end: None,
        }
    }

    pub(super) fn texts(&self) -> TextsPage {
        let row = |kind, language, current, coming| TextRow {
            kind,
            language,
            current,
            coming,
        };
        TextsPage {
            layout: self.layout("/cooperative/texts", Some(true)),
            rows: vec![
                row(
                    TextKind::Terms,
                    Language::En,
                    Some((1, ago(90 * DAY))),
                    Some((2, ago(-9 * DAY))),
                ),
                row(TextKind::Terms, Language::Fr, None, None),
                row(TextKind::Conduct, Language::En, Some((3, ago(3 * DAY))), None),
            ],
        }
    }

    pub(super) fn questions(&self, drafted: bool) -> QuestionsPage {
        let mut form = QuestionsForm {
            name: TextField::new(self.pick("The Lilac Street Commons", "Les Communs de la rue des Lilas")),
            tag_line: self.field("Boards we own, services we share"),
            contact: self.field("hello@example.org"),
            country: self.field("France"),
            joining: TextField::new("asking"),
            answer_days: self.field("7"),
            notice_days: self.field("14"),
            end_days: self.field("90"),
            language: TextField::new(self.language.code()),
            ..QuestionsForm::default()
        };
        form.log_days = self.field("0").with_error(FieldError::NotFit);
        let drafts = [TextKind::Terms, TextKind::Privacy].map(|kind| (kind, self.field("Be kind.\n\nSing.")));
        QuestionsPage {
            layout: self.layout("/cooperative/questions", Some(true)),
            form,
            drafts: if drafted { drafts.to_vec() } else { Vec::new() },
        }
    }

    pub(super) fn edit_text(&self) -> EditTextPage {
        let version = |number, days| VersionRow {
            number,
            effective: ago(days * DAY),
            by: self.says("anna"),
        };
        EditTextPage {
            layout: self.layout("/cooperative/texts/terms/en", Some(true)),
            kind: TextKind::Terms,
            language: Language::En,
            text: self.field("Be kind."),
            effective: self
                .field("2026-12-01")
                .with_error(FieldError::Other(self.says("too soon"))),
            notice_days: 14,
            versions: vec![version(2, -9), version(1, 90)],
        }
    }

    pub(super) fn changes(&self) -> ChangesPage {
        let piece = |change, text: &str| Piece {
            change,
            text: self.says(text),
        };
        ChangesPage {
            layout: self.layout("/cooperative/texts/terms/en/2", Some(false)),
            kind: TextKind::Terms,
            language: Language::En,
            number: 2,
            effective: ago(-9 * DAY),
            pieces: vec![
                piece(PieceChange::Kept, "We run these services for each other.\n\n"),
                piece(PieceChange::Removed, "We meet on Mondays. "),
                piece(PieceChange::Added, "We meet on Fridays. "),
                piece(PieceChange::Kept, "Bring tea."),
            ],
            unread: true,
        }
    }

    pub(super) fn decisions(&self) -> DecisionsPage {
        let row = |title: String, standing, waits| ProposalRow {
            id: "a1".into(),
            title,
            standing,
            deadline: ago(-3 * DAY),
            waits,
        };
        DecisionsPage {
            layout: self.layout("/cooperative/decisions", Some(false)),
            proposals: vec![
                row(
                    self.pick("Buy a second disk", "Acheter un second disque"),
                    Standing::Open,
                    true,
                ),
                row(
                    self.pick("Microblog for everybody", "Un microblog pour tous"),
                    Standing::Passed,
                    false,
                ),
                row(
                    self.pick("Move to the cellar", "Déménager à la cave"),
                    Standing::NoQuorum,
                    false,
                ),
            ],
            form: ProposalForm {
                title: self.field(""),
                method: TextField::new("consent"),
                quorum: TextField::new("30"),
                days: self
                    .field("900")
                    .with_error(FieldError::OutOfRange { min: 1, max: 180 }),
                act: TextField::new("none"),
                commodity: self.field("EUR"),
                ..ProposalForm::default()
            },
            services: vec![("snac".into(), self.says("Microblog"))],
        }
    }

    pub(super) fn proposal(&self, open: bool) -> ProposalPage {
        let choice = |value: &str, label, count| ChoiceRow {
            value: value.into(),
            label,
            chosen: value == "for",
            count: (!open).then_some(count),
        };
        ProposalPage {
            layout: self.layout("/cooperative/decisions/a1", Some(false)),
            id: "a1".into(),
            title: self.pick("Buy a second disk", "Acheter un second disque"),
            text: self.pick(
                "The first one is 80 % full.\n\nA second one costs 89 EUR.",
                "Le premier est plein à 80 %.\n\nUn second coûte 89 EUR.",
            ),
            standing: if open { Standing::Open } else { Standing::Passed },
            by: self.says("anna"),
            deadline: ago(if open { -3 * DAY } else { DAY }),
            method: Method::Consent,
            quorum: 30,
            secret: false,
            act: Some(ActWords::Spend(
                self.says("89.00 EUR"),
                self.pick("Disk", "Disque"),
            )),
            entitled: 9,
            voted: 4,
            choices: vec![
                choice("for", ChoiceLabel::Agree, 4),
                choice("object", ChoiceLabel::Object, 0),
                choice("abstain", ChoiceLabel::Abstain, 1),
            ],
            can_vote: open,
            has_voted: true,
            reason: TextField::default(),
            objections: vec![(Some(self.says("bruno")), self.pick("It hums.", "Il ronronne."))],
            votes: if open {
                vec![]
            } else {
                vec![(self.says("anna"), self.pick("For", "Pour"))]
            },
            seal: (!open).then(|| {
                (
                    self.says("8e0b5c7d12f0913a446cde5507a8b321"),
                    self.says("9f63c4e27018ad5f3b962ec1847ad06b"),
                )
            }),
            performed: (!open).then(|| (false, self.says("the fund is empty"))),
            can_withdraw: open,
        }
    }

    pub(super) fn books(&self, steward: bool) -> BooksPage {
        let entry = |memo: String, corrected, correction| EntryRow {
            id: "e1".into(),
            date: "2026-11-03".into(),
            memo,
            postings: vec![
                (self.says("Assets:Fund"), self.says("12.50 EUR")),
                (self.says("Income:Dues:anna"), self.says("-12.50 EUR")),
            ],
            correction,
            corrected,
        };
        BooksPage {
            layout: self.layout("/cooperative/books", Some(steward)),
            fund: vec![self.says("142.50 EUR")],
            entries: vec![
                entry(
                    self.pick("Dues for November", "Cotisation de novembre"),
                    false,
                    false,
                ),
                entry(self.pick("Paid twice", "Payé deux fois"), false, true),
                entry(self.pick("Dues for October", "Cotisation d’octobre"), true, false),
            ],
            years: vec![2026, 2025],
            form: EntryForm {
                kind: TextField::new("hours"),
                amount: self.field("x").with_error(FieldError::NotANumber),
                ..EntryForm::default()
            },
            members: vec![self.says("anna"), self.says("bruno")],
            power: (self.field("3.0"), self.field("6.0")),
        }
    }

    pub(super) fn report(&self) -> ReportPage {
        let line = |account: &str, amount: &str| (self.says(account), self.says(amount));
        ReportPage {
            layout: self.layout("/cooperative/books/2026", Some(false)),
            year: 2026,
            cooperative: self.pick("The Lilac Street Commons", "Les Communs de la rue des Lilas"),
            before: vec![self.says("100.00 EUR")],
            after: vec![self.says("142.50 EUR")],
            income: vec![line("Income:Dues:anna", "150.00 EUR")],
            expenses: vec![
                line("Expenses:Costs", "107.50 EUR"),
                line("Expenses:Work", "31.50 HOUR"),
            ],
            contributions: vec![
                line("Equity:Boards:lilac", "31.536 KWH"),
                line("Equity:Members:anna", "31.50 HOUR"),
            ],
            owed: vec![],
        }
    }

    pub(super) fn register(&self) -> RegisterPage {
        let row = |name: &str, board, left: &str| RegisterRow {
            name: self.says(name),
            board,
            joined: "2026-01-10".into(),
            left: left.into(),
            delegate: (name == "anna").then(|| (self.says("Anna M."), "2026-02-01".into())),
        };
        RegisterPage {
            layout: self.layout("/cooperative/register", Some(true)),
            rows: vec![
                row("anna", false, ""),
                row("bruno", false, "2026-08-01"),
                row("lilac", true, ""),
            ],
            delegate: self.field("Anna M."),
            applications: vec![ApplicationRow {
                id: "b2".into(),
                name: self.says("Chloé Petit"),
                contact: self.says("chloe@example.org"),
                text: self.pick("I live next door.", "J’habite à côté."),
                at: ago(2 * DAY),
            }],
        }
    }

    pub(super) fn join(&self, state: JoinState) -> JoinPage {
        JoinPage {
            layout: self.layout("/join", None),
            cooperative: self.pick("The Lilac Street Commons", "Les Communs de la rue des Lilas"),
            state,
            name: self.field("").with_error(FieldError::Required),
            contact: self.field("chloe@example.org"),
            text: self.field(""),
        }
    }

    pub(super) fn elsewhere(&self) -> ElsewherePage {
        let hoster = |name: &str, vouched| HosterRow {
            address: self.says("https://neighbour.example"),
            name: self.says(name),
            tag_line: self.pick("Hosting by and for the valley", "L’hébergement de la vallée"),
            home_url: Some(self.says("https://neighbour.example")),
            terms_url: Some(self.says("https://neighbour.example/terms")),
            languages: vec![self.says("fr"), self.says("en")],
            services: vec![
                (
                    self.says("Video calls"),
                    Some(self.says("https://meet.neighbour.example")),
                ),
                (self.says("Pads"), None),
            ],
            vouched,
            read: ago(3 * DAY),
        };
        ElsewherePage {
            layout: self.layout("/cooperative/elsewhere", Some(true)),
            hosters: vec![hoster("Neighbour Co-op", true), hoster("La Vallée", false)],
            address: self.field("nothing").with_error(FieldError::NotFit),
        }
    }

    pub(super) fn promises(&self, member: Option<bool>) -> PromisesPage {
        let row = |id: &str, state, verified, date: &str| PromiseRow {
            id: id.into(),
            state,
            verified,
            evidence: self.says(if date.is_empty() {
                ""
            } else {
                "All 3 services have a free licence and a link to their source."
            }),
            date: date.into(),
        };
        PromisesPage {
            layout: self.layout("/cooperative/promises", member),
            rows: vec![
                row("free-software", PromiseState::Met, true, "2026-11-20"),
                row("encryption-in-transit", PromiseState::Partial, true, "2026-11-20"),
                row("backups-tested", PromiseState::Unmet, true, "2026-11-20"),
                row("solidarity", PromiseState::Met, false, "2026-09-01"),
                row("inclusion", PromiseState::Unknown, false, ""),
            ],
        }
    }

    pub(super) fn news_rows(&self) -> Vec<NewsRow> {
        let row = |id: &str, planned, title: String, phase, begins: i64| NewsRow {
            id: id.into(),
            planned,
            title,
            text: self.pick(
                "Files cannot be reached meanwhile.",
                "Les fichiers sont inaccessibles pendant ce temps.",
            ),
            services: if planned {
                vec![self.pick("Shared files", "Fichiers partagés")]
            } else {
                vec![]
            },
            begins: ago(begins),
            ends: planned.then(|| ago(begins - 7_200)),
            phase,
        };
        vec![
            row(
                "n1",
                true,
                self.pick("New disk", "Nouveau disque"),
                Phase::Ahead,
                -2 * DAY,
            ),
            row(
                "n2",
                false,
                self.pick("Power cut in the street", "Coupure dans la rue"),
                Phase::Now,
                3_600,
            ),
            row(
                "n3",
                true,
                self.pick("Update of the board", "Mise à jour de la carte"),
                Phase::Over,
                5 * DAY,
            ),
        ]
    }

    pub(super) fn news(&self) -> NewsPage {
        NewsPage {
            layout: self.layout("/cooperative/news", Some(true)),
            news: self.news_rows(),
            form: NewsForm {
                kind: TextField::new("planned"),
                title: self.field(""),
                ends: self.field("").with_error(FieldError::Required),
                ..NewsForm::default()
            },
            services: vec![("copyparty".into(), self.pick("Shared files", "Fichiers partagés"))],
        }
    }

    pub(super) fn end(&self, announced: bool) -> EndPage {
        EndPage {
            layout: self.layout("/cooperative/end", Some(true)),
            announced,
            closed: false,
            notice_days: 90,
            form: EndForm {
                text: self.field("We move abroad."),
                last_day: self.field("2027-03-31"),
                exports_until: self.field("2027-04-30").with_error(FieldError::NotFit),
                elsewhere: self.field("Neighbour Co-op https://neighbour.example"),
            },
        }
    }
}
