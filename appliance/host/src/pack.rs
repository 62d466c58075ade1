// SPDX-License-Identifier: AGPL-3.0-or-later
//! Data of a service as one archive that any computer opens. It is packed by a unit that may read what is packed and
//! write to one folder, without network; the supervisor is then given the file.

use crate::{
    atomic::{sync_folder, write_atomic},
    data::snapshot_folder,
    error::{At, MachineError},
    layout::Layout,
    restic,
    systemd::Systemd,
};
use nix::unistd::{Gid, Uid, chown};
use std::{
    fmt::Write as _,
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};
use types::{
    ServiceName, SnapshotName, WorkId,
    data::{Packed, WorkState},
};

const ARCHIVE: &str = "data.tar.gz";

/// Starts packing, unless it goes on or has ended.
pub(crate) async fn begin(
    layout: &Layout,
    systemd: &dyn Systemd,
    work: &WorkId,
    service: &ServiceName,
    from: &Packed,
) -> Result<(), MachineError> {
    if restic::state(layout, systemd, work).await? != WorkState::Unknown {
        return Ok(());
    }
    let data = match from {
        Packed::Snapshot(snapshot) => snapshot_folder(layout, snapshot)?,
        Packed::Restored(restored) => layout.ready(restored).join("data"),
    };
    if !data.is_dir() {
        return Err(MachineError::Refused("there is nothing to pack".into()));
    }
    let folder = layout.work(work);
    restic::remove(&folder)?;
    restic::make_open_folder(&folder)?;
    for path in [
        folder.join("source"),
        folder.join("source").join(service.as_str()),
    ] {
        restic::make_open_folder(&path)?;
    }
    let out = folder.join("out");
    restic::make_open_folder(&out)?;
    restic::give_to_restic(&out)?;
    restic::write_json(&folder.join(restic::WORK), from)?;
    let units = layout.units();
    fs::create_dir_all(&units).at("create", &units)?;
    let unit = restic::unit_of(work);
    write_atomic(
        &units.join(&unit),
        render(&folder, service, &data).as_bytes(),
        0o644,
    )?;
    systemd.reload().await?;
    systemd.begin(&unit).await
}

/// The unit's text. In the archive everything is below a folder with the service's name, and belongs to root.
fn render(folder: &Path, service: &ServiceName, data: &Path) -> String {
    let mut text =
        String::from("# Rendered by Commonhost. Changes are overwritten.\n[Service]\nType=oneshot\n");
    let out = folder.join("out");
    for (key, value) in [
        ("RemainAfterExit", "yes".into()),
        ("TimeoutStartSec", "12h".into()),
        (
            "ExecStart",
            format!(
                "/usr/bin/tar --create --gzip --file={} --owner=0 --group=0 --numeric-owner --directory={} {service}",
                out.join(ARCHIVE).display(),
                folder.join("source").display()
            ),
        ),
        (
            "StandardOutput",
            format!("truncate:{}", folder.join("stdout").display()),
        ),
        (
            "StandardError",
            format!("truncate:{}", folder.join("stderr").display()),
        ),
        (
            "BindReadOnlyPaths",
            format!(
                "{}:{}",
                data.display(),
                folder.join("source").join(service.as_str()).display()
            ),
        ),
        ("ReadWritePaths", out.display().to_string()),
        ("User", "commonhost-backup".into()),
        ("Group", "commonhost-backup".into()),
        ("AmbientCapabilities", "CAP_DAC_READ_SEARCH".into()),
        ("CapabilityBoundingSet", "CAP_DAC_READ_SEARCH".into()),
        ("PrivateNetwork", "yes".into()),
        ("RestrictAddressFamilies", "AF_UNIX".into()),
    ] {
        let _ = writeln!(text, "{key}={value}");
    }
    text + restic::SANDBOX
}

/// Puts what was packed where the supervisor finds it. Done already: nothing.
pub(crate) fn hand_over(layout: &Layout, work: &WorkId, name: &SnapshotName) -> Result<(), MachineError> {
    let home = layout.root().join("data/commonhost");
    let folder = home.join("exports");
    let target = folder.join(format!("{name}.tar.gz"));
    if target.is_file() {
        return Ok(());
    }
    let owner = fs::metadata(&home).at("look at", &home)?;
    let (user, group) = (Some(Uid::from_raw(owner.uid())), Some(Gid::from_raw(owner.gid())));
    fs::create_dir_all(&folder).at("create", &folder)?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).at("set the mode of", &folder)?;
    chown(&folder, user, group).at("change the owner of", &folder)?;
    let packed = layout.work(work).join("out").join(ARCHIVE);
    chown(&packed, user, group).at("change the owner of", &packed)?;
    fs::rename(&packed, &target).at("put in place", &target)?;
    sync_folder(&folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_read_only_and_without_network() {
        let service = "radicale".parse().unwrap();
        let text = render(
            Path::new("/data/backups/work/w1"),
            &service,
            Path::new("/data/snapshots/x/data"),
        );
        for part in [
            "BindReadOnlyPaths=/data/snapshots/x/data:/data/backups/work/w1/source/radicale\n",
            "--file=/data/backups/work/w1/out/data.tar.gz",
            "--directory=/data/backups/work/w1/source radicale\n",
            "ReadWritePaths=/data/backups/work/w1/out\n",
            "PrivateNetwork=yes\n",
            "NoNewPrivileges=yes\n",
        ] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
    }
}
