// SPDX-License-Identifier: AGPL-3.0-or-later
//! CHATONS properties: one file for the organisation and one per service, `path = value`.

use super::{Health, Model, PublicService};
use crate::{date, text::Joining};
use std::fmt::Write as _;

/// The format's name. The one place to change it.
const PROTOCOL: &str = "ChatonsInfos-0.5";

/// Where a file is served.
pub(super) fn path(id: &str) -> String {
    format!("/.well-known/chatonsinfos/{id}.properties")
}

/// A file that is being written.
struct Properties(String);

impl Properties {
    fn new(class: &str, model: &Model) -> Self {
        let mut file = Self(String::from("# [File]\n"));
        file.put("file.class", class);
        file.put("file.protocol", PROTOCOL);
        file.put("file.datetime", date::moment(model.changed).trim_end_matches('Z'));
        file.put(
            "file.generator",
            &format!("Commonhost {}", model.generator.version),
        );
        file
    }

    fn section(&mut self, name: &str) {
        let _ = writeln!(self.0, "\n# [{name}]");
    }

    /// A line of its own; a value cannot begin another one. What is empty is left out.
    fn put(&mut self, key: &str, value: &str) {
        let value: String = value
            .split(['\r', '\n'])
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        if !value.is_empty() {
            let _ = writeln!(self.0, "{key} = {value}");
        }
    }
}

/// The organisation.
pub fn organization(model: &Model) -> String {
    let profile = &model.profile;
    let mut file = Properties::new("organization", model);
    file.section("Organization");
    file.put("organization.name", profile.get("name"));
    file.put("organization.description", profile.get("description"));
    file.put("organization.type", kind(profile.get("organizationType")));
    file.put("organization.website", profile.get("homeUrl"));
    file.put("organization.logo", profile.get("logo"));
    file.put("organization.contact.url", profile.get("contactUrl"));
    file.put("organization.contact.email", model.mail().unwrap_or_default());
    file.put("organization.legal.url", profile.get("termsOfServiceUrl"));
    file.put(
        "organization.status.level",
        if model.ends.is_some() { "AWAY" } else { "ACTIVE" },
    );
    file.put("organization.startdate", profile.get("foundingDate"));
    file.put("organization.country.code", profile.get("country"));
    if !model.services.is_empty() {
        file.section("Subs");
    }
    for service in &model.services {
        file.put(&format!("subs.{}", service.id), &model.page(&path(&service.id)));
    }
    file.0
}

/// A service.
pub fn service(model: &Model, service: &PublicService) -> String {
    let profile = &model.profile;
    let mut file = Properties::new("service", model);
    file.section("Service");
    file.put("service.name", &service.title);
    file.put("service.description", &service.summary);
    file.put("service.website", service.url.as_deref().unwrap_or_default());
    file.put("service.legal.url", profile.get("termsOfServiceUrl"));
    file.put("service.contact.url", profile.get("contactUrl"));
    file.put("service.contact.email", model.mail().unwrap_or_default());
    file.put(
        "service.startdate",
        &service.since.map(date::day).unwrap_or_default(),
    );
    let status = match service.health {
        Health::Operational => "OK",
        Health::Maintenance => "WARNING",
        Health::Down => "ERROR",
    };
    file.put("service.status.level", status);
    file.put("service.registration", "Member");
    file.put("service.registration.load", load(model));
    file.put("service.install.type", "DISTRIBUTION");
    file.section("Software");
    file.put("software.name", &service.software);
    file.put("software.website", &service.website);
    file.put("software.license.name", &service.licence);
    // A page exists for one licence, not for an expression of several.
    if !service.licence.contains(' ') {
        let url = format!("https://spdx.org/licenses/{}.html", service.licence);
        file.put("software.license.url", &url);
    }
    file.put("software.version", &service.version);
    file.put("software.source.url", &service.source);
    file.section("Host");
    file.put("host.name", profile.get("name"));
    file.put(
        "host.server.type",
        if model.boards.0 > 1 { "CLOUD" } else { "NANO" },
    );
    file.put("host.provider.type", "HOME");
    file.put("host.country.code", profile.get("country"));
    file.0
}

/// Whether new people can come.
pub(super) fn load(model: &Model) -> &'static str {
    let closed = model
        .answers
        .as_ref()
        .is_some_and(|answers| answers.joining == Joining::Closed);
    if closed || model.ends.is_some() {
        "FULL"
    } else {
        "OPEN"
    }
}

/// One of the format's words for what people wrote in their own.
fn kind(words: &str) -> &'static str {
    let words = words.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    if has(&["association", "verein", "non-profit", "nonprofit"]) {
        "ASSOCIATION"
    } else if has(&["cooperative", "co-op", "coop", "coopérative", "genossenschaft"]) {
        "COOPERATIVE"
    } else if has(&[
        "informal",
        "informel",
        "collective",
        "collectif",
        "group",
        "groupe",
        "friends",
        "ami",
    ]) {
        "INFORMAL"
    } else if has(&["individual", "person", "particulier", "family", "famille"]) {
        "INDIVIDUAL"
    } else if has(&["company", "entreprise", "société"]) {
        "COMPANY"
    } else {
        "OTHER"
    }
}
