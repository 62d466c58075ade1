// SPDX-License-Identifier: AGPL-3.0-or-later
//! A board that was restored: its database and certificates are laid beside those of the supervisor, which takes them
//! in at its next start. A power cut leaves all of it or nothing.

use crate::{
    atomic::{sync_folder, write_atomic},
    error::{At, MachineError},
    layout::Layout,
    restic,
};
use nix::unistd::{Gid, Uid, chown};
use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};
use types::{RepositoryId, WorkId, backup::Adopted};

/// Lays what `work` restored where the supervisor finds it. Done already: nothing.
pub(crate) fn stage(layout: &Layout, work: &WorkId, from: &RepositoryId) -> Result<(), MachineError> {
    let home = layout.root().join("data/commonhost");
    let target = home.join(Adopted::FOLDER);
    if target.is_dir() {
        return Ok(());
    }
    let data = layout.ready(work).join("data");
    let database = data.join("state").join(Adopted::DATABASE);
    if !database.is_file() {
        return Err(MachineError::Refused("what was restored is not a board".into()));
    }
    let unfinished = home.join(format!("{}.new", Adopted::FOLDER));
    restic::remove(&unfinished)?;
    fs::create_dir_all(&unfinished).at("create", &unfinished)?;
    copy(&database, &unfinished.join(Adopted::DATABASE))?;
    copy(
        &data.join("certificates"),
        &unfinished.join(Adopted::CERTIFICATES),
    )?;
    write_atomic(
        &unfinished.join(Adopted::REPOSITORY),
        from.as_str().as_bytes(),
        0o600,
    )?;
    let owner = fs::metadata(&home).at("look at", &home)?;
    give(
        &unfinished,
        Uid::from_raw(owner.uid()),
        Gid::from_raw(owner.gid()),
    )?;
    sync_folder(&unfinished)?;
    fs::rename(&unfinished, &target).at("put in place", &target)?;
    sync_folder(&home)?;
    restic::remove(&layout.ready(work))
}

/// Copies a file or a folder of files; anything else is left out.
fn copy(from: &Path, to: &Path) -> Result<(), MachineError> {
    let kind = fs::symlink_metadata(from).at("look at", from)?.file_type();
    if kind.is_dir() {
        fs::create_dir_all(to).at("create", to)?;
        for entry in fs::read_dir(from).at("list", from)?.flatten() {
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return sync_folder(to);
    }
    if kind.is_file() {
        let bytes = fs::read(from).at("read", from)?;
        write_atomic(to, &bytes, 0o600)?;
    }
    Ok(())
}

fn give(path: &Path, user: Uid, group: Gid) -> Result<(), MachineError> {
    chown(path, Some(user), Some(group)).at("change the owner of", path)?;
    if path.is_dir() {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).at("set the mode of", path)?;
        for entry in fs::read_dir(path).at("list", path)?.flatten() {
            give(&entry.path(), user, group)?;
        }
    }
    Ok(())
}
