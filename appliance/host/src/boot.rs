// SPDX-License-Identifier: AGPL-3.0-or-later
//! The boot partition: FAT, and mounted read-only except for the moment something is written, so that a power cut
//! hardly ever finds it open.

use crate::{
    atomic::{sync_folder, write_atomic},
    error::{At, MachineError},
    layout::Layout,
};
use nix::{
    mount::{MsFlags, mount},
    sys::statvfs::{FsFlags, statvfs},
};
use std::{
    fs,
    io::{ErrorKind, Write},
    path::Path,
};

/// Writes a file, unless it has this content already.
pub(crate) fn write(layout: &Layout, file: &str, bytes: &[u8]) -> Result<(), MachineError> {
    let path = layout.boot(file);
    if fs::read(&path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    writable(layout, || write_atomic(&path, bytes, 0o600))
}

/// Makes a folder, if it is not there.
pub(crate) fn make_folder(layout: &Layout, folder: &str) -> Result<(), MachineError> {
    let path = layout.boot(folder);
    if path.is_dir() {
        return Ok(());
    }
    writable(layout, || {
        fs::create_dir(&path).at("create", &path)?;
        sync_folder(&layout.boot(""))
    })
}

/// Removes a file, if it is there.
pub(crate) fn remove(layout: &Layout, file: &str) -> Result<(), MachineError> {
    let path = layout.boot(file);
    if !path.exists() {
        return Ok(());
    }
    writable(layout, || match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error).at("remove", &path),
        _ => sync_folder(path.parent().unwrap_or(&path)),
    })
}

/// Replaces a file that held secrets: what stood there is written over in place before, since the sectors of a
/// removed file keep what was in them.
pub(crate) fn scrub(layout: &Layout, file: &str, bytes: &[u8]) -> Result<(), MachineError> {
    let path = layout.boot(file);
    writable(layout, || {
        let length = fs::metadata(&path).at("read", &path)?.len();
        let mut old = fs::OpenOptions::new().write(true).open(&path).at("open", &path)?;
        let blank = vec![b' '; usize::try_from(length).unwrap_or(0)];
        old.write_all(&blank).at("write over", &path)?;
        old.sync_all().at("write over", &path)?;
        write_atomic(&path, bytes, 0o600)
    })
}

fn writable<T>(layout: &Layout, work: impl FnOnce() -> Result<T, MachineError>) -> Result<T, MachineError> {
    let folder = layout.boot("");
    let closed = statvfs(&folder).is_ok_and(|at| at.flags().contains(FsFlags::ST_RDONLY));
    if closed {
        remount(&folder, MsFlags::empty()).at("open the boot partition for writing at", &folder)?;
    }
    let result = work();
    if closed {
        remount(&folder, MsFlags::MS_RDONLY).at("close the boot partition at", &folder)?;
    }
    result
}

fn remount(folder: &Path, flags: MsFlags) -> nix::Result<()> {
    let kept = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC | MsFlags::MS_NOATIME;
    let flags = MsFlags::MS_REMOUNT | kept | flags;
    mount(None::<&Path>, folder, None::<&str>, flags, None::<&str>)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_change_and_go() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path());
        fs::create_dir(layout.boot("")).unwrap();
        write(&layout, "NOTE.TXT", b"one").unwrap();
        write(&layout, "NOTE.TXT", b"two").unwrap();
        assert_eq!(fs::read(layout.boot("NOTE.TXT")).unwrap(), b"two");
        scrub(&layout, "NOTE.TXT", b"gone").unwrap();
        assert_eq!(fs::read(layout.boot("NOTE.TXT")).unwrap(), b"gone");
        remove(&layout, "NOTE.TXT").unwrap();
        remove(&layout, "NOTE.TXT").unwrap();
        assert_eq!(fs::read_dir(layout.boot("")).unwrap().count(), 0);
    }
}
