// SPDX-License-Identifier: AGPL-3.0-or-later
//! The recovery key and its sheet.

use super::{
    form::{Fields, message},
    places::kind_and_address,
    shell::{INVALID, Visit, show, show_as},
};
use crate::{ApiError, access::Policy, api::Route, data};
use axum::response::Response;
use backup::KeyError;
use http::{Method, StatusCode};
use types::{BackupKey, backup::Repository};
use web_ui::{FieldError, KeyPage, Notice, SheetPage, SheetPlace, TextField};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Steward;
    vec![
        Route::new(
            Method::GET,
            "/backups/key",
            Steward,
            "Make the recovery key, or show its sheet.",
            get,
        ),
        Route::new(
            Method::POST,
            "/backups/key",
            Steward,
            "Make the recovery key, or use that of an earlier board.",
            set,
        ),
        Route::new(
            Method::POST,
            "/backups/key/sheet",
            Steward,
            "Show the recovery sheet to a steward who gives their password.",
            again,
        ),
    ]
}

async fn get(visit: Visit) -> Result<Response, ApiError> {
    let exists = data::overview(&visit.app).await?.key;
    Ok(show(&page(visit, exists)))
}

fn page(visit: Visit, exists: bool) -> KeyPage {
    KeyPage {
        layout: visit.layout,
        exists,
        words: TextField::default(),
        password_error: None,
    }
}

async fn set(mut visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    visit.at("/backups/key");
    let (typed, by) = (fields.trimmed("words"), visit.caller.name()?.clone());
    let key = if fields.0.contains_key("words") {
        data::set_key(&visit.app, typed, &by).await
    } else {
        data::make_key(&visit.app, &by).await
    };
    match key {
        Ok(key) => sheet(visit, &key).await,
        Err(error) if error.status == StatusCode::CONFLICT => {
            Ok(visit.redirect("/backups/key", Some(Notice::Error(error.message))))
        }
        Err(error) if message(&error, "words").is_some() => {
            let mut page = page(visit, false);
            page.words = words(&fields);
            Ok(show_as(INVALID, &page))
        }
        Err(error) => Err(error),
    }
}

/// Words that were typed, with what is wrong with them.
pub(super) fn words(fields: &Fields) -> TextField {
    let field = fields.text("words");
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    match backup::parse_key(&field.value) {
        Ok(_) => field,
        Err(_) if field.value.trim().is_empty() => field.with_error(FieldError::Required),
        Err(KeyError::Count(count)) => field.with_error(FieldError::KeyWords(number(count))),
        Err(KeyError::Word { number: place, word }) => {
            field.with_error(FieldError::KeyWord(number(place), word))
        }
        Err(KeyError::Checksum) => field.with_error(FieldError::NotAKey),
    }
}

async fn again(mut visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    visit.at("/backups/key");
    match data::show_key(&visit.app, &visit.caller, fields.owned("password")).await {
        Ok(key) => sheet(visit, &key).await,
        Err(error) if message(&error, "password").is_some() => {
            let mut page = page(visit, true);
            page.password_error = Some(FieldError::WrongPassword);
            Ok(show_as(INVALID, &page))
        }
        Err(error) => Err(error),
    }
}

async fn sheet(visit: Visit, key: &BackupKey) -> Result<Response, ApiError> {
    let view = data::overview(&visit.app).await?;
    let place = |repository: &Repository| {
        let (kind, address) = kind_and_address(&view, &repository.place);
        SheetPlace {
            title: repository.title.clone(),
            kind,
            address,
        }
    };
    let page = SheetPage {
        words: key.to_string(),
        places: view.repositories.iter().map(place).collect(),
        layout: visit.layout,
    };
    Ok(show(&page))
}
