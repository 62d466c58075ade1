// SPDX-License-Identifier: AGPL-3.0-or-later
//! The pages of a board: view models in, HTML out.
//!
//! A page is a struct whose fields are facts that somebody else decided; [`Page::render`] turns it into a whole
//! HTML document in the language of its [`Layout`]. Numbers come raw (bytes, seconds, percent) and are put into
//! words here. The docs of each page struct name its address and every form in it: action, fields, answer.
//!
//! This crate knows no state, no I/O, no clock and no web server, and holds no text outside `locales/`.
//!
//! # Forms
//!
//! Every form is `application/x-www-form-urlencoded`, sent with POST, and works without JavaScript. Unless said
//! otherwise a form that succeeds is answered with `303 See Other` and a [`Notice`] on the next page, and one that
//! fails with the same page again (422), its values and errors filled in. A check box that is not ticked is absent.
//! Two forms stand in the header of every page: `POST /sign-out` (no fields) and `POST /language` with
//! `language` (`en` or `fr`) and `to` (a path on this board to return to; verify it with [`local_path`]).
//!
//! # Live updates
//!
//! One small script listens to events; see [`events`]. Without it, pages are current when they are loaded, and
//! job pages reload themselves.
//!
//! # Headers
//!
//! Send [`CONTENT_SECURITY_POLICY`] with every page, and `Cache-Control: no-store` with every page that needs a
//! sign-in or shows a secret.

pub mod assets;
mod check;
pub mod events;
mod field;
pub mod finding;
mod format;
mod i18n;
mod job;
mod layout;
mod notice;
pub mod page;
mod part;
mod secret;
mod service;
mod settings;
mod svg;
mod url;

pub use assets::{Asset, assets};
pub use check::{Area, title};
pub use field::{EasyPassword, FieldError, TextField};
pub use finding::{Finding, Severity, Words};
pub use job::{JobKind, JobRow, JobState, StepKind, StepRow, StepState};
pub use layout::{Layout, Page, Viewer};
pub use notice::{Notice, NoticeKind};
pub use page::*;
pub use secret::NewSecret;
pub use service::{Failure, FailureReason, LogLine, ServiceState};
pub use settings::{SettingField, SettingInput, setting_fields};
pub use url::local_path;

/// The policy the pages are written for: nothing inline, nothing from elsewhere.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
     connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
