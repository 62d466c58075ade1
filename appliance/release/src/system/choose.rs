// SPDX-License-Identifier: AGPL-3.0-or-later
//! Which release a board takes.

use ring::digest::{SHA256, digest};
use types::{
    Timestamp,
    release::{Channel, Release, ReleaseVersion, Releases},
};

/// What matters about a board.
#[derive(Clone, Debug)]
pub struct Board<'a> {
    /// `pi` or `pc`.
    pub kind: &'a str,
    /// What runs.
    pub version: &'a ReleaseVersion,
    /// Which releases it takes.
    pub channel: Channel,
    /// The number of its state database's last migration.
    pub schema: u32,
    /// When its bootloader was built, if it says so.
    pub bootloader: Option<Timestamp>,
    /// Something that stays the same and differs from board to board: its place among the waves.
    pub seed: &'a str,
    /// A version that was tried here and failed: it is not offered again.
    pub failed: Option<&'a str>,
}

/// A release for a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer<'a> {
    /// Which.
    pub release: &'a Release,
    /// When the board takes it by itself; a steward may take it before.
    pub from: Timestamp,
    /// Why it cannot be taken at all.
    pub blocked: Option<Blocked>,
}

/// Why a release cannot be taken by this board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// The board's bootloader is too old, or does not tell its age.
    Bootloader,
    /// The state database is older than it can read: a release between is needed first.
    Schema,
}

/// The newest release that is for this board and newer than what runs. One that can be taken goes before a newer one
/// that cannot.
pub fn choose<'a>(releases: &'a Releases, board: &Board<'_>) -> Option<Offer<'a>> {
    releases
        .releases
        .iter()
        .filter(|release| release.boards.iter().any(|kind| kind == board.kind))
        .filter(|release| release.channel <= board.channel)
        .filter(|release| release.version > *board.version)
        .filter(|release| Some(release.version.as_str()) != board.failed)
        .map(|release| Offer {
            release,
            from: wave_time(release, board.seed),
            blocked: blocked(release, board),
        })
        .max_by(|a, b| {
            let key = |offer: &Offer<'a>| (offer.blocked.is_none(), offer.release.version.clone());
            key(a).cmp(&key(b))
        })
}

fn blocked(release: &Release, board: &Board<'_>) -> Option<Blocked> {
    if release
        .bootloader
        .is_some_and(|oldest| board.bootloader.is_none_or(|built| built < oldest))
    {
        Some(Blocked::Bootloader)
    } else if board.schema < release.schema.oldest || board.schema > release.schema.newest {
        Some(Blocked::Schema)
    } else {
        None
    }
}

/// When a board at this place takes a release by itself. An urgent one at once.
pub fn wave_time(release: &Release, seed: &str) -> Timestamp {
    let place = position(seed, release.version.as_str());
    let hours = release
        .waves
        .iter()
        .filter(|wave| place < wave.percent)
        .map(|wave| wave.after_hours)
        .min();
    match hours {
        _ if release.urgent || release.waves.is_empty() => release.created,
        Some(hours) => release
            .created
            .plus(std::time::Duration::from_secs(u64::from(hours) * 3600)),
        // The waves end before all boards have it: for the rest it is a release to take by hand.
        None => Timestamp(i64::MAX),
    }
}

/// A board's place among a hundred, another one for each release: nobody is always first.
pub fn position(seed: &str, version: &str) -> u8 {
    let hash = digest(
        &SHA256,
        format!("commonhost wave 1\n{seed}\n{version}").as_bytes(),
    );
    let number = u32::from_be_bytes(hash.as_ref().first_chunk().copied().unwrap_or_default());
    u8::try_from(number % 100).unwrap_or(0)
}
