// SPDX-License-Identifier: AGPL-3.0-or-later
//! What strangers see.

use crate::{
    layout::{Layout, page},
    service::ServiceState,
    svg, url,
};
use serde_json::json;
use types::Timestamp;

/// `GET /`: who hosts here and what. No form. On an unclaimed board: that it waits to be claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicPage {
    /// What every page knows.
    pub layout: Layout,
    /// Whether the board has a steward.
    pub claimed: bool,
    /// Who hosts here, as far as it was told.
    pub profile: PublicProfile,
    /// Services that are listed publicly.
    pub services: Vec<PublicService>,
}

/// Who hosts here. What is empty is not shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicProfile {
    /// Name of the cooperative.
    pub name: String,
    /// In a few words.
    pub tag_line: String,
    /// In a few sentences.
    pub description: String,
    /// Its own site.
    pub home_url: String,
    /// Address of its logo.
    pub logo: String,
    /// How to reach it.
    pub contact_url: String,
    /// Its terms: an address, or `/terms`.
    pub terms_url: String,
    /// Its privacy policy: an address, or `/privacy`.
    pub privacy_url: String,
    /// How it pays its way: `/economy`.
    pub economic_url: String,
    /// Year.
    pub founding_date: String,
    /// Languages people are answered in, ISO 639-1.
    pub languages: Vec<String>,
    /// Whether every value of `librehost.json` is there: then schema.org data is put into the page.
    pub complete: bool,
}

/// A service as strangers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicService {
    /// What people call it.
    pub title: String,
    /// One sentence.
    pub summary: String,
    /// Its icon.
    pub icon: String,
    /// How it is doing.
    pub state: ServiceState,
    /// Where it is.
    pub url: Option<String>,
}

impl PublicService {
    pub(crate) fn icon(&self) -> &str {
        svg::icon(&self.icon)
    }

    pub(crate) fn href(&self) -> Option<&str> {
        self.url.as_deref().map(url::href)
    }
}

impl PublicPage {
    pub(crate) fn title(&self) -> &str {
        if self.profile.name.is_empty() {
            &self.layout.board
        } else {
            &self.profile.name
        }
    }

    /// schema.org `Organization` as JSON-LD, once the profile is complete. Every `<` is escaped, so that no value
    /// can end the element it stands in.
    pub(crate) fn json_ld(&self) -> Option<String> {
        let profile = &self.profile;
        let value = json!({
            "@context": "https://schema.org",
            "@type": "Organization",
            "name": profile.name,
            "slogan": profile.tag_line,
            "description": profile.description,
            "url": profile.home_url,
            "logo": profile.logo,
            "foundingDate": profile.founding_date,
            "knowsLanguage": profile.languages,
            "contactPoint": { "@type": "ContactPoint", "url": profile.contact_url },
        });
        profile
            .complete
            .then(|| value.to_string().replace('<', "\\u003c"))
    }
}

impl PublicProfile {
    pub(crate) fn has_links(&self) -> bool {
        [
            &self.contact_url,
            &self.terms_url,
            &self.privacy_url,
            &self.economic_url,
            &self.home_url,
        ]
        .iter()
        .any(|address| !address.is_empty())
    }
}

/// `GET /terms`, `/privacy`, `/economy`: a text the cooperative wrote. No form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextPage {
    /// What every page knows.
    pub layout: Layout,
    /// Which text.
    pub kind: TextKind,
    /// Name of the cooperative.
    pub cooperative: String,
    /// Its paragraphs; lines within one are kept.
    pub paragraphs: Vec<String>,
    /// When it was last changed.
    pub updated: Option<Timestamp>,
}

/// Which text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// Terms of service.
    Terms,
    /// Privacy policy.
    Privacy,
    /// Economic model.
    Economic,
}

impl TextPage {
    /// Cuts a text at its blank lines.
    pub fn paragraphs(text: &str) -> Vec<String> {
        let text = text.replace("\r\n", "\n");
        text.split("\n\n")
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    }

    pub(crate) fn title(&self) -> &'static str {
        let t = self.layout.t();
        match self.kind {
            TextKind::Terms => t.public_terms(),
            TextKind::Privacy => t.public_privacy(),
            TextKind::Economic => t.public_economic(),
        }
    }
}

mod board {
    use super::PublicPage;
    super::page!(PublicPage, "public.html");
}
mod text {
    use super::TextPage;
    super::page!(TextPage, "text.html");
}
