// SPDX-License-Identifier: AGPL-3.0-or-later
//! The cooperative's texts: the questions they are written from, editing, versions and what they changed.

use super::TextKind;
use crate::{
    field::TextField,
    i18n::T,
    layout::{Layout, page},
};
use types::{Language, Timestamp};

/// `GET /cooperative/texts`: every text and its versions. No form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextsPage {
    /// What every page knows.
    pub layout: Layout,
    /// Every kind in every language.
    pub rows: Vec<TextRow>,
}

/// A text in a language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextRow {
    /// Which.
    pub kind: TextKind,
    /// In which language.
    pub language: Language,
    /// Number of the version in force, and since when.
    pub current: Option<(u32, Timestamp)>,
    /// Number of the next version, and from when on.
    pub coming: Option<(u32, Timestamp)>,
}

impl TextRow {
    pub(crate) fn path(&self) -> String {
        format!("/cooperative/texts/{}/{}", self.kind.code(), self.language.code())
    }
}

/// `GET /cooperative/questions`: the questions first texts are written from.
///
/// Forms:
/// - `POST /cooperative/questions` with the fields of [`QuestionsForm`] and `language`: answer 200 with this page and
///   [`QuestionsPage::drafts`]; errors: this page (422)
/// - `POST /cooperative/questions/publish` with `language` and a field per kind (`terms`, …): those that are not empty
///   are published
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionsPage {
    /// What every page knows.
    pub layout: Layout,
    /// The answers.
    pub form: QuestionsForm,
    /// The texts written from them, to be read and changed before they are published; empty before.
    pub drafts: Vec<(TextKind, TextField)>,
}

/// The answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuestionsForm {
    /// `name`
    pub name: TextField,
    /// `tag_line`
    pub tag_line: TextField,
    /// `description`
    pub description: TextField,
    /// `organization_type`
    pub organization_type: TextField,
    /// `contact`: a mail address or an https address
    pub contact: TextField,
    /// `country`: in words
    pub country: TextField,
    /// `joining`: `invited`, `asking` or `closed`
    pub joining: TextField,
    /// `fee`: `none`, `donations` or `dues`
    pub fee: TextField,
    /// `dues`: like `5 EUR a month`
    pub dues: TextField,
    /// `voting`: `consent`, `majority` or `stewards`
    pub voting: TextField,
    /// `answer_days`
    pub answer_days: TextField,
    /// `log_days`
    pub log_days: TextField,
    /// `notice_days`
    pub notice_days: TextField,
    /// `end_days`
    pub end_days: TextField,
    /// `copies`
    pub copies: bool,
    /// `delegates`: one name a line
    pub delegates: TextField,
    /// `language`: of the texts
    pub language: TextField,
}

type Choices = Vec<(String, String)>;

fn choices(pairs: &[(&str, &str)]) -> Choices {
    let owned = pairs
        .iter()
        .map(|(value, text)| ((*value).to_owned(), (*text).to_owned()));
    owned.collect()
}

impl QuestionsPage {
    #[expect(clippy::unused_self, reason = "templates ask their page")]
    pub(crate) fn joining(&self, t: T) -> Choices {
        choices(&[
            ("invited", t.questions_joining_invited()),
            ("asking", t.questions_joining_asking()),
            ("closed", t.questions_joining_closed()),
        ])
    }

    #[expect(clippy::unused_self, reason = "templates ask their page")]
    pub(crate) fn fee(&self, t: T) -> Choices {
        choices(&[
            ("none", t.questions_fee_none()),
            ("donations", t.questions_fee_donations()),
            ("dues", t.questions_fee_dues()),
        ])
    }

    #[expect(clippy::unused_self, reason = "templates ask their page")]
    pub(crate) fn voting(&self, t: T) -> Choices {
        choices(&[
            ("consent", t.questions_voting_consent()),
            ("majority", t.questions_voting_majority()),
            ("stewards", t.questions_voting_stewards()),
        ])
    }

    #[expect(clippy::unused_self, reason = "templates ask their page")]
    pub(crate) fn languages(&self) -> Choices {
        languages()
    }
}

fn languages() -> Choices {
    let one = |language: Language| {
        (
            language.code().to_owned(),
            T(language).layout_language_name().to_owned(),
        )
    };
    Language::ALL.into_iter().map(one).collect()
}

/// `GET /cooperative/texts/<kind>/<language>`: every version, and for stewards a new one.
///
/// Form: `POST` to the same address with `text` and `effective` (a day; empty: as soon as the notice allows).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditTextPage {
    /// What every page knows.
    pub layout: Layout,
    /// Which text.
    pub kind: TextKind,
    /// In which language.
    pub language: Language,
    /// `text`
    pub text: TextField,
    /// `effective`
    pub effective: TextField,
    /// Days between telling and effect; 0 for a first text.
    pub notice_days: u16,
    /// Every version, the newest first: number, written, in force from, by whom.
    pub versions: Vec<VersionRow>,
}

/// A version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRow {
    /// Its number.
    pub number: u32,
    /// From when on it holds.
    pub effective: Timestamp,
    /// Who wrote it.
    pub by: String,
}

impl EditTextPage {
    pub(crate) fn path(&self) -> String {
        format!("/cooperative/texts/{}/{}", self.kind.code(), self.language.code())
    }
}

/// `GET /cooperative/texts/<kind>/<language>/<number>`: a version and what it changed. For everybody.
///
/// Form, for a member who has not read a coming version: `POST …/read` without fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangesPage {
    /// What every page knows.
    pub layout: Layout,
    /// Which text.
    pub kind: TextKind,
    /// In which language.
    pub language: Language,
    /// Its version.
    pub number: u32,
    /// From when on it holds.
    pub effective: Timestamp,
    /// What became of each piece.
    pub pieces: Vec<Piece>,
    /// Whether the member can mark it as read.
    pub unread: bool,
}

/// A piece of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Whether it is new, gone, or neither.
    pub change: PieceChange,
    /// The text.
    pub text: String,
}

/// What became of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceChange {
    /// In both.
    Kept,
    /// New.
    Added,
    /// Gone.
    Removed,
}

impl ChangesPage {
    pub(crate) fn path(&self) -> String {
        format!(
            "/cooperative/texts/{}/{}/{}",
            self.kind.code(),
            self.language.code(),
            self.number
        )
    }
}

mod list {
    use super::TextsPage;
    super::page!(TextsPage, "cooperative/texts.html");
}
mod questions {
    use super::QuestionsPage;
    super::page!(QuestionsPage, "cooperative/questions.html");
}
mod edit {
    use super::EditTextPage;
    super::page!(EditTextPage, "cooperative/text.html");
}
mod changes {
    use super::ChangesPage;
    super::page!(ChangesPage, "cooperative/changes.html");
}
