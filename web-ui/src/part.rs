// SPDX-License-Identifier: AGPL-3.0-or-later
//! Parts that several pages have: fields, states, times. Each is a template of its own in `templates/part/`.

use crate::{
    field::{FieldError, TextField},
    finding::Finding,
    format::{self, Plain},
    i18n::T,
    layout::Layout,
    secret::NewSecret,
    service::{LogLine, ServiceState},
    settings::{SettingField, SettingInput},
};
use askama::{Template, filters::HtmlSafe};
use std::fmt;
use types::{Language, Timestamp};

/// HTML that was rendered by a template, hence escaped.
pub(crate) struct Markup(String);

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Markup {}

fn markup(template: &impl Template) -> Markup {
    // Writing into memory does not fail.
    Markup(template.render().unwrap_or_default())
}

#[derive(Template)]
#[template(path = "part/time.html")]
struct Time {
    machine: String,
    people: String,
    relative: String,
}

/// A moment: relative, with the full date for machines and on pointing at it.
pub(crate) fn time(layout: &Layout, at: impl Plain<Timestamp>) -> Markup {
    let at = at.plain();
    markup(&Time {
        machine: format::machine(at),
        people: format::date_time(at),
        relative: layout.t().relative(layout.now, at),
    })
}

#[derive(Template)]
#[template(path = "part/field.html")]
struct Field<'a> {
    kind: &'a str,
    id: &'a str,
    name: &'a str,
    label: &'a str,
    help: &'a str,
    value: &'a str,
    error: Option<String>,
    /// Further attributes, written in a template.
    attributes: &'static str,
}

/// A labelled field; `kind` is `text`, `email`, `url`, `password` or `textarea`. Its id is its name.
pub(crate) fn field(
    t: T,
    kind: &str,
    name: &str,
    label: &str,
    help: &str,
    field: &TextField,
    attributes: &'static str,
) -> Markup {
    markup(&Field {
        kind,
        id: name,
        name,
        label,
        help,
        value: &field.value,
        error: field.error.as_ref().map(|error| error.text(t)),
        attributes,
    })
}

/// A text field that stands on the page several times: its id ends in `number`.
pub(crate) fn numbered_field(
    t: T,
    number: usize,
    name: &str,
    label: &str,
    field: &TextField,
    attributes: &'static str,
) -> Markup {
    markup(&Field {
        kind: "text",
        id: &format!("{name}-{number}"),
        name,
        label,
        help: "",
        value: &field.value,
        error: field.error.as_ref().map(|error| error.text(t)),
        attributes,
    })
}

/// A field for a password, which is never filled in.
pub(crate) fn password(
    t: T,
    name: &str,
    label: &str,
    help: &str,
    error: Option<&FieldError>,
    attributes: &'static str,
) -> Markup {
    markup(&Field {
        kind: "password",
        id: name,
        name,
        label,
        help,
        value: "",
        error: error.map(|error| error.text(t)),
        attributes,
    })
}

#[derive(Template)]
#[template(path = "part/setting.html")]
struct SettingPart<'a> {
    t: T,
    id: String,
    field: &'a SettingField,
    error: Option<String>,
}

/// A setting of a service.
pub(crate) fn setting(t: T, field: &SettingField) -> Markup {
    markup(&SettingPart {
        t,
        id: field.id(),
        field,
        error: field.error.as_ref().map(|error| error.text(t)),
    })
}

#[derive(Template)]
#[template(path = "part/state.html")]
struct State {
    label: &'static str,
}

/// A dot and a word. The element around it carries `data-state`.
pub(crate) fn state(t: T, state: ServiceState) -> Markup {
    word(state.label(t))
}

/// A dot and any word.
pub(crate) fn word(label: &'static str) -> Markup {
    markup(&State { label })
}

#[derive(Template)]
#[template(path = "part/copy.html")]
struct Copy<'a> {
    t: T,
    id: &'a str,
    text: &'a str,
}

/// A text to be copied elsewhere, with a button where the script runs.
pub(crate) fn copy(t: T, id: &str, text: &str) -> Markup {
    markup(&Copy { t, id, text })
}

/// The same, for texts that stand on the page several times.
pub(crate) fn numbered_copy(t: T, id: &str, number: usize, text: &str) -> Markup {
    copy(t, &format!("{id}-{number}"), text)
}

