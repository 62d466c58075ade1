// SPDX-License-Identifier: AGPL-3.0-or-later
//! What every page has around it, and how it is answered.

use super::{form::Fields, language, links, links::Links, notices::Notices};
use crate::{
    ApiError, App,
    access::{Caller, Policy, caller::set_cookie},
    api::Route,
    members,
    state::Role,
};
use axum::{
    extract::{FromRequestParts, State},
    response::{AppendHeaders, Html, IntoResponse, Redirect, Response},
};
use http::{HeaderMap, Method, StatusCode, header, request::Parts};
use std::{collections::BTreeSet, sync::Arc};
use types::Language;
use web_ui::{Layout, Notice, Page, Viewer};

/// Somebody looks at a page.
pub(super) struct Visit {
    /// The board.
    pub(super) app: App,
    /// Who.
    pub(super) caller: Caller,
    /// What every page knows.
    pub(super) layout: Layout,
    /// How links are written.
    pub(super) links: Links,
    notices: Arc<Notices>,
}

impl FromRequestParts<App> for Visit {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let caller = parts.extensions.get::<Caller>().cloned().unwrap_or_default();
        let notices = parts
            .extensions
            .get::<Arc<Notices>>()
            .cloned()
            .unwrap_or_default();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut layout = layout(app, &caller, &parts.headers, path).await?;
        if let Some(session) = caller.session.as_deref().filter(|_| parts.method == Method::GET) {
            layout.notices = notices.take(session);
        }
        Ok(Self {
            app: app.clone(),
            links: Links::of(&caller.authority, caller.secure),
            caller,
            layout,
            notices,
        })
    }
}

/// The frame of a page for this caller.
pub(super) async fn layout(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    path: &str,
) -> Result<Layout, ApiError> {
    let member = caller.member.as_ref();
    let host = links::host(&caller.authority);
    Ok(Layout {
        language: language::choose(member.and_then(|member| member.language), headers),
        now: app.now(),
        board: app.store.board_name().await?.to_string(),
        path: path.to_owned(),
        member: member.map(|member| Viewer {
            name: member.name.to_string(),
            display_name: member.display_name.clone(),
            steward: member.role == Role::Steward,
        }),
        https_url: Links::of(&caller.authority, caller.secure).upgrade(host, path),
        notices: Vec::new(),
    })
}

impl Visit {
    /// Language of the page.
    pub(super) fn language(&self) -> Language {
        self.layout.language
    }

    /// Whether a steward looks.
    pub(super) fn is_steward(&self) -> bool {
        self.caller.is_steward()
    }

    /// The page that is shown is this one, whatever the form's address was.
    pub(super) fn at(&mut self, path: impl Into<String>) {
        self.layout.path = path.into();
    }

    /// To another page of this board, with a notice there.
    pub(super) fn redirect(&self, to: &str, notice: Option<Notice>) -> Response {
        if let (Some(session), Some(notice)) = (&self.caller.session, notice) {
            self.notices.put(session, notice);
        }
        Redirect::to(to).into_response()
    }

    /// A notice for a session that has just been opened.
    pub(super) fn greet(&self, session: &str, notice: Notice) {
        self.notices.put(session, notice);
    }

    /// Public names with a certificate that every browser trusts.
    pub(super) fn trusted_names(&self) -> BTreeSet<String> {
        trusted_names(&self.app)
    }
}

/// Public names with a certificate that every browser trusts.
pub(super) fn trusted_names(app: &App) -> BTreeSet<String> {
    let status = app.certificates.status();
    let trusted = status
        .into_iter()
        .filter(|status| status.source == tls::Source::Acme);
    trusted.map(|status| status.name).collect()
}

/// A page, 200.
pub(super) fn show(page: &impl Page) -> Response {
    Html(page.render()).into_response()
}

/// A page with another status.
pub(super) fn show_as(status: StatusCode, page: &impl Page) -> Response {
    (status, Html(page.render())).into_response()
}

/// A form that has to be corrected.
pub(super) const INVALID: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::new(
        Method::POST,
        "/language",
        Policy::Public,
        "Choose the language of the pages.",
        choose_language,
    )]
}

async fn choose_language(State(app): State<App>, visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let to = web_ui::local_path(fields.get("to")).unwrap_or("/").to_owned();
    let Some(language) = Language::from_code(fields.get("language")) else {
        return Ok(Redirect::to(&to).into_response());
    };
    if let Some(member) = &visit.caller.member {
        let change = members::Change {
            language: Some(language.code().into()),
            ..members::Change::default()
        };
        members::change(&app, member.name.as_str(), change, &member.name).await?;
    }
    let cookie = set_cookie(
        language::COOKIE,
        language.code(),
        visit.caller.secure,
        365 * 86_400,
    );
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to(&to)).into_response())
}
