// SPDX-License-Identifier: AGPL-3.0-or-later
//! A form for a place.

use super::places::PlaceKind;
use crate::{
    field::TextField,
    i18n::T,
    layout::{Layout, page},
};

/// A disk to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskChoice {
    /// Its identifier.
    pub id: String,
    /// Bytes in all and free, where they are known.
    pub room: Option<(u64, u64)>,
}

/// `GET /backups/places/new?kind=…`: a form for a place of one kind.
///
/// Form: `POST /backups/places` with `kind`, `title`, and `disk`, or `peer`, or `url`, `user` and `secret`; `append_only`,
/// `upload_kib`. Success: 303 to the job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPlacePage {
    /// What every page knows.
    pub layout: Layout,
    /// What kind.
    pub kind: PlaceKind,
    /// What it shall be called.
    pub title: TextField,
    /// Disks that could be used, for [`PlaceKind::Disk`].
    pub disks: Vec<DiskChoice>,
    /// The disk that is chosen.
    pub disk: TextField,
    /// Keys and names of boards that agreed to keep backups and are no place yet, for [`PlaceKind::Peer`].
    pub peers: Vec<(String, String)>,
    /// The board that is chosen.
    pub peer: TextField,
    /// The address.
    pub url: TextField,
    /// User name, or the id of a key.
    pub user: TextField,
    /// Password, or the secret of a key: never filled in.
    pub secret: TextField,
    /// Whether this board can delete nothing there.
    pub append_only: bool,
    /// KiB a second.
    pub upload_kib: TextField,
}

impl NewPlacePage {
    pub(crate) fn disk_choices(&self) -> Vec<(String, String)> {
        disk_choices(self.layout.t(), &self.disks)
    }
}

/// Disks to choose from: identifiers, and what stands for them.
pub(crate) fn disk_choices(t: T, disks: &[DiskChoice]) -> Vec<(String, String)> {
    let choice = |disk: &DiskChoice| {
        let room = disk.room;
        let room = room.map(|(total, free)| t.place_room(t.bytes(free), t.bytes(total)));
        let label = room.map_or_else(|| disk.id.clone(), |room| format!("{} – {room}", disk.id));
        (disk.id.clone(), label)
    };
    disks.iter().map(choice).collect()
}

page!(NewPlacePage, "backups/new.html");
