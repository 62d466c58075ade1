// SPDX-License-Identifier: AGPL-3.0-or-later
//! One service.

use crate::{
    field::TextField,
    layout::{Layout, page},
    secret::NewSecret,
    service::{Failure, LogLine, ServiceState},
    settings::SettingField,
    svg, url,
};
use types::{ServiceName, Timestamp, manifest::Network};

/// `GET /services/<name>`: all about one service. Members see how to use it; stewards also how to run it.
///
/// Forms of stewards, all answered with 303 to `/jobs/<id>` or back here:
/// - `POST /services/<name>/start`, `…/stop`, `…/restart`, `…/update`, `…/rollback`, `…/remove`: no fields
/// - `POST /services/<name>/groups` with `groups` (separated by blanks or commas); errors: this page (422)
/// - `POST /services/<name>/settings` with `setting.<key>` for every setting (see [`SettingField`]); errors: this
///   page (422)
///
/// Forms of every member:
/// - `POST /services/<name>/app-passwords` with `device`; answer 200 with this page and [`AppPasswords::new`]
/// - `POST /services/<name>/app-passwords/revoke` with `id`
#[derive(Clone, Debug, PartialEq)]
pub struct ServicePage {
    /// What every page knows.
    pub layout: Layout,
    /// Its name.
    pub name: ServiceName,
    /// What people call it.
    pub title: String,
    /// One sentence.
    pub summary: String,
    /// Its icon, an SVG of plain shapes without ids and styles.
    pub icon: String,
    /// How it is doing.
    pub state: ServiceState,
    /// Since when.
    pub since: Option<Timestamp>,
    /// Why it fails.
    pub failure: Option<Failure>,
    /// A job that works on it now.
    pub job: Option<String>,
    /// Whether a browser shows a page there; `false` for what only apps talk to.
    pub opens: bool,
    /// Where it is reached, the best address first.
    pub addresses: Vec<Address>,
    /// How it is reached from an app.
    pub connect: Option<Connect>,
    /// App passwords of the member; `None` when the service does not use them.
    pub app_passwords: Option<AppPasswords>,
    /// For which groups it is, in the form; empty: for every member.
    pub groups: TextField,
    /// Its settings; see [`crate::setting_fields`].
    pub fields: Vec<SettingField>,
    /// What it uses now.
    pub usage: Usage,
    /// Newest lines of its log, oldest first; at most 100.
    pub log: Vec<LogLine>,
    /// Cursor of the last of these lines: the live log goes on from there.
    pub log_cursor: Option<String>,
    /// Upstream version that runs.
    pub version: String,
    /// A newer version in the catalog.
    pub update: Option<String>,
    /// The version before, to which it can go back.
    pub rollback: Option<String>,
    /// SPDX licence expression.
    pub licence: String,
    /// Where its source code is.
    pub source: String,
    /// The software's own site.
    pub website: String,
    /// What it may do.
    pub sandbox: Sandbox,
}

/// An address of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Full address.
    pub url: String,
    /// Whether it is reached from the local network only.
    pub local: bool,
}

/// How a service is reached from an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connect {
    /// The manifest's help text in the page's language, placeholders filled in. Blank lines separate paragraphs.
    pub text: String,
    /// The address to paste into the app.
    pub address: String,
    /// The name to sign in with there.
    pub user: String,
}

/// App passwords of the member for one service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppPasswords {
    /// Those there are.
    pub list: Vec<AppPasswordRow>,
    /// The one that was just made, shown once; `label` is the device.
    pub new: Option<NewSecret>,
    /// What is wrong with the device's name.
    pub device: crate::field::TextField,
}

/// An app password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppPasswordRow {
    /// Its id, for revoking.
    pub id: String,
    /// Name of the device.
    pub device: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last used.
    pub last_used: Option<Timestamp>,
}

/// What a service uses. What cannot be measured is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// Bytes of memory.
    pub memory: Option<u64>,
    /// Bytes of memory at which it is ended.
    pub memory_max: u64,
    /// Whether the machine enforces that limit.
    pub memory_enforced: bool,
    /// Processor time, 100 being one core.
    pub cpu_percent: Option<f32>,
    /// Processes and threads.
    pub tasks: Option<u32>,
    /// Processes and threads at most.
    pub tasks_max: u32,
    /// Bytes of its data on disk.
    pub disk: Option<u64>,
    /// Memory in percent of its limit, oldest first.
    pub memory_history: Vec<f32>,
    /// Processor time in percent, oldest first.
    pub cpu_history: Vec<f32>,
    /// How long ago the oldest sample was taken.
    pub history_span: std::time::Duration,
}

/// What a service may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sandbox {
    /// What it may reach.
    pub network: Network,
    /// Whether it may have memory that is both writable and executable.
    pub writable_executable_memory: bool,
    /// Exposure as `systemd-analyze security` counts, in tenths, 0 (best) to 100; `None` when not measured.
    pub exposure_tenths: Option<u8>,
}

impl ServicePage {
    pub(crate) fn icon(&self) -> &str {
        svg::icon(&self.icon)
    }

    pub(crate) fn wrong(&self) -> bool {
        self.fields.iter().any(|field| field.error.is_some())
    }

    pub(crate) fn has_history(&self) -> bool {
        self.usage.memory_history.len() > 1 && self.usage.cpu_history.len() > 1
    }

    /// Address of the stream of further log lines.
    pub(crate) fn follow(&self) -> String {
        let after = self.log_cursor.as_deref().map(url::segment);
        let after = after.map_or_else(String::new, |cursor| format!("&after={cursor}"));
        format!("/api/v1/services/{}/logs?follow=true{after}", self.name)
    }

    pub(crate) fn exposure(&self, tenths: u8) -> String {
        let point = match self.layout.language {
            types::Language::En => '.',
            types::Language::Fr => ',',
        };
        format!("{}{point}{}", tenths / 10, tenths % 10)
    }

    /// Memory in percent of the limit.
    pub(crate) fn memory_percent(&self) -> Option<f32> {
        let used = self.usage.memory?;
        Some(
            super::Filled {
                used,
                total: self.usage.memory_max,
            }
            .percent(),
        )
    }
}

impl Connect {
    pub(crate) fn paragraphs(&self) -> Vec<&str> {
        self.text
            .split("\n\n")
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect()
    }
}

impl Address {
    pub(crate) fn qr(&self) -> String {
        svg::qr(&self.url).unwrap_or_default()
    }

    pub(crate) fn href(&self) -> &str {
        url::href(&self.url)
    }
}

page!(ServicePage, "service.html");
