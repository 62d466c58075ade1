// SPDX-License-Identifier: AGPL-3.0-or-later
//! A member's second step: turned on with an app, turned off, and its codes on paper.

use super::{
    form::{Fields, message},
    shell::{INVALID, Visit, show_as},
};
use crate::{
    ApiError,
    access::{Policy, totp::Secret},
    api::Route,
    members::{self, RecoveryCodes},
};
use axum::response::Response;
use http::{Method, StatusCode};
use web_ui::{FieldError, Notice, SecondStepPage, Step, TextField};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Guest;
    vec![
        Route::new(
            Method::GET,
            "/account/second-step",
            Guest,
            "Your second step.",
            get,
        ),
        Route::new(
            Method::POST,
            "/account/second-step",
            Guest,
            "Turn it on.",
            turn_on,
        ),
        Route::new(
            Method::POST,
            "/account/second-step/codes",
            Guest,
            "Make new recovery codes.",
            renew,
        ),
        Route::new(
            Method::POST,
            "/account/second-step/off",
            Guest,
            "Turn it off.",
            turn_off,
        ),
    ]
}

async fn get(visit: Visit) -> Result<Response, ApiError> {
    page(visit, Filled::default()).await
}

/// What a form left on the page.
#[derive(Default)]
struct Filled {
    status: StatusCode,
    /// The secret that the app may have been given already.
    secret: Option<Secret>,
    code: TextField,
    password_error: Option<FieldError>,
    codes: Vec<String>,
}

async fn page(mut visit: Visit, filled: Filled) -> Result<Response, ApiError> {
    visit.at("/account/second-step");
    let step = if let Some(step) = members::second_step(&visit.app, &visit.caller).await? {
        Step::On {
            since: step.since,
            codes_left: step.recovery_codes,
        }
    } else {
        let new = members::enrolment(&visit.app, &visit.caller, filled.secret).await?;
        Step::Off {
            secret: new.secret,
            uri: new.uri,
            code: filled.code,
        }
    };
    let page = SecondStepPage {
        step,
        codes: filled.codes,
        password_error: filled.password_error,
        layout: visit.layout,
    };
    Ok(show_as(filled.status, &page))
}

async fn turn_on(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let (password, secret, code) = (fields.owned("password"), fields.get("secret"), fields.get("code"));
    match members::set_second_step(&visit.app, &visit.caller, password, secret, code).await {
        Err(error) if error.status == INVALID => {
            let mut filled = refused(&error);
            filled.secret = Secret::parse(secret);
            if message(&error, "code").is_some() {
                filled.code = TextField::default().with_error(FieldError::NotTheAppsCode);
            }
            page(visit, filled).await
        }
        made => shown(visit, made?).await,
    }
}

async fn renew(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let password = fields.owned("password");
    match members::renew_recovery_codes(&visit.app, &visit.caller, password).await {
        Err(error) if error.status == INVALID => page(visit, refused(&error)).await,
        made => shown(visit, made?).await,
    }
}

async fn turn_off(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let password = fields.owned("password");
    match members::remove_second_step(&visit.app, &visit.caller, password).await {
        Err(error) if error.status == INVALID => page(visit, refused(&error)).await,
        removed => {
            removed?;
            Ok(visit.redirect("/account", Some(Notice::SecondStepOff)))
        }
    }
}

async fn shown(visit: Visit, made: RecoveryCodes) -> Result<Response, ApiError> {
    let filled = Filled {
        codes: made.recovery_codes,
        ..Filled::default()
    };
    page(visit, filled).await
}

fn refused(error: &ApiError) -> Filled {
    Filled {
        status: INVALID,
        password_error: message(error, "password").map(|_| FieldError::WrongPassword),
        ..Filled::default()
    }
}
