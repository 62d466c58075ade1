// SPDX-License-Identifier: AGPL-3.0-or-later
//! Proposals and votes.

use crate::{
    field::TextField,
    i18n::T,
    layout::{Layout, page},
};
use types::Timestamp;

/// `GET /cooperative/decisions`: proposals, and a new one.
///
/// Form: `POST /cooperative/decisions` with the fields of [`ProposalForm`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionsPage {
    /// What every page knows.
    pub layout: Layout,
    /// All proposals, the newest first.
    pub proposals: Vec<ProposalRow>,
    /// A new one.
    pub form: ProposalForm,
    /// Services that can be enabled: name and title.
    pub services: Vec<(String, String)>,
}

/// A proposal in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalRow {
    /// Its id.
    pub id: String,
    /// In one line.
    pub title: String,
    /// Where it stands.
    pub standing: Standing,
    /// A vote counts before this.
    pub deadline: Timestamp,
    /// Whether it waits for the member's vote.
    pub waits: bool,
}

/// Where a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Can be voted on.
    Open,
    /// Over, being counted.
    Counting,
    /// Passed.
    Passed,
    /// Did not pass.
    Rejected,
    /// Too few took part.
    NoQuorum,
    /// Taken back.
    Withdrawn,
}

impl Standing {
    pub(crate) fn label(self, t: T) -> &'static str {
        match self {
            Self::Open => t.decisions_open(),
            Self::Counting => t.decisions_counting(),
            Self::Passed => t.decisions_passed(),
            Self::Rejected => t.decisions_rejected(),
            Self::NoQuorum => t.decisions_no_quorum(),
            Self::Withdrawn => t.decisions_withdrawn(),
        }
    }

    pub(crate) fn state(self) -> &'static str {
        match self {
            Self::Open | Self::Counting => "starting",
            Self::Passed => "done",
            Self::Rejected | Self::NoQuorum | Self::Withdrawn => "stopped",
        }
    }
}

/// A new proposal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProposalForm {
    /// `title`
    pub title: TextField,
    /// `text`
    pub text: TextField,
    /// `options`: one a line; empty: for or against
    pub options: TextField,
    /// `method`: `consent`, `majority` or `two_thirds`
    pub method: TextField,
    /// `quorum`: percent
    pub quorum: TextField,
    /// `days`: days to vote
    pub days: TextField,
    /// `secret`
    pub secret: bool,
    /// `act`: `none`, `enable_service`, `spend` or `change_text`
    pub act: TextField,
    /// `service`
    pub service: TextField,
    /// `amount`
    pub amount: TextField,
    /// `commodity`: a currency
    pub commodity: TextField,
    /// `memo`: what the money is for
    pub memo: TextField,
    /// `text_kind`: which text
    pub text_kind: TextField,
    /// `act_text`: the whole new text, in the language of the page
    pub act_text: TextField,
}

fn choices(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = pairs
        .iter()
        .map(|(value, text)| ((*value).to_owned(), (*text).to_owned()));
    owned.collect()
}

impl DecisionsPage {
    #[expect(clippy::unused_self, reason = "templates ask their page")]
    pub(crate) fn methods(&self, t: T) -> Vec<(String, String)> {
        choices(&[
            ("consent", t.decisions_method_consent()),
            ("majority", t.decisions_method_majority()),
            ("two_thirds", t.decisions_method_two_thirds()),
        ])
    }

    #[expect(clippy::unused_self, reason = "templates ask their page")]
    pub(crate) fn acts(&self, t: T) -> Vec<(String, String)> {
        choices(&[
            ("none", t.decisions_act_none()),
            ("enable_service", t.decisions_act_enable()),
            ("spend", t.decisions_act_spend()),
            ("change_text", t.decisions_act_text()),
        ])
    }

    #[expect(clippy::unused_self, reason = "templates ask their page")]
    pub(crate) fn kinds(&self, t: T) -> Vec<(String, String)> {
        let kinds = super::TextKind::ALL.into_iter();
        kinds
            .map(|kind| (kind.code().to_owned(), kind.title(t).to_owned()))
            .collect()
    }
}

