// SPDX-License-Identifier: AGPL-3.0-or-later
//! The books: what people say happened is booked; a mistake is answered by a counter-entry.

use crate::{ApiError, App, access::secret, state::StateError};
use ::cooperative::{Booking, Entry, Ledger, LedgerError, date, ledger::Source};
use schemars::JsonSchema;
use serde::Deserialize;
use types::MemberName;

/// What somebody says happened.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct NewEntry {
    /// What.
    #[serde(flatten)]
    pub booking: Booking,
    /// In one line.
    pub memo: String,
    /// `YYYY-MM-DD`; absent: today.
    #[serde(default)]
    pub date: Option<String>,
    /// Whether the amount was read from a meter (a smart plug).
    #[serde(default)]
    pub metered: bool,
}

/// The books as they stand.
///
/// # Errors
/// When the database fails.
pub async fn ledger(app: &App) -> Result<Ledger, StateError> {
    Ok(Ledger::of(app.store.statements::<Entry>().await?))
}

fn refused(error: &LedgerError) -> ApiError {
    let words = error.to_string();
    match error {
        LedgerError::Date => ApiError::field("date", "must be written YYYY-MM-DD"),
        LedgerError::Memo => ApiError::field("memo", words),
        LedgerError::Unknown(_) => ApiError::not_found("There is no such entry."),
        LedgerError::Corrected(_) => ApiError::conflict(
            "corrected",
            "This entry was corrected already; make a new one instead.",
        ),
        _ => ApiError::field("amount", words),
    }
}

async fn add(app: &App, entry: Entry, by: &MemberName, act: &'static str) -> Result<Entry, ApiError> {
    let stored = entry.clone();
    app.store
        .state((by.as_str(), app.now(), act), move |before: &[Entry]| {
            Ledger::of(before.iter().cloned()).admits(&stored)?;
            Ok::<_, LedgerError>((vec![stored], ()))
        })
        .await?
        .map_err(|error| refused(&error))?;
    Ok(entry)
}

/// Books something. A member may declare own hours; everything else is a steward's.
///
/// # Errors
/// 403 for what is not the member's, 422 per field.
pub async fn book(app: &App, new: NewEntry, by: &MemberName, steward: bool) -> Result<Entry, ApiError> {
    let own = matches!(&new.booking, Booking::Hours { member, .. } if member == by);
    if !own && !steward {
        let message = "You can declare your own hours. Ask a steward to book anything else.";
        return Err(ApiError::new(
            http::StatusCode::FORBIDDEN,
            "steward_needed",
            message,
        ));
    }
    if let Booking::Dues { member, .. }
    | Booking::Advance { member, .. }
    | Booking::Refund { member, .. }
    | Booking::Hours { member, .. } = &new.booking
        && app.store.member(member.clone()).await?.is_none()
    {
        return Err(ApiError::field("member", "is no member of this board"));
    }
    let entry = Entry {
        id: secret::identifier(),
        date: new
            .date
            .filter(|date| !date.trim().is_empty())
            .unwrap_or_else(|| date::day(app.now())),
        memo: new.memo.trim().to_owned(),
        postings: new
            .booking
            .postings()
            .map_err(|message| ApiError::field("amount", message))?,
        corrects: None,
        source: if new.metered {
            Source::Metered
        } else {
            Source::Declared
        },
    };
    add(app, entry, by, "book").await
}

/// Takes an entry back by a counter-entry.
///
/// # Errors
/// 404 when there is none, 409 when it was taken back before, 422 without a reason.
pub async fn correct(app: &App, id: &str, memo: &str, by: &MemberName) -> Result<Entry, ApiError> {
    let today = date::day(app.now());
    let counter = ledger(app)
        .await?
        .counter(id, secret::identifier(), today, memo.trim().to_owned())
        .map_err(|error| refused(&error))?;
    add(app, counter, by, "correct-entry").await
}
