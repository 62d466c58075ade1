// SPDX-License-Identifier: AGPL-3.0-or-later
//! A request's body as JSON, with errors that say what is wrong with it.

use crate::ApiError;
use axum::extract::{FromRequest, Request};
use http::{StatusCode, header};
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;

/// Longest body, in bytes.
const LONGEST: usize = 256 * 1024;

/// A JSON body. An empty one is taken as `{}`.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let kind = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default();
        let is_json = kind
            .split(';')
            .next()
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
        let has_type = !kind.is_empty();
        let collected = Limited::new(request.into_body(), LONGEST).collect().await;
        let bytes = collected.map_err(|_| {
            let message = format!("The request is longer than {LONGEST} bytes, or broke off.");
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_long", message)
        })?;
        let bytes = bytes.to_bytes();
        if !bytes.is_empty() && has_type && !is_json {
            let message = "Send the body as JSON, with Content-Type: application/json.";
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "json_needed",
                message,
            ));
        }
        let bytes: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        let bad = |error: &dyn std::fmt::Display| {
            ApiError::new(
                StatusCode::BAD_REQUEST,
                "bad_json",
                format!("The body cannot be used: {error}."),
            )
        };
        let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| bad(&error))?;
        // A list would be taken for a struct's fields in their order.
        if !value.is_object() {
            return Err(bad(&"it must be an object, like {}"));
        }
        serde_json::from_value(value)
            .map(Self)
            .map_err(|error| bad(&error))
    }
}
