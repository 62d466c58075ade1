// SPDX-License-Identifier: AGPL-3.0-or-later
//! What strangers see.

use crate::{
    layout::{Layout, page},
    service::ServiceState,
    svg, url,
};
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
    /// Incidents and planned downtime that are still told.
    pub news: Vec<super::NewsRow>,
    /// The end, when it is announced.
    pub end: Option<PublicEnd>,
    /// schema.org data, once the profile is complete: a JSON object.
    pub data: Option<serde_json::Value>,
}

/// The end, as strangers and members read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicEnd {
    /// The last day services run.
    pub last_day: String,
    /// The last day data can be fetched.
    pub exports_until: String,
    /// Whether the last day is over.
    pub over: bool,
    /// Why, and what to do.
    pub text: String,
    /// Who takes people in: lines of a name and an address.
    pub elsewhere: String,
}

/// How a day was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayLook {
    /// Answered.
    Good,
    /// Off for some minutes, or as announced.
    Some,
    /// Off for more than an hour.
    Bad,
    /// Not measured.
    Unknown,
}

impl DayLook {
    pub(crate) fn class(self) -> Option<&'static str> {
        match self {
            Self::Good => Some("g"),
            Self::Some => Some("s"),
            Self::Bad => Some("b"),
            Self::Unknown => None,
        }
    }
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
    /// Its code of conduct: `/conduct`.
    pub conduct_url: String,
    /// What people can expect, in its own words; empty: the board says it.
    pub availability: String,
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
    /// Whether only members can use it.
    pub members_only: bool,
    /// The last 90 days, the oldest first; empty when nothing was measured yet.
    pub days: Vec<DayLook>,
    /// Share of the measured time it answered, in hundredths of a percent.
    pub share: Option<u32>,
}

impl PublicService {
    /// `99.53`
    pub(crate) fn percent(&self) -> Option<String> {
        let share = self.share?;
        Some(format!("{}.{:02}", share / 100, share % 100))
    }

    pub(crate) fn bad_days(&self) -> usize {
        self.days.iter().filter(|day| **day == DayLook::Bad).count()
    }

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

    /// schema.org data as it stands in the page. Every `<` is escaped, so that no value can end the element it stands
    /// in.
    pub(crate) fn json_ld(&self) -> Option<String> {
        let data = self.data.as_ref()?;
        Some(data.to_string().replace('<', "\\u003c"))
    }
}

/// `GET /terms`, `/privacy`, `/economy`, `/conduct`, `/contact`: a text the cooperative wrote. No form.
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
    /// Since when it holds.
    pub updated: Option<Timestamp>,
    /// Language it is written in.
    pub written_in: types::Language,
    /// Address of its version and what that changed.
    pub version_path: String,
    /// The next version: from when on, and its address.
    pub coming: Option<(Timestamp, String)>,
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
    /// Code of conduct.
    Conduct,
    /// Contact.
    Contact,
}

impl TextKind {
    /// Every kind, in the order they are shown.
    pub const ALL: [Self; 5] = [
        Self::Terms,
        Self::Privacy,
        Self::Economic,
        Self::Conduct,
        Self::Contact,
    ];

    /// Its word in addresses and forms.
    pub fn code(self) -> &'static str {
        match self {
            Self::Terms => "terms",
            Self::Privacy => "privacy",
            Self::Economic => "economy",
            Self::Conduct => "conduct",
            Self::Contact => "contact",
        }
    }

    pub(crate) fn title(self, t: crate::i18n::T) -> &'static str {
        match self {
            Self::Terms => t.public_terms(),
            Self::Privacy => t.public_privacy(),
            Self::Economic => t.public_economic(),
            Self::Conduct => t.public_conduct(),
            Self::Contact => t.public_contact(),
        }
    }
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
        self.kind.title(self.layout.t())
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
