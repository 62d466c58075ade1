// SPDX-License-Identifier: AGPL-3.0-or-later
//! What strangers see: `/`, the texts, how to join.

use super::{
    commons,
    facts::{self, Enabled},
    form::Fields,
    shell::{INVALID, Visit, show, show_as},
};
use crate::{
    ApiError,
    access::Policy,
    api::Route,
    cooperative::{
        news,
        register::{self, NewApplication},
        winding,
    },
    publish::Documents,
};
use ::cooperative::{
    publish::json_ld,
    text::{Joining, TextKind, standing},
    uptime,
    winding::Stage,
};
use axum::response::Response;
use http::{Method, StatusCode};
use types::manifest::Access;
use web_ui::{JoinPage, JoinState, PublicEnd, PublicPage, PublicProfile, PublicService, TextPage};

pub(super) fn routes() -> Vec<Route> {
    let get = |path, summary, kind| {
        Route::new(
            Method::GET,
            path,
            Policy::Public,
            summary,
            async move |visit: Visit| text(visit, kind),
        )
    };
    vec![
        Route::new(
            Method::GET,
            "/",
            Policy::Public,
            "Who hosts here and what.",
            board,
        ),
        get("/terms", "Terms of service.", TextKind::Terms),
        get("/privacy", "Privacy policy.", TextKind::Privacy),
        get("/economy", "Economic model.", TextKind::Economy),
        get("/conduct", "Code of conduct.", TextKind::Conduct),
        get("/contact", "How to reach us.", TextKind::Contact),
        Route::new(Method::GET, "/join", Policy::Public, "How to join.", join),
        Route::new(Method::POST, "/join", Policy::Public, "Ask to join.", ask),
    ]
}

async fn board(visit: Visit) -> Result<Response, ApiError> {
    let app = &visit.app;
    let now = visit.layout.now;
    let documents = app.published.get();
    let trusted = visit.trusted_names();
    let history = news::history(app).await?;
    let service = |service: &Enabled| {
        let entry = service.entry.as_ref()?;
        let days = history.get(&service.name).map(Vec::as_slice).unwrap_or_default();
        let open = entry
            .manifest
            .web()
            .is_some_and(|web| web.access == Access::Public);
        entry.manifest.public.listed.then(|| PublicService {
            title: service.title(visit.language()),
            summary: service.summary(visit.language()),
            icon: service.icon(),
            state: service.state,
            url: service.open_url(&trusted, &visit.links),
            members_only: !open,
            days: days.iter().map(|day| commons::look(day.look())).collect(),
            share: uptime::share(days),
        })
    };
    let services = facts::enabled(app).await?;
    let mut told = news::all(app).await?;
    told.retain(|one| one.is_shown(now));
    let end = winding::current(app).await?.map(|winding| PublicEnd {
        over: matches!(winding.stage(now), Stage::Closing | Stage::Closed),
        last_day: winding.last_day,
        exports_until: winding.exports_until,
        text: winding.text,
        elsewhere: winding.elsewhere,
    });
    let complete = documents.model.as_ref().filter(|_| documents.librehost.is_some());
    let page = PublicPage {
        claimed: app.store.is_claimed().await?,
        profile: profile(&documents, &visit),
        services: services.iter().filter_map(service).collect(),
        news: told
            .iter()
            .map(|one| commons::news_row(one, &services, visit.language(), now))
            .collect(),
        end,
        data: complete.map(json_ld),
        layout: visit.layout,
    };
    Ok(show(&page))
}

/// The profile as strangers see it: a text of the board's own stands in for an address that is not given.
fn profile(documents: &Documents, visit: &Visit) -> PublicProfile {
    let profile = &documents.profile;
    let own = |url: &str, kind: TextKind| match profile.get(url) {
        "" if documents.text(kind, visit.language(), visit.layout.now).is_some() => {
            format!("/{}", kind.word())
        }
        url => url.to_owned(),
    };
    let value = |key| profile.get(key).to_owned();
    PublicProfile {
        name: value("name"),
        tag_line: value("tagLine"),
        description: value("description"),
        home_url: value("homeUrl"),
        logo: value("logo"),
        contact_url: own("contactUrl", TextKind::Contact),
        terms_url: own("termsOfServiceUrl", TextKind::Terms),
        privacy_url: own("privacyPolicyUrl", TextKind::Privacy),
        economic_url: own("", TextKind::Economy),
        conduct_url: own("", TextKind::Conduct),
        availability: value("availability"),
        founding_date: value("foundingDate"),
        languages: profile.languages().into_iter().map(str::to_owned).collect(),
    }
}

/// Name of the cooperative; the board's while it has none.
pub(super) fn cooperative_name(documents: &Documents, visit: &Visit) -> String {
    match documents.profile.get("name") {
        "" => visit.layout.board.clone(),
        name => name.to_owned(),
    }
}

fn text(visit: Visit, kind: TextKind) -> Result<Response, ApiError> {
    let documents = visit.app.published.get();
    let now = visit.layout.now;
    let Some(version) = documents.text(kind, visit.language(), now) else {
        return Err(ApiError::not_found(
            "This cooperative has not written this text yet.",
        ));
    };
    let path = |number| {
        format!(
            "/cooperative/texts/{}/{}/{number}",
            kind.word(),
            version.language.code()
        )
    };
    let coming = standing(&documents.texts, kind, version.language, now).coming;
    let page = TextPage {
        kind: commons::kind(kind),
        cooperative: cooperative_name(&documents, &visit),
        paragraphs: TextPage::paragraphs(&version.text),
        // A text from before there were versions has no date.
        updated: Some(version.effective).filter(|at| at.0 > 0),
        written_in: version.language,
        version_path: path(version.number),
        coming: coming.map(|coming| (coming.effective, path(coming.number))),
        layout: visit.layout,
    };
    Ok(show(&page))
}

fn join_page(visit: Visit, state: JoinState, fields: &Fields) -> JoinPage {
    let documents = visit.app.published.get();
    JoinPage {
        cooperative: cooperative_name(&documents, &visit),
        state,
        name: fields.text("name"),
        contact: fields.text("contact"),
        text: fields.text("text"),
        layout: visit.layout,
    }
}

async fn join(visit: Visit) -> Result<Response, ApiError> {
    let state = match register::joining(&visit.app).await? {
        Joining::Invited => JoinState::Invited,
        Joining::Asking => JoinState::Asking,
        Joining::Closed => JoinState::Closed,
    };
    Ok(show(&join_page(visit, state, &Fields::default())))
}

async fn ask(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let new = NewApplication {
        name: fields.owned("name"),
        contact: fields.owned("contact"),
        text: fields.owned("text"),
    };
    match register::apply(&visit.app, new, visit.caller.address).await {
        Ok(_) => Ok(show(&join_page(visit, JoinState::Sent, &Fields::default()))),
        Err(error) if error.status == StatusCode::UNPROCESSABLE_ENTITY => {
            let language = visit.language();
            let mut page = join_page(visit, JoinState::Asking, &fields);
            for (key, field) in [
                ("name", &mut page.name),
                ("contact", &mut page.contact),
                ("text", &mut page.text),
            ] {
                commons::mark(language, field, error.fields.get(key));
            }
            Ok(show_as(INVALID, &page))
        }
        Err(error) => Err(error),
    }
}
