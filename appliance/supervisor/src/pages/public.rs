// SPDX-License-Identifier: AGPL-3.0-or-later
//! What strangers see: `/`, `/terms`, `/privacy`, `/economy`.

use super::{
    facts::{self, Enabled},
    shell::{Visit, show},
};
use crate::{
    ApiError,
    access::Policy,
    api::Route,
    publish::{Documents, Profile},
};
use axum::response::Response;
use http::Method;
use web_ui::{PublicPage, PublicProfile, PublicService, TextKind, TextPage};

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
        get("/economy", "Economic model.", TextKind::Economic),
    ]
}

async fn board(visit: Visit) -> Result<Response, ApiError> {
    let trusted = visit.trusted_names();
    let service = |service: &Enabled| {
        let entry = service.entry.as_ref()?;
        entry.manifest.public.listed.then(|| PublicService {
            title: service.title(visit.language()),
            summary: service.summary(visit.language()),
            icon: service.icon(),
            state: service.state,
            url: service.hosts(&trusted).first().map(|host| visit.links.open(host)),
        })
    };
    let services = facts::enabled(&visit.app).await?;
    let page = PublicPage {
        claimed: visit.app.store.is_claimed().await?,
        profile: profile(&visit.app.published.get()),
        services: services.iter().filter_map(service).collect(),
        layout: visit.layout,
    };
    Ok(show(&page))
}

/// The profile as strangers see it: a text of the board's own stands in for an address that is not given.
fn profile(documents: &Documents) -> PublicProfile {
    let profile = &documents.profile;
    let own = |url: &str, text: &str, path: &str| match (profile.get(url), profile.get(text)) {
        ("", "") => String::new(),
        ("", _) => path.to_owned(),
        (url, _) => url.to_owned(),
    };
    let value = |key| profile.get(key).to_owned();
    PublicProfile {
        name: value("name"),
        tag_line: value("tagLine"),
        description: value("description"),
        home_url: value("homeUrl"),
        logo: value("logo"),
        contact_url: value("contactUrl"),
        terms_url: own("termsOfServiceUrl", "terms", "/terms"),
        privacy_url: own("privacyPolicyUrl", "privacy", "/privacy"),
        economic_url: own("", "economicModel", "/economy"),
        founding_date: value("foundingDate"),
        languages: profile.languages().into_iter().map(str::to_owned).collect(),
        complete: documents.librehost.is_some(),
    }
}

fn text_of(profile: &Profile, kind: TextKind) -> &str {
    profile.get(match kind {
        TextKind::Terms => "terms",
        TextKind::Privacy => "privacy",
        TextKind::Economic => "economicModel",
    })
}

fn text(visit: Visit, kind: TextKind) -> Result<Response, ApiError> {
    let documents = visit.app.published.get();
    let text = text_of(&documents.profile, kind);
    if text.is_empty() {
        return Err(ApiError::not_found(
            "This cooperative has not written this text yet.",
        ));
    }
    let name = documents.profile.get("name");
    let cooperative = if name.is_empty() {
        &visit.layout.board
    } else {
        name
    };
    let page = TextPage {
        kind,
        cooperative: cooperative.to_owned(),
        paragraphs: TextPage::paragraphs(text),
        updated: None,
        layout: visit.layout,
    };
    Ok(show(&page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_text_stands_in_for_an_address() {
        let mut documents = Documents::default();
        assert_eq!(profile(&documents).terms_url, "");
        documents.profile.0.insert("terms".into(), "Be kind.".into());
        assert_eq!(profile(&documents).terms_url, "/terms");
        let url = "https://oak.example/terms";
        documents.profile.0.insert("termsOfServiceUrl".into(), url.into());
        assert_eq!(profile(&documents).terms_url, url);
    }
}
