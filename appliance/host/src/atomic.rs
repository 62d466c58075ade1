// SPDX-License-Identifier: AGPL-3.0-or-later
//! Writing files so that a power cut leaves the old content or the new one, never a mixture.

use crate::error::{At, MachineError};
use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// Writes `bytes` to `path` by a temporary file beside it, `fsync`, rename and `fsync` of the folder.
///
/// `mode` are the permission bits, set before anything is written.
///
/// # Errors
/// With the path, when any of these steps fails; the old file is then still there.
pub fn write_atomic(path: &Path, bytes: &[u8], mode: u32) -> Result<(), MachineError> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{name}.new"));
    let written = write_new(&temporary, bytes, mode)
        .and_then(|()| fs::rename(&temporary, path).at("replace", path))
        .and_then(|()| sync_folder(folder));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), MachineError> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(path)
        .at("create", path)?;
    file.set_permissions(fs::Permissions::from_mode(mode))
        .at("set the mode of", path)?;
    file.write_all(bytes).at("write", path)?;
    file.sync_all().at("write", path)
}

/// Makes a rename or a removal in `folder` durable.
///
/// # Errors
/// When the folder cannot be opened or synchronised.
pub fn sync_folder(folder: &Path) -> Result<(), MachineError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .at("synchronise", folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_content_replaces_the_old_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings");
        write_atomic(&path, b"old", 0o644).unwrap();
        write_atomic(&path, b"new", 0o600).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_write_names_the_path_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing/settings");
        let error = write_atomic(&path, b"new", 0o644).unwrap_err();
        assert!(error.to_string().contains("missing"), "{error}");
    }
}
