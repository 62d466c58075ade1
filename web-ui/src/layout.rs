// SPDX-License-Identifier: AGPL-3.0-or-later
//! What every page has around it.

use crate::{i18n::T, notice::Notice};
use types::{Language, Timestamp};

/// A view model that renders itself.
pub trait Page {
    /// The whole HTML document.
    fn render(&self) -> String;
}

/// What every page knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Language of the page.
    pub language: Language,
    /// Now: relative times are counted from it.
    pub now: Timestamp,
    /// The board's name.
    pub board: String,
    /// Path and query of this page, to return to after changing the language or signing in.
    pub path: String,
    /// Who is signed in.
    pub member: Option<Viewer>,
    /// The address of the same page over https, when it was asked for over plain http: a hint is shown.
    pub https_url: Option<String>,
    /// What the last request did.
    pub notices: Vec<Notice>,
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// Sign-in name.
    pub name: String,
    /// What people call them.
    pub display_name: String,
    /// Whether they administer the board; others do not see what they cannot do.
    pub steward: bool,
}

/// A link in the navigation.
pub(crate) struct NavItem {
    pub(crate) path: &'static str,
    pub(crate) label: &'static str,
    /// Which drawing of `templates/icons.html`.
    pub(crate) icon: &'static str,
    /// Stands in the bar at the bottom of a phone's screen; the rest is at the end of the page.
    pub(crate) primary: bool,
    pub(crate) current: bool,
}

impl Layout {
    pub(crate) fn t(&self) -> T {
        T(self.language)
    }

    pub(crate) fn steward(&self) -> bool {
        self.member.as_ref().is_some_and(|member| member.steward)
    }

    pub(crate) fn navigation(&self) -> Vec<NavItem> {
        let t = self.t();
        let item = |path: &'static str, label, icon, primary| NavItem {
            path,
            label,
            icon,
            primary,
            current: self.is_at(path),
        };
        let mut items = vec![item("/home", t.nav_home(), "home", true)];
        if self.steward() {
            items.extend([
                item("/catalog", t.nav_catalog(), "catalog", true),
                item("/members", t.nav_members(), "members", true),
                item("/certificates", t.nav_certificates(), "lock", true),
                item("/checks", t.nav_checks(), "checks", false),
                item("/peers", t.nav_peers(), "peers", false),
                item("/backups", t.nav_backups(), "backup", false),
                item("/archives", t.nav_archives(), "archive", false),
                item("/audit", t.nav_audit(), "audit", false),
                item("/system", t.nav_system(), "system", false),
            ]);
        }
        items.push(item(
            "/cooperative",
            t.nav_cooperative(),
            "cooperative",
            !self.steward(),
        ));
        items.push(item("/account", t.nav_account(), "account", !self.steward()));
        items.push(item("/", t.nav_public(), "public", !self.steward()));
        items
    }

    fn is_at(&self, path: &str) -> bool {
        let here = self.path.split('?').next().unwrap_or_default();
        here == path
            || (path == "/cooperative" && here.starts_with("/cooperative/"))
            || (path == "/backups" && here.starts_with("/backups/"))
            || (path == "/members" && (here == "/invitations" || here.starts_with("/members/")))
            || (path == "/account" && (here == "/help-back-in" || here.starts_with("/account/")))
            || (path == "/peers" && here.starts_with("/peers/"))
            || (path == "/home" && here.starts_with("/services/") && !here.ends_with("/enable"))
            || (path == "/catalog" && here.starts_with("/services/") && here.ends_with("/enable"))
    }
}

/// Makes a page out of a view model and a template. The template sees `t`, `layout` and `page`.
macro_rules! page {
    ($page:ident, $path:tt) => {
        #[derive(askama::Template)]
        #[template(path = $path)]
        struct View<'a> {
            t: crate::i18n::T,
            layout: &'a crate::layout::Layout,
            page: &'a $page,
        }

        impl crate::layout::Page for $page {
            fn render(&self) -> String {
                use askama::Template as _;
                let view = View {
                    t: self.layout.t(),
                    layout: &self.layout,
                    page: self,
                };
                // Writing into memory does not fail, and the templates call nothing that does.
                view.render().unwrap_or_default()
            }
        }
    };
}

pub(crate) use page;
