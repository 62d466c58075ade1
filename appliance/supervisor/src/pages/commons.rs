// SPDX-License-Identifier: AGPL-3.0-or-later
//! The cooperative's pages for members, and what they share.

mod books;
mod decisions;
mod hub;
mod people;
mod promises;
mod texts;

use super::facts::Enabled;
use crate::{ApiError, api::Route};
use ::cooperative::{
    news::{News, NewsKind, Phase},
    text::TextKind,
    uptime::Look,
};
use types::{Language, Timestamp};
use web_ui::{DayLook, FieldError, NewsRow, TextField};

pub(super) fn routes() -> Vec<Route> {
    let subjects = [
        hub::routes,
        texts::routes,
        decisions::routes,
        books::routes,
        people::routes,
        promises::routes,
    ];
    subjects.iter().flat_map(|routes| routes()).collect()
}

/// From the crate's word to the pages'.
pub(super) fn kind(kind: TextKind) -> web_ui::TextKind {
    match kind {
        TextKind::Terms => web_ui::TextKind::Terms,
        TextKind::Privacy => web_ui::TextKind::Privacy,
        TextKind::Economy => web_ui::TextKind::Economic,
        TextKind::Conduct => web_ui::TextKind::Conduct,
        TextKind::Contact => web_ui::TextKind::Contact,
    }
}

/// The same for days.
pub(super) fn look(look: Look) -> DayLook {
    match look {
        Look::Good => DayLook::Good,
        Look::Some => DayLook::Some,
        Look::Bad => DayLook::Bad,
        Look::Unknown => DayLook::Unknown,
    }
}

/// News as pages show them.
pub(super) fn news_row(news: &News, services: &[Enabled], language: Language, now: Timestamp) -> NewsRow {
    let title = |name: &types::ServiceName| {
        let known = services.iter().find(|service| service.name == *name);
        known.map_or_else(|| name.to_string(), |service| service.title(language))
    };
    NewsRow {
        id: news.id.clone(),
        planned: news.kind == NewsKind::Planned,
        title: news.title.clone(),
        text: news.text.clone(),
        services: news.services.iter().map(title).collect(),
        begins: news.begins,
        ends: news.ends,
        phase: match news.phase(now) {
            Phase::Ahead => web_ui::Phase::Ahead,
            Phase::Now => web_ui::Phase::Now,
            Phase::Over => web_ui::Phase::Over,
            Phase::Cancelled => web_ui::Phase::Cancelled,
        },
    }
}

/// Marks a field that was refused.
pub(super) fn mark(language: Language, field: &mut TextField, message: Option<&String>) {
    if let Some(message) = message {
        field.error = Some(if field.value.trim().is_empty() {
            FieldError::Required
        } else if language == Language::En {
            FieldError::Other(message.clone())
        } else {
            FieldError::NotFit
        });
    }
}

/// Whether the same page is to be shown again, with its errors.
fn is_wrong(error: &ApiError) -> bool {
    !error.fields.is_empty()
}
