// SPDX-License-Identifier: AGPL-3.0-or-later
//! Metadata as files in a folder: on a board, on a USB stick, behind a web server.
//!
//! `timestamp.json`, `snapshot.json`, `targets.json`, `2.root.json`, `3.root.json`, …; and the files of slots as
//! `files/<sha256>`.

use super::{
    document::Role,
    trust::{Metadata, TrustError},
};
use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

/// More roots than there will ever be.
const MOST_ROOTS: u64 = 1000;

/// The file of a role; a root's also holds its version.
pub fn metadata_file(role: Role, version: u64) -> String {
    match role {
        Role::Root => format!("{version}.root.json"),
        role => format!("{}.json", role.as_str()),
    }
}

/// Reads what lies in a folder; roots from version `first` on. `None` when there is no metadata.
///
/// # Errors
/// When a file is larger than it can be, or cannot be read.
pub fn read_metadata(folder: &Path, first: u64) -> io::Result<Option<Metadata>> {
    let mut metadata = Metadata::default();
    for version in first..first + MOST_ROOTS {
        match read(folder, Role::Root, version)? {
            Some(root) => metadata.roots.push(root),
            None => break,
        }
    }
    let parts = [Role::Timestamp, Role::Snapshot, Role::Targets].map(|role| read(folder, role, 0));
    let [timestamp, snapshot, targets] = parts;
    let (Some(timestamp), Some(snapshot), Some(targets)) = (timestamp?, snapshot?, targets?) else {
        return Ok(None);
    };
    Ok(Some(Metadata {
        timestamp,
        snapshot,
        targets,
        ..metadata
    }))
}

fn read(folder: &Path, role: Role, version: u64) -> io::Result<Option<String>> {
    let file = match File::open(folder.join(metadata_file(role, version))) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = String::new();
    file.take(role.limit() + 1).read_to_string(&mut bytes)?;
    if bytes.len() as u64 > role.limit() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            TrustError::TooLarge { role },
        ));
    }
    Ok(Some(bytes))
}

/// Writes metadata into a folder, roots from version `first` on. The timestamp comes last: what is cut in between is
/// noticed as mixed, and fetched again.
///
/// # Errors
/// When a file cannot be written.
pub fn write_metadata(folder: &Path, first: u64, metadata: &Metadata) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (version, root) in (first..).zip(&metadata.roots) {
        write(folder, Role::Root, version, root)?;
    }
    write(folder, Role::Targets, 0, &metadata.targets)?;
    write(folder, Role::Snapshot, 0, &metadata.snapshot)?;
    write(folder, Role::Timestamp, 0, &metadata.timestamp)?;
    File::open(folder)?.sync_all()
}

fn write(folder: &Path, role: Role, version: u64, text: &str) -> io::Result<()> {
    let name = metadata_file(role, version);
    let new = folder.join(format!(".{name}.new"));
    let mut file = File::create(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(new, folder.join(name))
}
