// SPDX-License-Identifier: AGPL-3.0-or-later
//! The key and the repositories: files that only root reads.

use super::write_json;
use crate::{
    atomic::write_atomic,
    data::make_folder,
    error::{At, MachineError},
    layout::Layout,
};
use nix::{
    mount::{MsFlags, mount},
    sys::statvfs::statvfs,
};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};
use types::{
    BackupKey, DiskId, RepositoryId,
    backup::{BackupSetup, Credentials, Disk, Place, Repository},
};

/// A repository with what only root knows of it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) repository: Repository,
    credentials: Credentials,
}

/// Where restic finds a repository.
pub(super) struct Address {
    /// For `--repository-file`.
    pub(super) repository: String,
    /// For `EnvironmentFile=`.
    pub(super) environment: String,
    /// The folder on another disk, if it is one.
    pub(super) folder: Option<PathBuf>,
    /// Whether it is reached over the network.
    pub(super) network: bool,
}

/// What the host knows of backups.
pub(crate) fn setup(layout: &Layout) -> BackupSetup {
    BackupSetup {
        key: layout.backup_key().is_file(),
        repositories: all(layout).into_iter().map(|known| known.repository).collect(),
        disks: disks(layout),
    }
}

/// The key, if there is one.
pub(crate) fn key(layout: &Layout) -> Result<Option<BackupKey>, MachineError> {
    let path = layout.backup_key();
    match fs::read_to_string(&path) {
        Ok(words) => words
            .parse()
            .map(Some)
            .map_err(|_| MachineError::Refused("the recovery key cannot be read".into())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).at("read", path),
    }
}

/// Keeps the key. The same again: nothing; another one: refused, since backups made with it would be lost.
pub(crate) fn set_key(layout: &Layout, key: &BackupKey) -> Result<(), MachineError> {
    let path = layout.backup_key();
    match fs::read_to_string(&path) {
        Ok(present) if present == key.as_str() => return Ok(()),
        Ok(_) => return Err(MachineError::KeyExists),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error).at("read", path),
    }
    make_folder(path.parent().unwrap_or(layout.root()))?;
    write_atomic(&path, key.as_str().as_bytes(), 0o600)
}

/// Forgets the key, unless a repository was opened with it.
pub(crate) fn forget_key(layout: &Layout) -> Result<(), MachineError> {
    if !all(layout).is_empty() {
        return Err(MachineError::KeyExists);
    }
    let path = layout.backup_key();
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error).at("remove", path),
        _ => Ok(()),
    }
}

/// Adds or changes a repository.
pub(crate) fn set_repository(
    layout: &Layout,
    repository: Repository,
    credentials: Option<Credentials>,
) -> Result<(), MachineError> {
    let present = find(layout, &repository.id).ok().map(|known| known.credentials);
    let credentials = credentials.or(present).unwrap_or_default();
    for text in [&credentials.user, &credentials.secret] {
        if text.len() > 200 || !text.bytes().all(|b| b.is_ascii_graphic()) {
            let message = "user names and passwords of stores may hold letters, digits and signs, no blanks";
            return Err(MachineError::Refused(message.into()));
        }
    }
    let folder = layout.repositories();
    make_folder(&folder)?;
    let path = folder.join(format!("{}.json", repository.id));
    write_json(
        &path,
        &Known {
            repository,
            credentials,
        },
    )
}

/// Forgets a repository; what is in it stays.
pub(crate) fn remove_repository(layout: &Layout, id: &RepositoryId) -> Result<(), MachineError> {
    let path = layout.repositories().join(format!("{id}.json"));
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error).at("remove", path),
        _ => Ok(()),
    }
}

pub(super) fn find(layout: &Layout, id: &RepositoryId) -> Result<Known, MachineError> {
    let path = layout.repositories().join(format!("{id}.json"));
    let bytes = fs::read(path).map_err(|_| MachineError::Refused(format!("there is no repository {id}")))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| MachineError::Refused(format!("the repository {id} cannot be read: {error}")))
}

fn all(layout: &Layout) -> Vec<Known> {
    let mut all: Vec<Known> = fs::read_dir(layout.repositories())
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| serde_json::from_slice(&fs::read(entry.path()).ok()?).ok())
        .collect();
    all.sort_by(|a, b| a.repository.id.cmp(&b.repository.id));
    all
}