#[derive(Template)]
#[template(path = "part/secret.html")]
struct Secret<'a> {
    t: T,
    title: String,
    help: &'a str,
    text: &'a str,
}

/// A secret that is shown once.
pub(crate) fn secret<'a>(t: T, title: String, help: &'a str, secret: &'a NewSecret) -> Markup {
    markup(&Secret {
        t,
        title,
        help,
        text: &secret.secret,
    })
}

#[derive(Template)]
#[template(path = "part/log.html")]
struct Log<'a> {
    lines: &'a [LogLine],
    /// Address of the stream of further lines; empty for none.
    follow: &'a str,
    label: &'a str,
}

/// Lines of a log.
pub(crate) fn log(lines: &[LogLine], follow: &str, label: &str) -> Markup {
    markup(&Log { lines, follow, label })
}

#[derive(Template)]
#[template(path = "part/bar.html")]
struct Bar {
    share: f32,
    tone: &'static str,
}

/// A bar filled to so many percent. What it says must also stand beside it in words.
pub(crate) fn bar(percent: impl Plain<f32>) -> Markup {
    let share = percent.plain();
    let share = if share.is_finite() {
        share.clamp(0.0, 100.0)
    } else {
        0.0
    };
    let tone = if share >= 90.0 { "full" } else { "" };
    markup(&Bar { share, tone })
}

#[derive(Template)]
#[template(path = "part/icon.html")]
struct Icon<'a> {
    name: &'a str,
}

/// A drawing of our own, hidden from screen readers: a word stands beside it.
pub(crate) fn icon(name: &str) -> Markup {
    markup(&Icon { name })
}

#[derive(Template)]
#[template(path = "part/finding.html")]
struct FindingNote<'a> {
    t: T,
    language: Language,
    finding: &'a Finding,
}

/// What a finding says, and the way to where it is put right.
pub(crate) fn finding(t: T, language: Language, finding: &Finding) -> Markup {
    markup(&FindingNote { t, language, finding })
}

#[derive(Template)]
#[template(path = "part/select.html")]
struct Select<'a> {
    name: &'a str,
    label: &'a str,
    help: &'a str,
    value: &'a str,
    choices: &'a [(String, String)],
    error: Option<String>,
}

/// A list to choose one thing from: values and what stands for them. Its id is its name.
pub(crate) fn select(
    t: T,
    name: &str,
    label: &str,
    help: &str,
    field: &TextField,
    choices: impl AsRef<[(String, String)]>,
) -> Markup {
    markup(&Select {
        name,
        label,
        help,
        value: &field.value,
        choices: choices.as_ref(),
        error: field.error.as_ref().map(|error| error.text(t)),
    })
}

#[derive(Template)]
#[template(path = "part/tick.html")]
struct Tick<'a> {
    name: &'a str,
    label: &'a str,
    help: &'a str,
    ticked: bool,
}

/// A box to tick; its value is `true`.
pub(crate) fn tick(name: &str, label: &str, help: &str, ticked: impl std::borrow::Borrow<bool>) -> Markup {
    markup(&Tick {
        name,
        label,
        help,
        ticked: *ticked.borrow(),
    })
}

#[derive(Template)]
#[template(path = "part/days.html")]
struct Days {
    width: usize,
    /// Class and outline of all days that look alike: one path each keeps the page light.
    paths: Vec<(&'static str, String)>,
}

/// A row of days, the oldest first: a drawing; what it says must also stand beside it in words.
pub(crate) fn days(looks: &[crate::page::DayLook]) -> Markup {
    use crate::page::DayLook::{Bad, Good, Some as Partly};
    let path = |look: crate::page::DayLook| {
        let class = look.class()?;
        let days = looks.iter().enumerate().filter(|(_, other)| **other == look);
        let outline = days.fold(String::new(), |mut outline, (day, _)| {
            let _ = fmt::Write::write_fmt(&mut outline, format_args!("M{} 0h3v12h-3z", day * 4));
            outline
        });
        (!outline.is_empty()).then_some((class, outline))
    };
    markup(&Days {
        width: looks.len() * 4,
        paths: [Good, Partly, Bad].into_iter().filter_map(path).collect(),
    })
}
