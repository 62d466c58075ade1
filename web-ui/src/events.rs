// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the script in the pages listens to: server-sent events (`text/event-stream`).
//!
//! `GET /api/v1/events` (signed in):
//!
//! | `event:` | `data:` |
//! | --- | --- |
//! | `service` | `{"name":"radicale","state":"running"}`; `state` is [`ServiceState::code`](crate::ServiceState::code) |
//! | `job` | `{"id":"…","state":"running","step":"start","progress":40}`; `state` is [`JobState::code`](crate::JobState::code), `step` is [`StepKind::code`](crate::StepKind::code) of the step now worked on (every earlier one is done), `progress` in percent. Other keys are ignored |
//! | `pairing` | `{"id":"…"}`: that pairing went on; its page is loaded again |
//! | `board` | `{"cpu_percent":12.5,"memory_percent":41.0,"disk_percent":18.2,"temperature_celsius":52.1}`; what is unknown is absent. At most one in 2 seconds |
//!
//! A new listener is first told the state of every service, and of every job that is not over or ended within the
//! last minute: what happened between loading a page and listening is then not missed.
//!
//! `GET /api/v1/services/{name}/logs?follow=true&after={cursor}` (steward; lines after that cursor of the journal):
//!
//! | `event:` | `data:` |
//! | --- | --- |
//! | `log` | `{"at":1790000000,"priority":6,"message":"…"}`: `at` in seconds since 1970, `priority` as syslog counts. With `id:` set to the journal's cursor, a reconnecting browser sends it as `Last-Event-ID` |
//!
//! Texts never travel in events: the words for every state stand in `data-` attributes of the page, in its language.
//! The stream may end at any time; the browser reconnects by itself.

use serde::Serialize;

/// Data of the event `service`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceEvent<'a> {
    /// Name of the service.
    pub name: &'a str,
    /// [`ServiceState::code`](crate::ServiceState::code).
    pub state: &'static str,
}

/// Data of the event `job`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JobEvent<'a> {
    /// Which job.
    pub id: &'a str,
    /// [`JobState::code`](crate::JobState::code).
    pub state: &'static str,
    /// [`StepKind::code`](crate::StepKind::code) of the step now worked on.
    pub step: &'a str,
    /// Percent done.
    pub progress: u8,
}

/// Data of the event `board`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct BoardEvent {
    /// Processor time in use, of all cores together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_percent: Option<f32>,
    /// Memory in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_percent: Option<f32>,
    /// Space in use on `/data`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_percent: Option<f32>,
    /// Of the processor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature_celsius: Option<f32>,
}

/// Data of the event `log`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogEvent<'a> {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub at: i64,
    /// 0 (emergency) to 7 (debug).
    pub priority: u8,
    /// The text.
    pub message: &'a str,
}