/// Where restic finds it; a disk is mounted.
pub(super) fn address(layout: &Layout, known: &Known) -> Result<Address, MachineError> {
    let Credentials { user, secret } = &known.credentials;
    Ok(match &known.repository.place {
        Place::Disk { disk } => {
            let folder = mounted(layout, disk)?.join("commonhost-backup");
            fs::create_dir_all(&folder).at("create", &folder)?;
            super::give_to_restic(&folder)?;
            Address {
                repository: folder.display().to_string(),
                environment: String::new(),
                folder: Some(folder),
                network: false,
            }
        }
        Place::S3 { url } => Address {
            repository: format!("s3:{url}"),
            environment: format!(
                "AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={}\n",
                quoted(user),
                quoted(secret)
            ),
            folder: None,
            network: true,
        },
        // The supervisor's socket leads there; restic itself needs no network.
        Place::Peer { board } => Address {
            repository: format!("rest:http+unix://{}:/", layout.peer_socket(board).display()),
            environment: String::new(),
            folder: None,
            network: false,
        },
        Place::Rest { url } => Address {
            repository: format!("rest:{url}"),
            environment: format!(
                "RESTIC_REST_USERNAME={}\nRESTIC_REST_PASSWORD={}\n",
                quoted(user),
                quoted(secret)
            ),
            folder: None,
            network: true,
        },
    })
}

/// For `EnvironmentFile=` (systemd.exec(5)): in double quotes, with a backslash before what has a meaning there.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        if matches!(c, '"' | '\\' | '`' | '$') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// Mounts a disk, if it is there.
pub(crate) fn open_disk(layout: &Layout, disk: &DiskId) -> Result<(), MachineError> {
    mounted(layout, disk).map(drop)
}

/// Where a disk is mounted; it is mounted if it is there.
fn mounted(layout: &Layout, disk: &DiskId) -> Result<PathBuf, MachineError> {
    let target = layout.disks().join(disk.as_str());
    if is_mount_point(&target) {
        return Ok(target);
    }
    let device = layout.disks_by_id().join(disk.as_str());
    if !device.exists() {
        return Err(MachineError::DiskMissing);
    }
    fs::create_dir_all(&target).at("create", &target)?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    for kind in ["ext4", "btrfs", "xfs", "exfat", "vfat"] {
        if mount(Some(&device), &target, Some(kind), flags, None::<&Path>).is_ok() {
            return Ok(target);
        }
    }
    Err(MachineError::Refused(
        "the disk holds no file system that this board can write to; format it as ext4".into(),
    ))
}

fn is_mount_point(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Path| fs::metadata(path).map(|metadata| metadata.dev()).ok();
    path.is_dir() && path.parent().and_then(device) != device(path)
}

/// Disks that hold a file system and are not the board's own.
fn disks(layout: &Layout) -> Vec<Disk> {
    use std::os::unix::fs::MetadataExt;
    let names = |folder: PathBuf| {
        fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse::<DiskId>().ok())
            .collect::<Vec<_>>()
    };
    let own: Vec<u64> = ["", "data", "boot"]
        .iter()
        .filter_map(|path| fs::metadata(layout.root().join(path)).ok())
        .map(|metadata| metadata.dev())
        .collect();
    let foreign = |disk: &DiskId| {
        fs::metadata(layout.disks_by_id().join(disk.as_str()))
            .is_ok_and(|device| !own.contains(&device.rdev()))
    };
    let mut found: Vec<DiskId> = names(layout.disks_by_id()).into_iter().filter(foreign).collect();
    found.extend(
        names(layout.disks())
            .into_iter()
            .filter(|disk| is_mount_point(&layout.disks().join(disk.as_str()))),
    );
    found.sort();
    found.dedup();
    found
        .into_iter()
        .map(|id| {
            let path = layout.disks().join(id.as_str());
            let stat = is_mount_point(&path).then(|| statvfs(&path).ok()).flatten();
            Disk {
                id,
                total: stat.map(|stat| stat.blocks().saturating_mul(stat.fragment_size())),
                free: stat.map(|stat| stat.blocks_available().saturating_mul(stat.fragment_size())),
            }
        })
        .collect()
}
