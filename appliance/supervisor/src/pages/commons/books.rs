// SPDX-License-Identifier: AGPL-3.0-or-later
//! The books.

use super::{
    super::{
        form::Fields,
        public::cooperative_name,
        shell::{INVALID, Visit, show, show_as},
    },
    is_wrong, mark,
};
use crate::{
    ApiError,
    access::Policy,
    api::{self, Route},
    cooperative::{
        PowerModel,
        books::{self, NewEntry},
    },
};
use ::cooperative::{
    Amount, Booking, Commodity, Entry,
    ledger::{AmountError, ReportLine},
};
use axum::{extract::Path, response::Response};
use http::{Method, StatusCode};
use web_ui::{BooksPage, EntryForm, EntryRow, FieldError, Notice, ReportPage, TextField};

/// Entries that are shown; the exports have all.
const SHOWN: usize = 100;

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Member, Steward};
    const ALL: &str = "/cooperative/books";
    vec![
        Route::new(Method::GET, ALL, Member, "The books.", get),
        Route::new(Method::POST, ALL, Member, "Book something.", book),
        Route::new(
            Method::POST,
            "/cooperative/books/{id}/correct",
            Steward,
            "Take an entry back.",
            correct,
        ),
        Route::new(
            Method::POST,
            "/cooperative/books/power",
            Steward,
            "What the board draws.",
            power,
        ),
        Route::new(
            Method::GET,
            "/cooperative/books/{year}",
            Member,
            "A year on one page.",
            report,
        ),
        Route::new(
            Method::GET,
            "/cooperative/books.csv",
            Member,
            "The books as CSV.",
            api::ledger_csv,
        ),
        Route::new(
            Method::GET,
            "/cooperative/books.beancount",
            Member,
            "The books for Beancount.",
            api::ledger_beancount,
        ),
    ]
}

/// Milliwatts as watts.
fn watts(milliwatts: u32) -> TextField {
    TextField::new(format!("{}.{}", milliwatts / 1000, milliwatts % 1000 / 100))
}

async fn page(visit: Visit, form: EntryForm) -> Result<BooksPage, ApiError> {
    let ledger = books::ledger(&visit.app).await?;
    let model = visit.app.store.power_model().await?;
    let row = |entry: &Entry| EntryRow {
        id: entry.id.clone(),
        date: entry.date.clone(),
        memo: entry.memo.clone(),
        postings: entry
            .postings
            .iter()
            .map(|posting| (posting.account.to_string(), posting.amount.to_string()))
            .collect(),
        correction: entry.corrects.is_some(),
        corrected: ledger.is_corrected(&entry.id),
    };
    let members = visit.app.store.members().await?;
    Ok(BooksPage {
        fund: ledger.fund().iter().map(ToString::to_string).collect(),
        entries: ledger.entries().iter().rev().take(SHOWN).map(row).collect(),
        years: ledger.years(),
        form,
        members: members
            .into_iter()
            .map(|member| member.name.to_string())
            .collect(),
        power: (watts(model.idle_milliwatts), watts(model.busy_milliwatts)),
        layout: visit.layout,
    })
}

async fn get(visit: Visit) -> Result<Response, ApiError> {
    let form = EntryForm {
        kind: TextField::new("hours"),
        member: TextField::new(visit.caller.name()?.as_str()),
        commodity: TextField::new("EUR"),
        ..EntryForm::default()
    };
    Ok(show(&page(visit, form).await?))
}

fn new_entry(visit: &Visit, fields: &Fields) -> Result<NewEntry, ApiError> {
    let own = visit.caller.name()?.clone();
    let member = match fields.trimmed("member") {
        "" => own,
        name => name
            .parse()
            .map_err(|_| ApiError::field("member", "is no member of this board"))?,
    };
    let wrong = |error: AmountError| ApiError::field("amount", error.to_string());
    let amount = |commodity: Commodity| Amount::parse(fields.get("amount"), commodity).map_err(wrong);
    let money = || {
        let word = fields.trimmed("commodity").to_uppercase();
        let commodity = word
            .parse()
            .map_err(|error: AmountError| ApiError::field("commodity", error.to_string()))?;
        amount(commodity)
    };
    let booking = match fields.get("kind") {
        "dues" => Booking::Dues {
            member,
            amount: money()?,
        },
        "donation" => Booking::Donation { amount: money()? },
        "expense" => Booking::Expense { amount: money()? },
        "advance" => Booking::Advance {
            member,
            amount: money()?,
        },
        "refund" => Booking::Refund {
            member,
            amount: money()?,
        },
        "energy" => Booking::Board {
            board: visit
                .layout
                .board
                .parse()
                .map_err(|_| ApiError::field("kind", "needs a board with a name"))?,
            amount: amount(Commodity::energy())?,
        },
        _ => Booking::Hours {
            member,
            amount: amount(Commodity::hours())?,
        },
    };
    Ok(NewEntry {
        metered: matches!(booking, Booking::Board { .. }),
        booking,
        memo: fields.owned("memo"),
        date: Some(fields.owned("date")),
    })
}

