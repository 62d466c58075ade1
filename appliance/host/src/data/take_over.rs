// SPDX-License-Identifier: AGPL-3.0-or-later
//! Other data take the place of a service's own, in one step: the two folders are exchanged (renameat2(2)), so that a
//! power cut leaves the one or the other. What was there becomes a snapshot.

use super::{
    copy::{Copied, sync},
    make_folder, read_mark,
    snapshots::{data_of, finish, free_name, read},
};
use crate::{
    atomic::{sync_folder, write_atomic},
    error::{At, MachineError},
    layout::Layout,
};
use nix::{
    fcntl::{AT_FDCWD, RenameFlags, renameat2},
    unistd::{chown, getegid, geteuid},
};
use serde::{Deserialize, Serialize};
use std::{fs, os::unix::fs::MetadataExt, path::Path};
use types::{
    ServiceName, SnapshotName, Timestamp, WorkId,
    data::{Snapshot, SnapshotReason},
};

/// What stands ready. The number of the folder tells, after a power cut, whether the exchange was made.
#[derive(Serialize, Deserialize)]
struct Ready {
    service: ServiceName,
    folder: u64,
}

const READY: &str = "ready.json";

/// Copies a snapshot beside the live data.
pub(super) fn make_ready(
    layout: &Layout,
    work: &WorkId,
    name: &SnapshotName,
    mut copied: Copied<'_>,
) -> Result<(), MachineError> {
    let folder = layout.ready(work);
    if folder.join(READY).exists() {
        return Ok(());
    }
    let snapshot =
        read(layout, name).ok_or_else(|| MachineError::Refused(format!("there is no snapshot {name}")))?;
    make_folder(&folder)?;
    let data = folder.join("data");
    copied.folder(&data_of(layout, name), &data, None)?;
    sync(&data)?;
    declare(&folder, snapshot.service)
}

/// Says that `folder/data` stands ready for `service`.
pub(crate) fn declare(folder: &Path, service: ServiceName) -> Result<(), MachineError> {
    let data = folder.join("data");
    let ready = Ready {
        service,
        folder: number(&data)?,
    };
    let json = serde_json::to_vec(&ready).map_err(|error| MachineError::Refused(error.to_string()))?;
    write_atomic(&folder.join(READY), &json, 0o600)
}

/// The exchange. Nothing stands ready: it was made already.
pub(crate) fn take_over(
    layout: &Layout,
    service: &ServiceName,
    work: &WorkId,
    at: Timestamp,
) -> Result<(), MachineError> {
    let folder = layout.ready(work);
    let Ok(bytes) = fs::read(folder.join(READY)) else {
        return Ok(());
    };
    let ready: Ready = serde_json::from_slice(&bytes)
        .map_err(|error| MachineError::Refused(format!("what stands ready cannot be read: {error}")))?;
    if ready.service != *service {
        return Err(MachineError::Refused(format!(
            "what stands ready is of {}, not of {service}",
            ready.service
        )));
    }
    let (waiting, live) = (folder.join("data"), layout.data(service));
    let was = read_mark(layout, service);
    if waiting.is_dir() && number(&waiting)? == ready.folder {
        // systemd gives data to the user of the service when their folder belongs to somebody else.
        chown(&waiting, Some(geteuid()), Some(getegid())).at("change the owner of", &waiting)?;
        if live.is_dir() {
            renameat2(AT_FDCWD, &waiting, AT_FDCWD, &live, RenameFlags::RENAME_EXCHANGE)
                .at("put the data in their place at", &live)?;
        } else {
            make_folder(live.parent().unwrap_or(layout.root()))?;
            fs::rename(&waiting, &live).at("put the data in their place at", &live)?;
        }
        sync_folder(live.parent().unwrap_or(layout.root()))?;
    }
    // What stood ready exists elsewhere too: no copy is needed before something starts on it.
    super::forget_mark(layout, service);
    fs::remove_file(folder.join(READY)).at("remove", folder.join(READY))?;
    if !waiting.is_dir() {
        return fs::remove_dir_all(&folder).at("remove", folder);
    }
    let (files, bytes) = super::copy::measure(&waiting);
    let about = Snapshot {
        name: free_name(layout, service, at),
        service: service.clone(),
        at,
        reason: SnapshotReason::Restore,
        before: None,
        from: was,
        files,
        bytes,
        own_bytes: bytes,
    };
    finish(layout, &folder, &about)
}

fn number(folder: &Path) -> Result<u64, MachineError> {
    Ok(fs::symlink_metadata(folder).at("look at", folder)?.ino())
}
