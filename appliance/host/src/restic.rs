// SPDX-License-Identifier: AGPL-3.0-or-later
//! Runs of restic. Each is a unit of its own that systemd looks after: another user, who may read what is backed up
//! and write to the one folder a restore goes to, and nothing else. The key and the stores' passwords are files that
//! only root reads; the unit is given them as credentials.

mod setup;
mod unit;

pub(crate) use setup::{forget_key, key, open_disk, remove_repository, set_key, set_repository, setup};
pub(crate) use unit::SANDBOX;

use crate::{
    atomic::write_atomic,
    data::{make_folder, snapshot_folder},
    error::{At, MachineError},
    layout::Layout,
    systemd::Systemd,
};
use nix::unistd::{Gid, Uid, User, chown};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    io::{ErrorKind, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};
use types::{
    Active, RepositoryId, WorkId,
    backup::{Run, Subject},
    data::WorkState,
    host::RenderInput,
};

/// Longest output that is passed on, in bytes; the reply to the supervisor is one line.
const LONGEST: u64 = 8 << 20;
/// Longest complaint that is passed on, in bytes.
const LONGEST_ERROR: u64 = 4096;

/// A run, as it is remembered beside its files.
#[derive(Serialize, Deserialize)]
struct Remembered {
    repository: RepositoryId,
    run: Run,
}

pub(crate) const WORK: &str = "work.json";
/// What a backup says about itself, for whoever restores it.
const ABOUT: &str = "about.json";

/// What [`ABOUT`] holds.
#[derive(Serialize, Deserialize)]
struct About {
    format: u32,
    subject: String,
    /// What the service's units were rendered from; absent for the board.
    rendered_from: Option<RenderInput>,
}

pub(crate) fn unit_of(work: &WorkId) -> String {
    format!("commonhost-work-{work}.service")
}

/// Starts a run, unless it goes on or has ended.
pub(crate) async fn begin(
    layout: &Layout,
    systemd: &dyn Systemd,
    work: &WorkId,
    repository: &RepositoryId,
    run: Run,
    input: Option<RenderInput>,
) -> Result<(), MachineError> {
    if state(layout, systemd, work).await? != WorkState::Unknown {
        return Ok(());
    }
    let known = setup::find(layout, repository)?;
    let place = setup::address(layout, &known)?;
    let folder = layout.work(work);
    let _ = fs::remove_dir_all(&folder);
    make_open_folder(&folder)?;
    write_atomic(&folder.join("repository"), place.repository.as_bytes(), 0o600)?;
    write_atomic(&folder.join("environment"), place.environment.as_bytes(), 0o600)?;
    let source = prepare(layout, work, &folder, &run, input)?;
    let remembered = Remembered {
        repository: repository.clone(),
        run,
    };
    let text = unit::render(layout, work, &known.repository, &place, &remembered.run, &source);
    write_json(&folder.join(WORK), &remembered)?;
    let units = layout.units();
    fs::create_dir_all(&units).at("create", &units)?;
    write_atomic(&units.join(unit_of(work)), text.as_bytes(), 0o644)?;
    systemd.reload().await?;
    systemd.begin(&unit_of(work)).await
}

/// Folders for what is backed up or restored; returns what is bound where.
fn prepare(
    layout: &Layout,
    work: &WorkId,
    folder: &Path,
    run: &Run,
    input: Option<RenderInput>,
) -> Result<Vec<(PathBuf, &'static str)>, MachineError> {
    match run {
        Run::Backup { subject, snapshot } => {
            let source = folder.join("source");
            make_open_folder(&source)?;
            let bound = match (subject, snapshot) {
                (Subject::Service(_), Some(snapshot)) => vec![(snapshot_folder(layout, snapshot)?, "data")],
                (Subject::Service(service), None) => vec![(layout.data(service), "data")],
                (Subject::Board, _) => vec![
                    (layout.root().join("data/commonhost/backup"), "data/state"),
                    (
                        layout.root().join("data/commonhost/certificates"),
                        "data/certificates",
                    ),
                ],
            };
            for (from, to) in &bound {
                if !from.is_dir() {
                    return Err(MachineError::Refused(format!(
                        "there is nothing to back up at {}",
                        from.display()
                    )));
                }
                let to = source.join(to);
                fs::create_dir_all(&to).at("create", to)?;
            }
            let about = About {
                format: 1,
                subject: subject.word(),
                rendered_from: input,
            };
            write_json(&source.join(ABOUT), &about)?;
            for name in ["databases", "out"] {
                let path = if name == "out" {
                    folder.join(name)
                } else {
                    source.join(name)
                };
                make_open_folder(&path)?;
                give_to_restic(&path)?;
            }
            Ok(bound)
        }
        Run::Restore { .. } => {
            let ready = layout.ready(work);
            make_open_folder(ready.parent().unwrap_or(layout.root()))?;
            make_folder(&ready)?;
            give_to_restic(&ready)?;
            Ok(Vec::new())
        }
        _ => Ok(Vec::new()),
    }
}

