// SPDX-License-Identifier: AGPL-3.0-or-later
//! Winding down: announced, called off, carried out day by day.

use crate::{
    ApiError, App, publish, services,
    state::{StateError, latest},
};
use ::cooperative::winding::{Stage, Winding};
use schemars::JsonSchema;
use serde::Deserialize;
use types::{MemberName, Running};

/// What a steward announces.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWinding {
    /// Why, and what members should know.
    pub text: String,
    /// The last day services run, `YYYY-MM-DD`.
    pub last_day: String,
    /// The last day members can fetch their data, `YYYY-MM-DD`.
    pub exports_until: String,
    /// Hosters that offered to take people in: lines of a name and an address.
    #[serde(default)]
    pub elsewhere: String,
}

/// The end that is announced, if one is.
///
/// # Errors
/// When the database fails.
pub async fn current(app: &App) -> Result<Option<Winding>, StateError> {
    let last: Option<Winding> = latest(app.store.statements().await?).pop();
    Ok(last.filter(|winding| !winding.withdrawn))
}

/// Announces the end, or changes what was announced; the dates only to later ones.
///
/// # Errors
/// 422 per field.
pub async fn announce(app: &App, new: NewWinding, by: &MemberName) -> Result<Winding, ApiError> {
    let now = app.now();
    let promised = super::texts::answers(app)
        .await?
        .map_or(0, |answers| i64::from(answers.end_days));
    let winding = app
        .store
        .state((by.as_str(), now, "announce-end"), move |before: &[Winding]| {
            let known = before.last().filter(|known| !known.withdrawn);
            if known.is_some_and(|known| known.closed.is_some()) {
                return Err(ApiError::conflict(
                    "closed",
                    "Services were stopped already; the dates cannot be changed.",
                ));
            }
            let winding = Winding {
                text: new.text.replace("\r\n", "\n").trim().to_owned(),
                announced: known.map_or(now, |known| known.announced),
                last_day: new.last_day.trim().to_owned(),
                exports_until: new.exports_until.trim().to_owned(),
                elsewhere: new.elsewhere.replace("\r\n", "\n").trim().to_owned(),
                withdrawn: false,
                closed: None,
            };
            winding
                .check(promised)
                .map_err(|error| ApiError::field(error.field, error.message))?;
            if known.is_some_and(|known| winding.last_day < known.last_day) {
                return Err(ApiError::field(
                    "last_day",
                    "cannot be moved to an earlier day: members rely on it",
                ));
            }
            Ok((vec![winding.clone()], winding))
        })
        .await??;
    publish::refresh(app).await?;
    Ok(winding)
}

/// Calls it off.
///
/// # Errors
/// 404 when nothing was announced.
pub async fn withdraw(app: &App, by: &MemberName) -> Result<(), ApiError> {
    app.store
        .state(
            (by.as_str(), app.now(), "call-off-end"),
            |before: &[Winding]| {
                let known = before.last().filter(|known| !known.withdrawn);
                let known = known.ok_or_else(|| ApiError::not_found("No end is announced."))?;
                let winding = Winding {
                    withdrawn: true,
                    ..known.clone()
                };
                Ok::<_, ApiError>((vec![winding], ()))
            },
        )
        .await??;
    Ok(publish::refresh(app).await?)
}

/// After the last day services are stopped, once; their data stays where it is until a steward removes it. After the
/// last day for exports nothing more happens by itself: destroying data is a person's act.
pub(super) async fn carry_out(app: &App) -> Result<(), StateError> {
    let now = app.now();
    let Some(winding) = current(app).await? else {
        return Ok(());
    };
    let over = matches!(winding.stage(now), Stage::Closing | Stage::Closed);
    if !host::clock::is_plausible(now) || !over || winding.closed.is_some() {
        return Ok(());
    }
    let by: MemberName = "board"
        .parse()
        .map_err(|_| StateError::Unexpected("board".into()))?;
    for (name, service) in app.store.desired().await?.services {
        if service.running == Running::Started
            && let Err(error) = services::set_running(app, &name, Running::Stopped, &by).await
        {
            log::warn!("{name} could not be stopped at the end: {error}");
            return Ok(());
        }
    }
    app.store
        .state(("board", now, "close"), move |before: &[Winding]| {
            let known = before
                .last()
                .filter(|known| !known.withdrawn && known.closed.is_none());
            let closed = known.map(|known| Winding {
                closed: Some(now),
                ..known.clone()
            });
            Ok::<_, StateError>((closed.into_iter().collect(), ()))
        })
        .await?
}
