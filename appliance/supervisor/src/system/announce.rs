// SPDX-License-Identifier: AGPL-3.0-or-later
//! Members hear of a restart before it comes: as planned downtime, in the feed and the calendar.

use super::choice::{Announced, Memory};
use crate::{ApiError, App, access::secret, cooperative::news};
use ::cooperative::news::{News, NewsKind};
use std::{collections::BTreeSet, time::Duration};
use types::Timestamp;

/// A restart with an update takes a minute or two; who cannot start comes back within this.
const LENGTH: Duration = Duration::from_mins(15);
/// Who wrote it.
const BOARD: &str = "board";

/// Tells members that the board restarts for `version`. What they were told before is taken back.
pub(super) async fn tell(
    app: &App,
    memory: &mut Memory,
    version: &str,
    begins: Timestamp,
) -> Result<(), ApiError> {
    take_back(app, memory).await?;
    let now = app.now();
    let announced = Announced {
        version: version.to_owned(),
        begins,
        news: secret::identifier(),
    };
    let planned = News {
        id: announced.news.clone(),
        kind: NewsKind::Planned,
        title: format!("Update to {version} · Mise à jour vers {version}"),
        text: "The board restarts with its new system; services are back within a few minutes.\n\nLa carte redémarre \
               avec son nouveau système ; les services reviennent en quelques minutes."
            .into(),
        services: BTreeSet::new(),
        begins,
        ends: Some(begins.plus(LENGTH)),
        written: now,
        changed: now,
        sequence: 0,
        cancelled: false,
    };
    news::put_by_board(app, planned, BOARD).await?;
    memory.announced = Some(announced);
    app.store.set_update_memory(memory).await?;
    Ok(())
}

/// It is over, or does not come.
pub(super) async fn take_back(app: &App, memory: &mut Memory) -> Result<(), ApiError> {
    let Some(announced) = memory.announced.take() else {
        return Ok(());
    };
    news::end_by_board(app, &announced.news, BOARD).await?;
    app.store.set_update_memory(memory).await?;
    Ok(())
}