/// `GET /cooperative/decisions/<id>`: a proposal.
///
/// Forms:
/// - `POST /cooperative/decisions/<id>/vote` with `choice` (`for`, `against`, `abstain`, `object` or the number of an
///   option) and `reason`
/// - `POST /cooperative/decisions/<id>/withdraw`: no fields
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalPage {
    /// What every page knows.
    pub layout: Layout,
    /// Its id.
    pub id: String,
    /// In one line.
    pub title: String,
    /// In full.
    pub text: String,
    /// Where it stands.
    pub standing: Standing,
    /// Who proposed it.
    pub by: String,
    /// A vote counts before this.
    pub deadline: Timestamp,
    /// How it is decided.
    pub method: Method,
    /// Share of those entitled who must vote, in percent.
    pub quorum: u8,
    /// Whether nobody is told who voted how.
    pub secret: bool,
    /// What the board does when it has passed, in words.
    pub act: Option<ActWords>,
    /// How many are entitled.
    pub entitled: usize,
    /// How many took part.
    pub voted: usize,
    /// What can be chosen; with the votes once it was counted.
    pub choices: Vec<ChoiceRow>,
    /// Whether the member can vote now.
    pub can_vote: bool,
    /// Whether the member has voted.
    pub has_voted: bool,
    /// Why the last try did not count.
    pub reason: TextField,
    /// Reasons against: who, if that is told, and why.
    pub objections: Vec<(Option<String>, String)>,
    /// Who voted how.
    pub votes: Vec<(String, String)>,
    /// Key and signature of the result.
    pub seal: Option<(String, String)>,
    /// What became of the act: whether it was done, and details.
    pub performed: Option<(bool, String)>,
    /// Whether the member can take it back.
    pub can_withdraw: bool,
}

/// Something that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceRow {
    /// Its word in the form.
    pub value: String,
    /// What it is called.
    pub label: ChoiceLabel,
    /// Whether the member chose it.
    pub chosen: bool,
    /// Votes, once counted.
    pub count: Option<usize>,
}

/// What a choice is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChoiceLabel {
    /// For it.
    For,
    /// Against it.
    Against,
    /// Agrees (consent).
    Agree,
    /// Objects (consent).
    Object,
    /// Takes part without choosing.
    Abstain,
    /// An option, in its own words.
    Option(String),
}

impl ChoiceLabel {
    /// What it is called in a language.
    pub fn in_language(&self, language: types::Language) -> String {
        self.text(T(language))
    }

    pub(crate) fn text(&self, t: T) -> String {
        match self {
            Self::For => t.decisions_for().into(),
            Self::Against => t.decisions_against().into(),
            Self::Agree => t.decisions_agree().into(),
            Self::Object => t.decisions_object().into(),
            Self::Abstain => t.decisions_abstain().into(),
            Self::Option(text) => text.clone(),
        }
    }
}

/// How it is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// More than half.
    Majority,
    /// Two thirds.
    TwoThirds,
    /// Nobody objects.
    Consent,
}

impl Method {
    pub(crate) fn label(self, t: T) -> &'static str {
        match self {
            Self::Majority => t.decisions_method_majority(),
            Self::TwoThirds => t.decisions_method_two_thirds(),
            Self::Consent => t.decisions_method_consent(),
        }
    }
}

/// What the board will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActWords {
    /// Enable this service.
    Enable(String),
    /// Remove this service.
    Remove(String),
    /// Spend this amount for this.
    Spend(String, String),
    /// Put this text in force; its new words.
    Text(super::TextKind, String),
}

impl ActWords {
    pub(crate) fn text(&self, t: T) -> String {
        match self {
            Self::Enable(service) => t.decisions_will_enable(service),
            Self::Remove(service) => t.decisions_will_remove(service),
            Self::Spend(amount, memo) => t.decisions_will_spend(amount, memo),
            Self::Text(kind, _) => t.decisions_will_change(kind.title(t)),
        }
    }

    pub(crate) fn new_text(&self) -> Option<&str> {
        match self {
            Self::Text(_, text) => Some(text),
            _ => None,
        }
    }
}

impl ProposalPage {
    pub(crate) fn is_consent(&self) -> bool {
        self.method == Method::Consent
    }
}

mod list {
    use super::DecisionsPage;
    super::page!(DecisionsPage, "cooperative/decisions.html");
}
mod one {
    use super::ProposalPage;
    super::page!(ProposalPage, "cooperative/proposal.html");
}
