// SPDX-License-Identifier: AGPL-3.0-or-later
//! What was restored is tried: the service's own sandbox around the restored data, a user that nobody else is, no
//! network, and sockets that the front door does not know.

use crate::{
    atomic::write_atomic,
    error::{At, MachineError},
    layout::Layout,
    machine::Entry,
    render::{Trying, render_trial_units},
    restic,
    systemd::Systemd,
};
use nix::unistd::{Gid, Uid, fchownat};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};
use types::{WorkId, data::Trial, host::RenderInput};

/// The user of trials, and its number (`sysusers.d/commonhost.conf`). It owns nothing but what is tried.
pub(crate) const USER: &str = "commonhost-trial";
const NUMBER: u32 = 902;

/// Starts a trial.
pub(crate) async fn begin(
    layout: &Layout,
    systemd: &dyn Systemd,
    work: &WorkId,
    entry: &Entry,
    input: &RenderInput,
    (restored, trial): (&WorkId, Trial),
    group: u32,
) -> Result<(), MachineError> {
    let data = layout.ready(restored).join("data");
    if !data.is_dir() {
        return Err(MachineError::Refused(
            "there is nothing restored to be tried".into(),
        ));
    }
    let folder = layout.work(work);
    restic::make_open_folder(&folder)?;
    restic::write_json(&folder.join(restic::WORK), &trial)?;
    if Uid::effective().is_root() {
        give(&data)?;
    }
    let sockets = layout.trial_sockets(&input.service);
    restic::remove(&sockets)?;
    fs::create_dir_all(&sockets).at("create", &sockets)?;
    nix::unistd::chown(&sockets, None, Some(Gid::from_raw(group))).at("change the group of", &sockets)?;
    fs::set_permissions(&sockets, fs::Permissions::from_mode(0o2757)).at("set the mode of", &sockets)?;
    let unit = restic::unit_of(work);
    let trying = Trying {
        unit: &unit,
        data: &data,
        sockets: &sockets,
        output: &folder,
        trial,
    };
    fs::create_dir_all(layout.units()).at("create", layout.units())?;
    for (name, text) in render_trial_units(&entry.manifest, &entry.catalog, input, layout, &trying) {
        write_atomic(&layout.units().join(name), text.as_bytes(), 0o644)?;
    }
    systemd.reload().await?;
    systemd.begin(&unit).await
}

/// Gives everything below `path` to the user of trials; links are not followed.
fn give(path: &Path) -> Result<(), MachineError> {
    let (user, group) = (Some(Uid::from_raw(NUMBER)), Some(Gid::from_raw(NUMBER)));
    let flag = nix::fcntl::AtFlags::AT_SYMLINK_NOFOLLOW;
    fchownat(nix::fcntl::AT_FDCWD, path, user, group, flag).at("change the owner of", path)?;
    let metadata = fs::symlink_metadata(path).at("look at", path)?;
    if metadata.is_dir() {
        for entry in fs::read_dir(path).at("list", path)?.flatten() {
            give(&entry.path())?;
        }
    }
    Ok(())
}
