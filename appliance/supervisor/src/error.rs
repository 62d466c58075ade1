// SPDX-License-Identifier: AGPL-3.0-or-later
//! The one error of the API: `{"error":{"code","message","fields"}}`. The message says what to do.

use crate::state::StateError;
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use host::{HostError, chain};
use http::{HeaderValue, StatusCode, header::RETRY_AFTER};
use serde_json::json;
use std::collections::BTreeMap;

/// What the person is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status.
    pub status: StatusCode,
    /// A word for programs.
    pub code: String,
    /// A sentence for people: what is wrong and what to do.
    pub message: String,
    /// Per field of the request, what is wrong with it.
    pub fields: BTreeMap<String, String>,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<u64>,
}

impl ApiError {
    /// An error without fields.
    pub fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            fields: BTreeMap::new(),
            retry_after: None,
        }
    }

    /// 404.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// 409: the request is understood, but does not fit the state of the board.
    pub fn conflict(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// 422: values that do not fit; one message per field.
    pub fn fields(fields: impl IntoIterator<Item = (String, String)>) -> Self {
        let fields: BTreeMap<String, String> = fields.into_iter().collect();
        let listed: Vec<String> = fields
            .iter()
            .map(|(field, message)| format!("{field} {message}"))
            .collect();
        let message = format!("Please correct: {}.", listed.join("; "));
        Self {
            fields,
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message)
        }
    }

    /// 422 for one field.
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self::fields([(field.to_owned(), message.into())])
    }

    /// 500: our mistake. The chain goes to the log, not to the person.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        log::error!("a request failed: {}", chain(error));
        let message =
            "Something went wrong on the board. Nothing was changed; the board's log has the details.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }

    /// The body of the answer.
    pub fn json(&self) -> serde_json::Value {
        if self.status == StatusCode::ACCEPTED {
            // No error after all: another steward is asked (`two_person`).
            return json!({ "act": self.fields.get("act"), "message": self.message });
        }
        json!({ "error": { "code": self.code, "message": self.message, "fields": self.fields } })
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}

impl From<StateError> for ApiError {
    fn from(error: StateError) -> Self {
        if matches!(error, StateError::Cancelled) {
            let message =
                "The board is restarting. Look in a moment whether this was recorded, and else ask again.";
            return Self::new(StatusCode::SERVICE_UNAVAILABLE, "restarting", message);
        }
        Self::internal(&error)
    }
}

impl From<HostError> for ApiError {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Refused { code, message } => Self::conflict(&code, sentence(&message)),
            error => {
                log::error!("{}", chain(&error));
                let message =
                    "The board's host process does not answer. It restarts by itself; try again in a moment.";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "host_unreachable", message)
            }
        }
    }
}

/// With a capital letter and a full stop.
fn sentence(message: &str) -> String {
    let mut chars = message.trim_end_matches('.').chars();
    let first = chars
        .next()
        .map(|c| c.to_uppercase().to_string())
        .unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.json())).into_response();
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        // The pages' layer turns this into a page for a browser.
        response.extensions_mut().insert(self);
        response
    }
}
