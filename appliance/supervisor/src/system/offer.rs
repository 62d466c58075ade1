// SPDX-License-Identifier: AGPL-3.0-or-later
//! The release this board takes next, and what is still missing of it.

use super::choice::Choice;
use crate::{App, state::StateError};
use release::system::{Blocked, Board, choose};
use std::collections::BTreeSet;
use types::{
    Digest, Timestamp,
    release::{Release, ReleaseVersion},
    system::{NoteCause, SlotStatus, SystemFacts},
};

/// A release for this board.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    pub(super) release: Release,
    /// When the board takes it by itself.
    pub(super) from: Timestamp,
    /// Why it cannot be taken at all.
    pub(super) blocked: Option<Blocked>,
    /// Digest and bytes of files that are neither downloaded nor in the slot that runs.
    pub(super) missing: Vec<(Digest, u64)>,
}

/// The newest release for this board, if there is one newer than what runs.
pub(super) async fn offer(
    app: &App,
    facts: &SystemFacts,
    choice: &Choice,
) -> Result<Option<Offer>, StateError> {
    let runs = facts.version.as_deref();
    let Some(version) = runs.and_then(|text| text.parse::<ReleaseVersion>().ok()) else {
        return Ok(None);
    };
    let seed = app.store.update_seed().await?;
    let mut releases = (*app.updates.releases()).clone();
    let memory = app.store.update_memory().await?;
    let failed_before = |release: &Release| memory.failed.iter().any(|one| one == release.version.as_str());
    releases.releases.retain(|release| !failed_before(release));
    let board = Board {
        kind: &facts.kind,
        version: &version,
        channel: choice.channel,
        schema: app.store.schema().await?,
        bootloader: facts.bootloader,
        seed: &seed,
        failed: failed(facts),
    };
    Ok(choose(&releases, &board).map(|offer| Offer {
        missing: missing(app, facts, offer.release),
        release: offer.release.clone(),
        from: offer.from,
        blocked: offer.blocked,
    }))
}

/// The version that failed here. One whose kernel was not seen to run may have been cut off by the power: the record
/// allows it once more.
fn failed(facts: &SystemFacts) -> Option<&str> {
    let bad = facts.idle().filter(|idle| idle.status == SlotStatus::Bad);
    let noted = facts
        .note
        .as_ref()
        .filter(|note| note.cause != NoteCause::DidNotStart);
    bad.and_then(|slot| slot.version.as_deref())
        .or_else(|| noted?.version.as_deref())
}

fn missing(app: &App, facts: &SystemFacts, release: &Release) -> Vec<(Digest, u64)> {
    let known = app.updates.releases();
    let running = known.releases.iter().find(|other| {
        Some(other.version.as_str()) == facts.version.as_deref() && other.boards.contains(&facts.kind)
    });
    let here: BTreeSet<(&str, &Digest)> = running
        .into_iter()
        .flat_map(|running| &running.files)
        .map(|file| (file.name.as_str(), &file.sha256))
        .collect();
    let downloads = &app.updates.trust.downloads;
    release
        .files
        .iter()
        .filter(|file| !here.contains(&(file.name.as_str(), &file.sha256)))
        .filter(|file| !downloads.join(file.sha256.as_str()).exists())
        .map(|file| (file.sha256.clone(), u64::from(file.size)))
        .collect()
}
