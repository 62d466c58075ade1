// SPDX-License-Identifier: AGPL-3.0-or-later
//! Local snapshots: `/data/backups/snapshots/<service>-<seconds>/`, the data in `data/`, what it is in
//! `snapshot.json`. One that is being made has a name that starts with a dot.

use super::{
    copy::{Copied, sync},
    make_folder, read_mark,
};
use crate::{
    atomic::{sync_folder, write_atomic},
    error::{At, MachineError},
    layout::Layout,
};
use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};
use types::{
    Digest, ServiceName, SnapshotName, Timestamp,
    data::{Snapshot, SnapshotReason},
};

const ABOUT: &str = "snapshot.json";

/// Copies a service's data; a service without data has an empty snapshot.
pub(super) fn make(
    layout: &Layout,
    service: &ServiceName,
    at: Timestamp,
    reason: SnapshotReason,
    before: Option<Digest>,
    mut copied: Copied<'_>,
) -> Result<(), MachineError> {
    let data = layout.data(service);
    let unfinished = layout.snapshots().join(format!(".{service}.new"));
    make_folder(&unfinished)?;
    let target = unfinished.join("data");
    if data.is_dir() {
        let earlier = newest(layout, service).map(|snapshot| data_of(layout, &snapshot.name));
        copied.folder(&data, &target, earlier.as_deref())?;
    } else {
        make_folder(&target)?;
    }
    sync(&unfinished)?;
    let name = free_name(layout, service, at);
    let about = Snapshot {
        name,
        service: service.clone(),
        at,
        reason,
        before,
        from: read_mark(layout, service),
        files: copied.files,
        bytes: copied.bytes,
        own_bytes: copied.own_bytes,
    };
    finish(layout, &unfinished, &about)
}

/// Gives a folder that holds `data/` its name as a snapshot.
pub(super) fn finish(layout: &Layout, folder: &Path, about: &Snapshot) -> Result<(), MachineError> {
    let json = serde_json::to_vec_pretty(about).map_err(|error| MachineError::Refused(error.to_string()))?;
    write_atomic(&folder.join(ABOUT), &json, 0o600)?;
    let target = folder_of(layout, &about.name);
    make_folder(&layout.snapshots())?;
    fs::rename(folder, &target).at("name the snapshot", &target)?;
    sync_folder(&layout.snapshots())
}

/// The first name from `at` on that is not taken.
pub(super) fn free_name(layout: &Layout, service: &ServiceName, at: Timestamp) -> SnapshotName {
    let mut name = SnapshotName::new(service, at);
    let mut second = at.0;
    while folder_of(layout, &name).exists() {
        second = second.saturating_add(1);
        name = SnapshotName::new(service, Timestamp(second));
    }
    name
}

fn folder_of(layout: &Layout, name: &SnapshotName) -> PathBuf {
    layout.snapshots().join(name.as_str())
}

/// Where a snapshot's data are.
pub(super) fn data_of(layout: &Layout, name: &SnapshotName) -> PathBuf {
    folder_of(layout, name).join("data")
}

/// All snapshots, newest first.
pub(crate) fn snapshots(layout: &Layout) -> Result<Vec<Snapshot>, MachineError> {
    let folder = layout.snapshots();
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).at("list", folder),
    };
    let mut snapshots: Vec<Snapshot> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|name| read(layout, &name))
        .collect();
    snapshots.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| b.name.cmp(&a.name)));
    Ok(snapshots)
}

/// What a snapshot is.
pub(super) fn read(layout: &Layout, name: &SnapshotName) -> Option<Snapshot> {
    let bytes = fs::read(folder_of(layout, name).join(ABOUT)).ok()?;
    let about: Snapshot = serde_json::from_slice(&bytes).ok()?;
    (about.name == *name).then_some(about)
}

/// The newest snapshot of a service.
pub(crate) fn newest(layout: &Layout, service: &ServiceName) -> Option<Snapshot> {
    let mut all = snapshots(layout).unwrap_or_default();
    all.retain(|snapshot| snapshot.service == *service);
    all.into_iter().next()
}

/// Deletes a snapshot.
pub(crate) fn drop_snapshot(layout: &Layout, name: &SnapshotName) -> Result<(), MachineError> {
    let folder = folder_of(layout, name);
    if !folder.is_dir() {
        return Err(MachineError::Refused(format!("there is no snapshot {name}")));
    }
    // Renamed first: half a deletion is not mistaken for a snapshot.
    let doomed = layout.snapshots().join(format!(".{name}.dropped"));
    fs::rename(&folder, &doomed).at("remove", &folder)?;
    fs::remove_dir_all(&doomed).at("remove", doomed)
}
