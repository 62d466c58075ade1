// SPDX-License-Identifier: AGPL-3.0-or-later
//! The card this board runs from, if it runs from one: found by where `/data` comes from.

mod disk;
mod facts;
mod files;
mod firmware;
mod loader;
mod writing;

pub(crate) use writing::Writing;

use crate::{
    error::{At, MachineError},
    layout::Layout,
};
use disk::Routed;
use files::Files;
use slots::{BootState, Card, CardError, Cause, Places, Selector, Slot, Span, Status, Version, stage};
use std::{fs, io, path::PathBuf};
use types::{
    Timestamp,
    release::{Release, ReleaseVersion},
    system::SystemFacts,
};

/// Where the machine finds releases: in metadata whose signatures it has checked itself.
pub trait ReleaseSource: Send + Sync {
    /// This version for this kind of board.
    fn release(&self, version: &ReleaseVersion, kind: &str) -> Option<Release>;
}

/// A card, and what its kernel and its firmware say about this start.
#[derive(Clone)]
pub(crate) struct Found {
    layout: Layout,
    /// `pi` or `pc`.
    kind: String,
    /// `mmcblk0p`: a partition's device without its number.
    stem: String,
    /// `mmcblk0`
    disk: String,
    running: Option<Slot>,
    version: Option<String>,
    bootloader: Option<Timestamp>,
}

/// Finds the card. `None` when this board has none, such as one in a container.
pub(crate) fn find(layout: &Layout) -> Option<Found> {
    let kind = fs::read_to_string(layout.board_kind()).ok()?.trim().to_owned();
    let mounts = fs::read_to_string(layout.mount_table()).ok()?;
    let stem = mounts
        .lines()
        .find_map(data_device)?
        .strip_suffix('4')?
        .to_owned();
    let disk = match stem.strip_suffix('p') {
        Some(disk) if disk.ends_with(|last: char| last.is_ascii_digit()) => disk.to_owned(),
        _ => stem.clone(),
    };
    let words = fs::read_to_string(layout.command_line()).unwrap_or_default();
    let word = |key: &str| {
        let mut pairs = words.split_whitespace().filter_map(|word| word.split_once('='));
        pairs.rfind(|(name, _)| *name == key).map(|(_, value)| value)
    };
    let number = |name: &str| {
        let bytes = fs::read(layout.bootloader(name)).ok()?;
        bytes.try_into().ok().map(u32::from_be_bytes)
    };
    let told = word("commonhost.slot").and_then(|letter| letter.parse().ok());
    Some(Found {
        running: told.or_else(|| number("partition").and_then(Slot::of_partition)),
        version: word("commonhost.version").map(str::to_owned),
        bootloader: number("build-timestamp").map(|seconds| Timestamp(seconds.into())),
        layout: layout.clone(),
        kind,
        stem,
        disk,
    })
}

/// The device `/data` is mounted from, of a line of `/proc/self/mountinfo` (`proc_pid_mountinfo(5)`).
fn data_device(line: &str) -> Option<&str> {
    let (before, after) = line.split_once(" - ")?;
    let target = before.split(' ').nth(4)?;
    let source = after.split(' ').nth(1)?;
    source.strip_prefix("/dev/").filter(|_| target == "/data")
}

impl Found {
    /// What there is to know.
    pub(crate) fn facts(&self) -> SystemFacts {
        let record = self.open(false).ok().and_then(|mut card| card.load());
        facts::facts(self, record.as_ref())
    }

    /// `pi` or `pc`.
    pub(crate) fn kind(&self) -> &str {
        &self.kind
    }

    fn running(&self) -> Result<Slot, MachineError> {
        self.running
            .ok_or_else(|| MachineError::Refused("the firmware does not say which system it started".into()))
    }

    fn device(&self, number: u32) -> PathBuf {
        self.layout.device(&format!("{}{number}", self.stem))
    }