async fn book(mut visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let steward = visit.is_steward();
    let booked = match new_entry(&visit, &fields) {
        Ok(new) => books::book(&visit.app, new, &by, steward).await,
        Err(error) => Err(error),
    };
    match booked {
        Ok(_) => Ok(visit.redirect("/cooperative/books", Some(Notice::Booked))),
        Err(error) if is_wrong(&error) => {
            let text = |name| fields.text(name);
            let mut form = EntryForm {
                kind: text("kind"),
                member: text("member"),
                amount: text("amount"),
                commodity: text("commodity"),
                memo: text("memo"),
                date: text("date"),
            };
            let language = visit.language();
            for (key, field) in [
                ("member", &mut form.member),
                ("amount", &mut form.amount),
                ("commodity", &mut form.commodity),
                ("memo", &mut form.memo),
                ("date", &mut form.date),
            ] {
                mark(language, field, error.fields.get(key));
            }
            visit.at("/cooperative/books");
            Ok(show_as(INVALID, &page(visit, form).await?))
        }
        Err(error) => Err(error),
    }
}

async fn correct(visit: Visit, Path(id): Path<String>, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    match books::correct(&visit.app, &id, fields.get("memo"), &by).await {
        Ok(_) => Ok(visit.redirect("/cooperative/books", Some(Notice::Booked))),
        Err(error) if error.status == StatusCode::CONFLICT || is_wrong(&error) => {
            Ok(visit.redirect("/cooperative/books", Some(Notice::Error(error.message))))
        }
        Err(error) => Err(error),
    }
}

async fn power(mut visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    // Watts with one decimal, exactly.
    let milliwatts = |name: &str| {
        let watts = Amount::parse(fields.get(name), Commodity::energy()).ok()?;
        u32::try_from(watts.units)
            .ok()
            .filter(|milliwatts| *milliwatts <= 500_000)
    };
    if let (Some(idle), Some(busy)) = (milliwatts("idle"), milliwatts("busy"))
        && idle <= busy
    {
        let model = PowerModel {
            idle_milliwatts: idle,
            busy_milliwatts: busy,
        };
        visit.app.store.set_power_model(model).await?;
        let by = visit.caller.name()?.clone();
        visit
            .app
            .store
            .record(visit.layout.now, by.as_str(), "set-power-model", "board")
            .await?;
        return Ok(visit.redirect("/cooperative/books", Some(Notice::Saved)));
    }
    visit.at("/cooperative/books");
    let mut page = page(visit, EntryForm::default()).await?;
    page.power = (
        fields.text("idle"),
        fields.text("busy").with_error(FieldError::NotANumber),
    );
    Ok(show_as(INVALID, &page))
}

async fn report(visit: Visit, Path(year): Path<String>) -> Result<Response, ApiError> {
    let year: i16 = year
        .parse()
        .map_err(|_| ApiError::not_found("Ask for a year, like 2026."))?;
    let report = books::ledger(&visit.app).await?.report(year);
    let documents = visit.app.published.get();
    let lines = |lines: Vec<ReportLine>| {
        lines
            .into_iter()
            .map(|line| (line.account.to_string(), line.amount.to_string()))
            .collect()
    };
    let amounts = |amounts: Vec<Amount>| amounts.iter().map(ToString::to_string).collect();
    let page = ReportPage {
        year,
        cooperative: cooperative_name(&documents, &visit),
        before: amounts(report.fund_before),
        after: amounts(report.fund_after),
        income: lines(report.income),
        expenses: lines(report.expenses),
        contributions: lines(report.contributions),
        owed: lines(report.owed),
        layout: visit.layout,
    };
    Ok(show(&page))
}
