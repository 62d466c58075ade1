// SPDX-License-Identifier: AGPL-3.0-or-later
//! Copying a folder on the same disk. A file that an earlier copy holds unchanged (same size, modification time and
//! mode, as rsync decides) is linked to that copy instead; the live file itself is never linked, since programs change
//! files in place. Where the file system can share blocks (btrfs, XFS), `copy_file_range` makes the kernel do so.

use crate::error::{At, MachineError};
use nix::sys::{
    stat::{UtimensatFlags, utimensat},
    statvfs::statvfs,
    time::TimeSpec,
};
use std::{
    collections::BTreeMap,
    fs::{self, File, Metadata},
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

/// What was copied so far.
pub(super) struct Copied<'a> {
    /// Bytes gone through, for whoever looks on.
    done: &'a AtomicU64,
    /// Bytes that must stay free.
    reserve: u64,
    /// Files that have several names, by device and number: the copy keeps that.
    linked: BTreeMap<(u64, u64), PathBuf>,
    /// Files.
    pub(super) files: u64,
    /// Bytes of all of them.
    pub(super) bytes: u64,
    /// Bytes that were really written.
    pub(super) own_bytes: u64,
}

impl<'a> Copied<'a> {
    /// Nothing yet.
    pub(super) fn new(done: &'a AtomicU64, reserve: u64) -> Self {
        Self {
            done,
            reserve,
            linked: BTreeMap::new(),
            files: 0,
            bytes: 0,
            own_bytes: 0,
        }
    }

    /// Copies the folder `from` to `to`. What `to` holds already from an earlier try is kept when it is unchanged.
    /// Owners are not kept: systemd gives data to the user of the service that starts on them.
    pub(super) fn folder(
        &mut self,
        from: &Path,
        to: &Path,
        earlier: Option<&Path>,
    ) -> Result<(), MachineError> {
        let metadata = fs::symlink_metadata(from).at("look at", from)?;
        if !to.is_dir() {
            fs::DirBuilder::new().mode(0o700).create(to).at("create", to)?;
        }
        let mut there: Vec<PathBuf> = entries(to)?;
        for source in entries(from)? {
            let Some(name) = source.file_name() else { continue };
            let target = to.join(name);
            there.retain(|path| *path != target);
            let earlier = earlier.map(|folder| folder.join(name));
            self.entry(&source, &target, earlier.as_deref())?;
        }
        // What vanished since an earlier, unfinished try.
        for stale in there {
            remove(&stale)?;
        }
        fs::set_permissions(to, fs::Permissions::from_mode(metadata.mode() & 0o7777))
            .at("set the mode of", to)?;
        set_times(to, &metadata)
    }

    fn entry(&mut self, source: &Path, target: &Path, earlier: Option<&Path>) -> Result<(), MachineError> {
        // A file that a running service removed just now is not missed.
        let Ok(metadata) = fs::symlink_metadata(source) else {
            return Ok(());
        };
        let kind = metadata.file_type();
        if kind.is_dir() {
            if !target.is_dir() {
                remove(target)?;
            }
            return self.folder(source, target, earlier);
        }
        if kind.is_symlink() {
            remove(target)?;
            let points = fs::read_link(source).at("read", source)?;
            return symlink(points, target).at("create", target);
        }
        // Sockets and pipes mean nothing in a copy.
        if !kind.is_file() {
            return Ok(());
        }
        self.files += 1;
        self.bytes += metadata.len();
        self.done.fetch_add(metadata.len(), Ordering::Relaxed);
        let key = (metadata.dev(), metadata.ino());
        if metadata.nlink() > 1
            && let Some(first) = self.linked.get(&key)
        {
            remove(target)?;
            return fs::hard_link(first, target).at("link", target);
        }
        if !unchanged(target, &metadata) {
            remove(target)?;
            let shared = earlier.filter(|earlier| unchanged(earlier, &metadata));
            if shared.is_none_or(|earlier| fs::hard_link(earlier, target).is_err()) {
                self.file(source, target, &metadata)?;
            }
        }
        if metadata.nlink() > 1 {
            self.linked.insert(key, target.to_owned());
        }
        Ok(())
    }

    fn file(&mut self, source: &Path, target: &Path, metadata: &Metadata) -> Result<(), MachineError> {
        let free = free_bytes(target.parent().unwrap_or(target))?;
        if free < metadata.len().saturating_add(self.reserve) {
            return Err(MachineError::NoRoom {
                needed: metadata.len().saturating_add(self.reserve),
                free,
            });
        }
        match fs::copy(source, target) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            copied => copied.at("copy", source)?,
        };
        self.own_bytes += metadata.blocks() * 512;
        set_times(target, metadata)
    }
}

/// Whether `path` is a file with the same size, time and mode.
fn unchanged(path: &Path, like: &Metadata) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| {
        found.is_file()
            && found.len() == like.len()
            && (found.mtime(), found.mtime_nsec()) == (like.mtime(), like.mtime_nsec())
            && found.mode() == like.mode()
    })
}

/// The time goes on last: a file that is being copied never looks finished.
fn set_times(path: &Path, like: &Metadata) -> Result<(), MachineError> {
    let access = TimeSpec::new(like.atime(), like.atime_nsec());
    let change = TimeSpec::new(like.mtime(), like.mtime_nsec());
    utimensat(
        nix::fcntl::AT_FDCWD,
        path,
        &access,
        &change,
        UtimensatFlags::NoFollowSymlink,
    )
    .at("set the time of", path)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, MachineError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).at("list", folder)? {
        paths.push(entry.at("list", folder)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn remove(path: &Path) -> Result<(), MachineError> {
    let removed = match fs::symlink_metadata(path) {
        Err(_) => return Ok(()),
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    };
    removed.at("remove", path)
}

/// Bytes that are free for us where `path` is.
pub(crate) fn free_bytes(path: &Path) -> Result<u64, MachineError> {
    let stat = statvfs(path).at("measure the space at", path)?;
    Ok(stat.blocks_available().saturating_mul(stat.fragment_size()))
}

/// Makes all that was written to this file system durable.
pub(super) fn sync(path: &Path) -> Result<(), MachineError> {
    let file = File::open(path).at("open", path)?;
    nix::unistd::syncfs(&file).at("write to disk", path)
}

/// Files below a folder, and their bytes on disk.
pub(super) fn measure(folder: &Path) -> (u64, u64) {
    let (mut files, mut bytes) = (0, 0);
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder).unwrap_or_default() {
            let Ok(metadata) = fs::symlink_metadata(&path) else {
                continue;
            };
            if metadata.is_dir() {
                folders.push(path);
            } else {
                files += 1;
                bytes += metadata.blocks() * 512;
            }
        }
    }
    (files, bytes)
}
