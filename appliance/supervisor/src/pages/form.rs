// SPDX-License-Identifier: AGPL-3.0-or-later
//! A form's fields (`application/x-www-form-urlencoded`), and errors as fields show them.

use crate::{
    ApiError,
    access::strength::{self, Easy, Weak},
};
use axum::{
    Form,
    body::Body,
    extract::{FromRequest, Request},
};
use http::StatusCode;
use http_body_util::{BodyExt, Limited};
use std::collections::BTreeMap;
use web_ui::{FieldError, TextField};

/// Longest body, in bytes.
const LONGEST: usize = 256 * 1024;

/// The fields; of those with one name the last counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(pub(super) BTreeMap<String, String>);

impl Fields {
    /// A field's value; empty when it is absent.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// A field's value without blanks around it.
    pub(super) fn trimmed(&self, name: &str) -> &str {
        self.get(name).trim()
    }

    /// The same, to be owned.
    pub(super) fn owned(&self, name: &str) -> String {
        self.get(name).to_owned()
    }

    /// A field as it was typed, for showing it again.
    pub(super) fn text(&self, name: &str) -> TextField {
        TextField::new(self.get(name))
    }

    /// The fields `setting.<key>`, by key.
    pub(super) fn settings(&self) -> BTreeMap<String, String> {
        let setting = |(name, value): (&String, &String)| {
            let key = name.strip_prefix("setting.")?;
            Some((key.to_owned(), value.clone()))
        };
        self.0.iter().filter_map(setting).collect()
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let collected = Limited::new(body, LONGEST).collect().await;
        let bytes = collected.map_err(|_| {
            let message = format!("The form is longer than {LONGEST} bytes, or broke off.");
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_long", message)
        })?;
        let bytes = bytes.to_bytes();
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let request = Request::from_parts(parts, Body::from(bytes));
        let form = Form::<Vec<(String, String)>>::from_request(request, state).await;
        let Form(pairs) = form.map_err(|error| {
            let message = format!("The form cannot be read: {error}.");
            ApiError::new(StatusCode::BAD_REQUEST, "bad_form", message)
        })?;
        Ok(Self(pairs.into_iter().collect()))
    }
}

/// `error`'s message for one field, if it has one.
pub(super) fn message<'a>(error: &'a ApiError, field: &str) -> Option<&'a str> {
    error.fields.get(field).map(String::as_str)
}

/// What is wrong with a password that was refused with this message.
pub(super) fn password_error(password: &str, message: &str) -> FieldError {
    match Weak::of(message) {
        _ if password.is_empty() => FieldError::Required,
        Some(Weak::Short) => FieldError::TooShort(number(strength::SHORTEST)),
        Some(Weak::Long) => FieldError::TooLong(number(strength::LONGEST)),
        Some(Weak::Easy(why)) => FieldError::EasyPassword(easy(why)),
        None => FieldError::NotFit,
    }
}

fn easy(why: Easy) -> web_ui::EasyPassword {
    use web_ui::EasyPassword as Shown;
    match why {
        Easy::Common => Shown::Common,
        Easy::Keyboard => Shown::Keyboard,
        Easy::Repeats => Shown::Repeats,
        Easy::Sequence => Shown::Sequence,
        Easy::Dates => Shown::Dates,
        Easy::Word => Shown::Word,
        Easy::Names => Shown::Names,
        Easy::Own => Shown::Own,
        Easy::Other => Shown::Other,
    }
}

/// What is wrong with a display name that was refused.
pub(super) fn display_name_error(text: &str, message: &str) -> FieldError {
    if text.trim().chars().count() > 60 {
        FieldError::TooLong(60)
    } else {
        FieldError::Other(message.to_owned())
    }
}

/// `Required` for an empty field, else `otherwise`.
pub(super) fn required_or(text: &str, otherwise: FieldError) -> FieldError {
    if text.trim().is_empty() {
        FieldError::Required
    } else {
        otherwise
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(body: Vec<u8>) -> Result<Fields, ApiError> {
        let request = Request::builder()
            .method("POST")
            .header("content-type", "application/x-www-form-urlencoded");
        Fields::from_request(request.body(Body::from(body)).unwrap(), &()).await
    }

    #[tokio::test]
    async fn a_form_is_read_and_bounded() {
        let fields = read(b"name=%C3%89lise+B&setting.max=3&setting.max=4".to_vec())
            .await
            .unwrap();
        assert_eq!(fields.get("name"), "Élise B");
        assert_eq!(fields.settings()["max"], "4");
        assert_eq!(fields.get("absent"), "");
        let long = read(vec![b'a'; LONGEST + 1]).await.unwrap_err();
        assert_eq!(long.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(read(Vec::new()).await.unwrap().0.is_empty());
    }

    #[test]
    fn a_refused_password_says_what_would_be_right() {
        for (password, shown) in [
            ("", FieldError::Required),
            ("short", FieldError::TooShort(10)),
            (
                "aaaaaaaaaaaaaaa",
                FieldError::EasyPassword(web_ui::EasyPassword::Repeats),
            ),
            ("alice12345", FieldError::EasyPassword(web_ui::EasyPassword::Own)),
            (&"x".repeat(300), FieldError::TooLong(256)),
        ] {
            let weak = strength::check(password, "alice").unwrap_err();
            assert_eq!(password_error(password, &weak.to_string()), shown, "{password}");
        }
        assert_eq!(password_error("something", "another reason"), FieldError::NotFit);
    }
}
