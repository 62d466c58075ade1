// SPDX-License-Identifier: AGPL-3.0-or-later
//! Where everything is on a board, below one root path: `/` on a board, a temporary folder in a test.

use std::path::{Path, PathBuf};
use types::{BoardKey, Digest, ProcessId, ServiceName, WorkId};

/// The root path all others are made from.
#[derive(Clone, Debug)]
pub struct Layout(PathBuf);

impl Layout {
    /// A layout below `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self(root.into())
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }

    /// Folders with catalogs and bundles: what was downloaded, then what came with the image.
    pub fn bundle_folders(&self) -> [PathBuf; 2] {
        [
            self.at("data/commonhost/bundles"),
            self.at("usr/share/commonhost/bundles"),
        ]
    }

    /// Public key of the catalogs.
    pub fn catalog_key(&self) -> PathBuf {
        self.at("usr/share/commonhost/keys/catalog.pub")
    }

    /// Where a bundle is mounted.
    pub fn mount_point(&self, bundle: &Digest) -> PathBuf {
        self.mounts().join(bundle.as_str())
    }

    /// The folder of all mounted bundles.
    pub fn mounts(&self) -> PathBuf {
        self.at("run/commonhost/bundles")
    }

    /// The folder of rendered units; in memory, rendered again at every boot.
    pub fn units(&self) -> PathBuf {
        self.at("run/systemd/system")
    }

    /// The folder of a service's rendered files.
    pub fn files(&self, service: &ServiceName) -> PathBuf {
        self.at("run/commonhost/files").join(service.as_str())
    }

    /// The folder of a service's sockets.
    pub fn sockets(&self, service: &ServiceName) -> PathBuf {
        self.at("run/commonhost/sockets").join(service.as_str())
    }

    /// The folder in which the supervisor answers a service's questions about members.
    pub fn directory(&self, service: &ServiceName) -> PathBuf {
        self.at("run/commonhost/ldap").join(service.as_str())
    }

    /// The folder in which a service finds the certificate of its name.
    pub fn certificate(&self, service: &ServiceName) -> PathBuf {
        self.at("run/commonhost/certificates").join(service.as_str())
    }

    /// The socket through which restic reaches a board of another owner.
    pub fn peer_socket(&self, board: &BoardKey) -> PathBuf {
        self.at("run/commonhost/peers").join(board.socket())
    }

    /// The folder of the sockets of a restored copy that is tried.
    pub fn trial_sockets(&self, service: &ServiceName) -> PathBuf {
        self.at("run/commonhost/sockets").join(format!("trial-{service}"))
    }

    /// A service's data.
    pub fn data(&self, service: &ServiceName) -> PathBuf {
        self.at("data/services").join(service.as_str())
    }

    /// The folder of archives.
    pub fn archives(&self) -> PathBuf {
        self.at("data/archive")
    }

    /// The folder of local snapshots.
    pub fn snapshots(&self) -> PathBuf {
        self.at("data/backups/snapshots")
    }

    /// Where data stand that are ready to take the place of a service's own.
    pub fn ready(&self, work: &WorkId) -> PathBuf {
        self.at("data/backups/ready").join(work.as_str())
    }

    /// The key of all backups.
    pub fn backup_key(&self) -> PathBuf {
        self.at("data/backups/key")
    }

    /// The folder of what is known of repositories.
    pub fn repositories(&self) -> PathBuf {
        self.at("data/backups/repositories")
    }

    /// What restic remembers of repositories.
    pub fn restic_cache(&self) -> PathBuf {
        self.at("data/backups/cache")
    }

    /// The folder of one run of restic.
    pub fn work(&self, work: &WorkId) -> PathBuf {
        self.at("data/backups/work").join(work.as_str())
    }

    /// Where other disks are mounted.
    pub fn disks(&self) -> PathBuf {
        self.at("run/commonhost/disks")
    }

    /// Disks by the identifier of their file system.
    pub fn disks_by_id(&self) -> PathBuf {
        self.at("dev/disk/by-uuid")
    }

    /// Which version last started on a service's data.
    pub fn data_mark(&self, service: &ServiceName) -> PathBuf {
        self.at("data/backups/marks").join(format!("{service}.json"))
    }

    /// A file of the boot partition.
    pub fn boot(&self, file: &str) -> PathBuf {
        self.at("boot").join(file)
    }

    /// The console people may be looking at.
    pub fn console(&self) -> PathBuf {
        self.at("dev/console")
    }

    /// The control group of a service's process.
    pub fn control_group(&self, service: &ServiceName, process: &ProcessId) -> PathBuf {
        self.at("sys/fs/cgroup/services.slice")
            .join(crate::unit_name(service, process))
    }

    /// A folder of `/proc`.
    pub fn process(&self, pid: u32) -> PathBuf {
        self.at("proc").join(pid.to_string())
    }

    /// Which kind of image this is, `pi` or `pc`; missing where no image was flashed.
    pub fn board_kind(&self) -> PathBuf {
        self.at("usr/share/commonhost/board")
    }

    /// The root of the trust in releases that came with the image.
    pub fn release_root(&self) -> PathBuf {
        self.at("usr/share/commonhost/keys/root.json")
    }

    /// Where releases come from, as the image says.
    pub fn release_source(&self) -> PathBuf {
        self.at("usr/share/commonhost/releases")
    }

    /// Metadata of releases that this board has accepted.
    pub fn accepted_releases(&self) -> PathBuf {
        self.at("data/commonhost/updates/metadata.json")
    }

    /// Files of releases that were downloaded, each named by its digest.
    pub fn downloads(&self) -> PathBuf {
        self.at("data/commonhost/updates/files")
    }

    /// The mark of a start that tries an update, made by the initramfs.
    pub fn trial_mark(&self) -> PathBuf {
        self.at("run/commonhost-trial")
    }

    /// What is mounted where.
    pub fn mount_table(&self) -> PathBuf {
        self.at("proc/self/mountinfo")
    }

    /// The kernel's command line.
    pub fn command_line(&self) -> PathBuf {
        self.at("proc/cmdline")
    }

    /// What the Raspberry Pi firmware says about this start.
    pub fn bootloader(&self, property: &str) -> PathBuf {
        self.at("proc/device-tree/chosen/bootloader").join(property)
    }

    /// A block device.
    pub fn device(&self, name: &str) -> PathBuf {
        self.at("dev").join(name)
    }

    /// What the kernel says about a block device.
    pub fn block(&self, name: &str) -> PathBuf {
        self.at("sys/class/block").join(name)
    }

    /// The flag of the Raspberry Pi firmware for a single try (image/tryboot).
    pub fn tryboot(&self) -> PathBuf {
        self.at("sys/module/rpi_tryboot/parameters/tryboot")
    }

    /// The variable of systemd-boot for a single try (<https://systemd.io/BOOT_LOADER_INTERFACE/>).
    pub fn loader_one_shot(&self) -> PathBuf {
        self.at("sys/firmware/efi/efivars/LoaderEntryOneShot-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f")
    }

    /// The root itself.
    pub fn root(&self) -> &Path {
        &self.0
    }
}
