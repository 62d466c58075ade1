// SPDX-License-Identifier: AGPL-3.0-or-later
//! A web hook that makes and takes away TXT records: the protocol of lego's provider `httpreq`
//! (<https://go-acme.github.io/lego/dns/httpreq/>), for domains whose provider speaks nothing else.

use crate::http::{Family, HttpError, Question, ask, public_tls};
use ::http::{Method, StatusCode, header};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use std::{fmt, time::Duration};

/// Where the hook is, and how it knows the board.
#[derive(Clone, PartialEq, Eq)]
pub struct Hook {
    /// Its address; `/present` and `/cleanup` are appended.
    pub url: String,
    /// User name; empty: none.
    pub user: String,
    /// Password.
    pub password: String,
    /// Time for each request.
    pub within: Duration,
}

impl fmt::Debug for Hook {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hook({})", self.url)
    }
}

/// Why a hook did not do it.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// It was not reached, or did not answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// It said no.
    #[error("the hook answered {status}: {text}")]
    Refused {
        /// Its status.
        status: StatusCode,
        /// Its text, shortened.
        text: String,
    },
}

impl Hook {
    /// Has a TXT record made; `name` is complete, without the dot at the end.
    ///
    /// # Errors
    /// When it cannot be asked, or says no.
    pub async fn present(&self, name: &str, value: &str) -> Result<(), HookError> {
        self.ask("present", name, value).await
    }

    /// Has it taken away.
    ///
    /// # Errors
    /// As [`Self::present`].
    pub async fn cleanup(&self, name: &str, value: &str) -> Result<(), HookError> {
        self.ask("cleanup", name, value).await
    }

    async fn ask(&self, what: &str, name: &str, value: &str) -> Result<(), HookError> {
        let url = format!("{}/{what}", self.url.trim_end_matches('/'));
        let mut headers = vec![(header::CONTENT_TYPE, "application/json".to_owned())];
        if !self.user.is_empty() {
            let basic = BASE64_STANDARD.encode(format!("{}:{}", self.user, self.password));
            headers.push((header::AUTHORIZATION, format!("Basic {basic}")));
        }
        let body = serde_json::json!({ "fqdn": format!("{name}."), "value": value }).to_string();
        let question = Question {
            method: Method::POST,
            url: &url,
            headers: &headers,
            body,
            family: Family::Any,
        };
        let (status, text) = ask(question, &public_tls(), self.within).await?;
        if status.is_success() {
            return Ok(());
        }
        let text = text.chars().take(200).collect();
        Err(HookError::Refused { status, text })
    }
}
