// SPDX-License-Identifier: AGPL-3.0-or-later
//! Bundles: verified, then mounted read-only, file-backed (erofs, Linux 6.12 and later; no loop device).

use crate::{
    error::{At, MachineError},
    layout::Layout,
};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use ring::digest::{Context, SHA256};
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Read,
    path::Path,
};
use types::{Digest, ServiceName, catalog::Bundle};

/// Verifies and mounts a bundle; nothing to do when it is mounted.
pub(crate) fn mount_bundle(
    layout: &Layout,
    service: &ServiceName,
    bundle: &Bundle,
) -> Result<(), MachineError> {
    let target = layout.mount_point(&bundle.digest);
    if mounted(layout)?.contains(&bundle.digest) {
        return Ok(());
    }
    let file_name = format!("{}.erofs", bundle.digest);
    let file = layout
        .bundle_folders()
        .into_iter()
        .map(|folder| folder.join(&file_name))
        .find(|path| path.is_file())
        .ok_or_else(|| MachineError::BundleMissing {
            service: service.clone(),
            bundle: bundle.digest.clone(),
        })?;
    let found = digest_file(&file)?;
    if found != bundle.digest {
        return Err(MachineError::BundleDamaged {
            service: service.clone(),
            bundle: bundle.digest.clone(),
            found,
        });
    }
    fs::create_dir_all(&target).at("create", &target)?;
    let flags = MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some(&file), &target, Some("erofs"), flags, None::<&Path>).at("mount the bundle at", &target)
}

/// Unmounts every bundle not in `used`. A bundle that is still busy stays: the next call takes it.
pub(crate) fn unmount_unused(layout: &Layout, used: &BTreeSet<Digest>) -> Result<(), MachineError> {
    for bundle in mounted(layout)?.difference(used) {
        let target = layout.mount_point(bundle);
        if umount2(&target, MntFlags::empty()).is_ok() {
            let _ = fs::remove_dir(&target);
        }
    }
    Ok(())
}

/// The bundles that are mounted, as the kernel lists them (proc(5), mountinfo).
pub(crate) fn mounted(layout: &Layout) -> Result<BTreeSet<Digest>, MachineError> {
    let path = layout.root().join("proc/self/mountinfo");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).at("read", path),
    };
    let prefix = format!("{}/", layout.mounts().display());
    Ok(text
        .lines()
        .filter_map(|line| line.split(' ').nth(4)?.strip_prefix(&prefix)?.parse().ok())
        .collect())
}

fn digest_file(path: &Path) -> Result<Digest, MachineError> {
    let mut file = File::open(path).at("open", path)?;
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = file.read(&mut buffer).at("read", path)?;
        if read == 0 {
            break;
        }
        context.update(&buffer[..read]);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    Ok(Digest::from_bytes(&hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(digest: &Digest) -> Bundle {
        Bundle {
            digest: digest.clone(),
            size: 3,
            packages: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn a_bundle_with_one_flipped_byte_is_refused_before_anything_is_mounted() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path());
        let folder = &layout.bundle_folders()[1];
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("good"), b"abc").unwrap();
        let digest = digest_file(&folder.join("good")).unwrap();
        fs::write(folder.join(format!("{digest}.erofs")), b"abd").unwrap();
        let service: ServiceName = "radicale".parse().unwrap();
        let error = mount_bundle(&layout, &service, &bundle(&digest)).unwrap_err();
        assert_eq!(error.code(), "bundle_damaged");
        assert!(!layout.mounts().exists());
    }

    #[test]
    fn a_missing_bundle_says_what_to_do() {
        let root = tempfile::tempdir().unwrap();
        let service: ServiceName = "radicale".parse().unwrap();
        let digest = Digest::from_bytes(&[7; 32]);
        let error = mount_bundle(&Layout::new(root.path()), &service, &bundle(&digest)).unwrap_err();
        assert!(error.to_string().contains("download it again"), "{error}");
    }
}