    fn span(&self, number: u32) -> Result<Span, MachineError> {
        let folder = self.layout.block(&format!("{}{number}", self.stem));
        let value = |name: &str| {
            let path = folder.join(name);
            let text = fs::read_to_string(&path).at("read", &path)?;
            let parsed = text.trim().parse();
            parsed
                .map_err(|_| io::Error::from(io::ErrorKind::InvalidData))
                .at("read", &path)
        };
        Ok(Span {
            start: value("start")?,
            sectors: value("size")?,
        })
    }

    fn open(&self, writable: bool) -> Result<Card<Routed>, MachineError> {
        let spans = [self.span(1)?, self.span(2)?, self.span(3)?];
        // The kernel caches a partition apart from its disk: each is written the way it is mounted.
        let parts = (1..).zip(spans).map(|(number, span)| (span, self.device(number)));
        let whole = self.layout.device(&self.disk);
        let disk = Routed::open(&whole, parts, writable).at("open", &whole)?;
        let [first, a, b] = spans;
        let selector = if self.kind == "pi" {
            Selector::Autoboot
        } else {
            Selector::Loader
        };
        Ok(Card::new(
            disk,
            Places {
                selector,
                first,
                slots: [a, b],
            },
        ))
    }

    /// Whether a release may be written at all: it is for this kind of board, and newer than what runs. Whoever holds
    /// old signed metadata cannot bring an old hole back by it.
    pub(crate) fn check(&self, release: &Release) -> Result<(), MachineError> {
        let runs = self.version.as_deref().and_then(|text| text.parse().ok());
        match runs {
            _ if !release.boards.contains(&self.kind) => Err(MachineError::Refused(format!(
                "release {} is not for {} boards",
                release.version, self.kind
            ))),
            None => Err(MachineError::Refused(
                "the system that runs does not tell its version".into(),
            )),
            Some(runs) if release.version <= runs => Err(MachineError::Refused(format!(
                "release {} is not newer than {runs}, which runs",
                release.version
            ))),
            Some(_) => Ok(()),
        }
    }

    /// Writes a release into the idle slot, reads it back, and marks it ready.
    pub(crate) fn stage(&self, release: &Release) -> Result<(), MachineError> {
        self.check(release)?;
        let running = self.running()?;
        let mut files = Files::new(release, &self.layout, &self.device(running.partition()))?;
        files.check()?;
        let list: Vec<(String, u32)> = release
            .files
            .iter()
            .map(|file| (file.name.clone(), file.size))
            .collect();
        let version: Version = release.version.as_str().parse().map_err(|()| {
            MachineError::Refused("the release's version is too long for the card's record".into())
        })?;
        let mut card = self.open(true)?;
        if self.kind == "pc" {
            let state = card.state()?;
            let idle = state.idle(running).map_err(CardError::from)?;
            let there = state.slot(idle);
            if there.status != Status::Ready || there.version.as_ref() != Some(&version) {
                // Before what the loader starts is changed, nothing in the slot is to be trusted any more.
                let emptied = state.emptied(running).map_err(CardError::from)?;
                card.save(&emptied)?;
                loader::write(&self.layout, idle, &version, &mut files)?;
            }
        }
        Ok(stage(&mut card, running, &version, &list, &mut files)?)
    }

    /// Lets the idle slot be tried at the next start.
    pub(crate) fn arm(&self) -> Result<(), MachineError> {
        let running = self.running()?;
        let mut tell = || Ok(firmware::tell(&self.layout, running.other()));
        Ok(self.open(true)?.arm(running, &mut tell)?)
    }

    /// What runs is healthy.
    pub(crate) fn healthy(&self) -> Result<(), MachineError> {
        Ok(self.open(true)?.healthy(self.running()?)?)
    }

    /// The update being tried is not healthy.
    pub(crate) fn unhealthy(&self, detail: &str) -> Result<(), MachineError> {
        let mut card = self.open(true)?;
        let state: BootState = card.state()?;
        let Some(record) = state.unhealthy(Cause::Unhealthy, detail) else {
            return Err(MachineError::Refused("no update is being tried".into()));
        };
        card.save(&record)?;
        Ok(())
    }
}

impl From<CardError> for MachineError {
    fn from(error: CardError) -> Self {
        Self::Card(error)
    }
}

#[cfg(test)]
mod tests;
