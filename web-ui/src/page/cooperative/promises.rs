// SPDX-License-Identifier: AGPL-3.0-or-later
//! Promises, news, the end.

use crate::{
    field::TextField,
    i18n::T,
    layout::{Layout, page},
};
use types::Timestamp;

/// `GET /cooperative/promises`: the checklist. For everybody.
///
/// Form (stewards): `POST /cooperative/promises/<item>` with `state` (`met`, `partial` or `unmet`) and `evidence`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromisesPage {
    /// What every page knows.
    pub layout: Layout,
    /// Every promise.
    pub rows: Vec<PromiseRow>,
}

/// A promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromiseRow {
    /// Its word.
    pub id: String,
    /// How it stands.
    pub state: PromiseState,
    /// Whether the board verifies it.
    pub verified: bool,
    /// Why people can believe it.
    pub evidence: String,
    /// Day it was looked at or declared; empty when nobody did.
    pub date: String,
}

/// How a promise stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromiseState {
    /// Kept.
    Met,
    /// Kept in part.
    Partial,
    /// Not kept.
    Unmet,
    /// Nobody has said.
    Unknown,
}

impl PromiseState {
    pub(crate) fn label(self, t: T) -> &'static str {
        match self {
            Self::Met => t.promises_met(),
            Self::Partial => t.promises_partial(),
            Self::Unmet => t.promises_unmet(),
            Self::Unknown => t.promises_unknown(),
        }
    }

    pub(crate) fn state(self) -> &'static str {
        match self {
            Self::Met => "done",
            Self::Partial => "starting",
            Self::Unmet => "failed",
            Self::Unknown => "stopped",
        }
    }
}

impl PromiseRow {
    pub(crate) fn title(&self, t: T) -> &'static str {
        match self.id.as_str() {
            "free-software" => t.promises_free_software(),
            "terms" => t.promises_terms(),
            "economic-model" => t.promises_economic_model(),
            "contact" => t.promises_contact(),
            "delegates" => t.promises_delegates(),
            "no-third-parties" => t.promises_no_third_parties(),
            "encryption-in-transit" => t.promises_in_transit(),
            "export" => t.promises_export(),
            "backups-tested" => t.promises_backups(),
            "public-status" => t.promises_status(),
            "configuration-shared" => t.promises_configuration(),
            "members-decide" => t.promises_decide(),
            "encryption-at-rest" => t.promises_at_rest(),
            "no-exploitation" => t.promises_exploitation(),
            "neutral-traffic" => t.promises_neutral(),
            "own-machines" => t.promises_machines(),
            "solidarity" => t.promises_solidarity(),
            "inclusion" => t.promises_inclusion(),
            _ => t.promises_other(),
        }
    }
}

/// `GET /cooperative/news`: incidents and planned downtime (stewards).
///
/// Forms:
/// - `POST /cooperative/news` with the fields of [`NewsForm`]
/// - `POST /cooperative/news/<id>/end`: no fields
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewsPage {
    /// What every page knows.
    pub layout: Layout,
    /// The latest first.
    pub news: Vec<NewsRow>,
    /// A new one.
    pub form: NewsForm,
    /// Services it can be about: name and title.
    pub services: Vec<(String, String)>,
}

/// An incident or planned downtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewsRow {
    /// Its id.
    pub id: String,
    /// Whether it was planned.
    pub planned: bool,
    /// In one line.
    pub title: String,
    /// What people should know.
    pub text: String,
    /// Services it is about; empty: all.
    pub services: Vec<String>,
    /// When it begins or began.
    pub begins: Timestamp,
    /// When it ends or ended.
    pub ends: Option<Timestamp>,
    /// Where it is in time.
    pub phase: Phase,
}

/// Where something is in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Has not begun.
    Ahead,
    /// Goes on.
    Now,
    /// Is over.
    Over,
    /// Will not happen.
    Cancelled,
}

impl Phase {
    pub(crate) fn is_done(self) -> bool {
        matches!(self, Self::Over | Self::Cancelled)
    }

    pub(crate) fn is_ahead(self) -> bool {
        self == Self::Ahead
    }

    pub(crate) fn label(self, t: T) -> &'static str {
        match self {
            Self::Ahead => t.news_ahead(),
            Self::Now => t.news_now(),
            Self::Over => t.news_over(),
            Self::Cancelled => t.news_cancelled(),
        }
    }
}

/// New news.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewsForm {
    /// `kind`: `planned` or `incident`
    pub kind: TextField,
    /// `title`
    pub title: TextField,
    /// `text`
    pub text: TextField,
    /// `begins`: as a browser's field for date and time writes it, UTC; empty: now
    pub begins: TextField,
    /// `ends`
    pub ends: TextField,
    /// `service`: empty for all
    pub service: TextField,
}

impl NewsPage {
    #[expect(clippy::unused_self, reason = "templates ask their page")]
    pub(crate) fn kinds(&self, t: T) -> Vec<(String, String)> {
        vec![
            ("planned".to_owned(), t.news_planned().to_owned()),
            ("incident".to_owned(), t.news_incident().to_owned()),
        ]
    }

    pub(crate) fn about(&self, t: T) -> Vec<(String, String)> {
        let mut all = vec![(String::new(), t.news_everything().to_owned())];
        all.extend(self.services.clone());
        all
    }
}

/// `GET /cooperative/end`: winding down (stewards).
///
/// Forms:
/// - `POST /cooperative/end` with the fields of [`EndForm`]
/// - `POST /cooperative/end/call-off`: no fields
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndPage {
    /// What every page knows.
    pub layout: Layout,
    /// Whether an end is announced.
    pub announced: bool,
    /// Whether services were stopped already.
    pub closed: bool,
    /// Days of notice that the terms promise.
    pub notice_days: i64,
    /// The announcement.
    pub form: EndForm,
}

/// An announcement of the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndForm {
    /// `text`
    pub text: TextField,
    /// `last_day`
    pub last_day: TextField,
    /// `exports_until`
    pub exports_until: TextField,
    /// `elsewhere`
    pub elsewhere: TextField,
}

mod list {
    use super::PromisesPage;
    super::page!(PromisesPage, "cooperative/promises.html");
}
mod news {
    use super::NewsPage;
    super::page!(NewsPage, "cooperative/news.html");
}
mod end {
    use super::EndPage;
    super::page!(EndPage, "cooperative/end.html");
}
