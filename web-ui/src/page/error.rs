// SPDX-License-Identifier: AGPL-3.0-or-later
//! When a page cannot be shown.

use crate::{
    i18n::T,
    layout::{Layout, page},
};
use types::Timestamp;

/// Any address that does not end well: what happened and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorPage {
    /// What every page knows.
    pub layout: Layout,
    /// What happened; it decides the status.
    pub kind: ErrorKind,
    /// More about it, in words that somebody else chose.
    pub detail: Option<String>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// 400: the request cannot be read.
    BadRequest,
    /// 403: stewards only.
    Forbidden,
    /// 403: the form was sent from another site.
    CrossSite,
    /// 404.
    NotFound,
    /// 405.
    Method,
    /// 409: it contradicts what is there.
    Conflict,
    /// 413.
    TooLarge,
    /// 421: asked under a name that is not the board's.
    WrongHost,
    /// 429: from this moment on it may be tried again.
    TooMany(Timestamp),
    /// 500: a bug.
    Internal,
    /// 502: the service does not answer.
    ServiceSilent,
    /// 503: the board is starting or stopping.
    Unavailable,
}

impl ErrorKind {
    /// The HTTP status.
    pub fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Forbidden | Self::CrossSite => 403,
            Self::NotFound => 404,
            Self::Method => 405,
            Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::WrongHost => 421,
            Self::TooMany(_) => 429,
            Self::Internal => 500,
            Self::ServiceSilent => 502,
            Self::Unavailable => 503,
        }
    }

    pub(crate) fn what(self, t: T) -> &'static str {
        match self {
            Self::BadRequest => t.problem_bad_request(),
            Self::Forbidden => t.problem_forbidden(),
            Self::CrossSite => t.problem_cross_site(),
            Self::NotFound => t.problem_not_found(),
            Self::Method => t.problem_method(),
            Self::Conflict => t.problem_conflict(),
            Self::TooLarge => t.problem_too_large(),
            Self::WrongHost => t.problem_wrong_host(),
            Self::TooMany(_) => t.problem_too_many(),
            Self::Internal => t.problem_internal(),
            Self::ServiceSilent => t.problem_service_silent(),
            Self::Unavailable => t.problem_unavailable(),
        }
    }

    pub(crate) fn remedy(self, t: T, now: Timestamp) -> String {
        match self {
            Self::BadRequest => t.problem_bad_request_remedy(),
            Self::Forbidden => t.problem_forbidden_remedy(),
            Self::CrossSite => t.problem_cross_site_remedy(),
            Self::NotFound => t.problem_not_found_remedy(),
            Self::Method => t.problem_method_remedy(),
            Self::Conflict => t.problem_conflict_remedy(),
            Self::TooLarge => t.problem_too_large_remedy(),
            Self::WrongHost => t.problem_wrong_host_remedy(),
            Self::TooMany(at) => return t.problem_too_many_remedy(t.relative(now, at)),
            Self::Internal => t.problem_internal_remedy(),
            Self::ServiceSilent => t.problem_service_silent_remedy(),
            Self::Unavailable => t.problem_unavailable_remedy(),
        }
        .to_owned()
    }
}

page!(ErrorPage, "error.html");