/// How far a run is, or how it ended.
pub(crate) async fn state(
    layout: &Layout,
    systemd: &dyn Systemd,
    work: &WorkId,
) -> Result<WorkState, MachineError> {
    let folder = layout.work(work);
    if !folder.join(WORK).is_file() {
        return Ok(WorkState::Unknown);
    }
    let (active, status) = systemd.ended(&unit_of(work)).await?;
    Ok(match active {
        Active::Activating | Active::Deactivating => WorkState::Running {
            done: 0,
            line: last_line(&tail(&folder.join("stdout"), 4096)),
        },
        Active::Inactive => WorkState::Unknown,
        Active::Active | Active::Failed => WorkState::Ended {
            status,
            out: tail(&folder.join("stdout"), LONGEST),
            err: tail(&folder.join("stderr"), LONGEST_ERROR),
        },
    })
}

/// Lets go of a run; it is stopped if it goes on.
pub(crate) async fn end(
    layout: &Layout,
    systemd: &dyn Systemd,
    work: &WorkId,
    keep: bool,
) -> Result<(), MachineError> {
    let folder = layout.work(work);
    let remembered: Option<Remembered> = fs::read(folder.join(WORK))
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    // The processes beside the main one of a service that is tried have units of their own.
    let beside = format!("{}--", unit_of(work).trim_end_matches(".service"));
    let files = fs::read_dir(layout.units()).into_iter().flatten().flatten();
    let names = files.filter_map(|file| file.file_name().into_string().ok());
    let mut units: Vec<String> = names.filter(|name| name.starts_with(&beside)).collect();
    units.insert(0, unit_of(work));
    for unit in units {
        systemd.stop(&unit).await?;
        let file = layout.units().join(&unit);
        match fs::remove_file(&file) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error).at("remove", file),
            _ => {}
        }
    }
    let ready = layout.ready(work);
    match remembered.map(|remembered| remembered.run) {
        Some(Run::Restore { subject, .. }) if keep => {
            chown(&ready, Some(Uid::effective()), Some(Gid::effective()))
                .at("change the owner of", &ready)?;
            if let Subject::Service(service) = subject {
                crate::data::declare(&ready, service)?;
            }
        }
        _ if !keep => remove(&ready)?,
        _ => {}
    }
    remove(&folder)?;
    systemd.reload().await
}

/// Lets go of data that stand ready and are not wanted any more.
pub(crate) fn remove(folder: &Path) -> Result<(), MachineError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error).at("remove", folder),
        _ => Ok(()),
    }
}

pub(crate) fn make_open_folder(path: &Path) -> Result<(), MachineError> {
    use std::os::unix::fs::PermissionsExt;
    fs::create_dir_all(path).at("create", path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o711)).at("set the mode of", path)
}

/// restic's own user, where there is one.
pub(crate) fn give_to_restic(path: &Path) -> Result<(), MachineError> {
    let user = User::from_name("commonhost-backup").ok().flatten();
    let Some(user) = user else { return Ok(()) };
    chown(path, Some(user.uid), Some(user.gid)).at("change the owner of", path)
}

pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), MachineError> {
    let json = serde_json::to_vec(value).map_err(|error| MachineError::Refused(error.to_string()))?;
    write_atomic(path, &json, 0o600)
}

/// The end of a file as text.
fn tail(path: &Path, longest: u64) -> String {
    let Ok(mut file) = fs::File::open(path) else {
        return String::new();
    };
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    let _ = file.seek(SeekFrom::Start(length.saturating_sub(longest)));
    let mut bytes = Vec::new();
    let _ = file.take(longest).read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The last line that is complete.
fn last_line(text: &str) -> String {
    let complete = text.rsplit_once('\n').map_or("", |(complete, _)| complete);
    complete.lines().next_back().unwrap_or_default().to_owned()
}
