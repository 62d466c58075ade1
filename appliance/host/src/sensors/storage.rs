// SPDX-License-Identifier: AGPL-3.0-or-later
//! Health of the card or disk below `/data`, as the kernel tells it to everybody.

use serde::Serialize;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What is known of a card or disk. What the kernel does not tell is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Storage {
    /// Whether it is a memory card or eMMC, which wears out sooner than a disk.
    pub is_card: bool,
    /// Whether the file system can only be read: the kernel does that when it finds damage.
    pub read_only: Option<bool>,
    /// Errors that the file system counted since it was last repaired (ext4).
    pub errors: Option<u64>,
    /// Bytes written to the file system in its whole life (ext4).
    pub written: Option<u64>,
    /// Share of its life that is used up, in percent, rounded up to tens (eMMC 5.0 and later, JESD84-B51
    /// `DEVICE_LIFE_TIME_EST`; SD cards do not tell).
    pub life_used: Option<u8>,
}

impl Storage {
    /// Looks below `root` for the storage that holds `folder`.
    pub fn read(root: &Path, folder: &Path) -> Self {
        let mounts = fs::read_to_string(root.join("proc/self/mountinfo")).unwrap_or_default();
        let Some(mount) = Mount::of(&mounts, folder) else {
            return Self::default();
        };
        // `/sys/dev/block/8:1` leads to `/sys/devices/…/sda/sda1`, `…/mmcblk0/mmcblk0p2`.
        let device = fs::canonicalize(root.join("sys/dev/block").join(&mount.device)).ok();
        let name = device.as_deref().and_then(Path::file_name);
        let ext4 = name.map(|name| root.join("sys/fs/ext4").join(name));
        let number = |file: &str| number(&ext4.as_ref()?.join(file));
        let disk = device.as_deref().and_then(whole_disk);
        let is_card = disk
            .as_deref()
            .and_then(Path::file_name)
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"mmcblk"));
        let life = disk.and_then(|disk| fs::read_to_string(disk.join("device/life_time")).ok());
        Self {
            is_card,
            read_only: Some(mount.read_only),
            errors: number("errors_count"),
            written: number("lifetime_write_kbytes").map(|kib| kib.saturating_mul(1024)),
            life_used: life.as_deref().and_then(life_used),
        }
    }
}

/// A line of `/proc/self/mountinfo` (proc(5)).
struct Mount {
    device: String,
    read_only: bool,
}

impl Mount {
    /// The mount that holds `folder`: the longest mount point above it, the last of equals.
    fn of(mounts: &str, folder: &Path) -> Option<Self> {
        let parsed = mounts.lines().filter_map(|line| {
            let mut words = line.split(' ');
            let (device, point) = (words.nth(2)?, words.nth(1)?);
            let super_options = line.rsplit(' ').next()?;
            let read_only = super_options.split(',').any(|option| option == "ro");
            folder.starts_with(point).then(|| {
                (
                    point.len(),
                    Self {
                        device: device.to_owned(),
                        read_only,
                    },
                )
            })
        });
        parsed.max_by_key(|(length, _)| *length).map(|(_, mount)| mount)
    }
}

/// The disk of a partition: the closest folder above with a `queue`, which only whole disks have.
fn whole_disk(device: &Path) -> Option<PathBuf> {
    device
        .ancestors()
        .take(2)
        .find(|folder| folder.join("queue").is_dir())
        .map(Path::to_owned)
}

fn number(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// `0x01 0x02`: the worse of two kinds of cells; 1 is up to 10 %, 11 is over its life. 0 is not told.
fn life_used(text: &str) -> Option<u8> {
    let steps = text
        .split_whitespace()
        .filter_map(|word| u8::from_str_radix(word.trim_start_matches("0x"), 16).ok());
    let worst = steps.filter(|step| (1..=11).contains(step)).max()?;
    Some((worst * 10).min(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worn_card_is_seen_below_the_folder_that_it_holds() {
        let root = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put(
            "proc/self/mountinfo",
            "22 1 179:1 / / ro,relatime - erofs /dev/root ro\n\
             30 22 179:2 / /data rw,noatime shared:9 - ext4 /dev/mmcblk0p2 rw,commit=30\n\
             31 22 0:21 / /run rw - tmpfs tmpfs rw\n",
        );
        put("sys/devices/mmc/block/mmcblk0/queue/rotational", "0");
        put("sys/devices/mmc/block/mmcblk0/device/life_time", "0x02 0x05\n");
        put("sys/devices/mmc/block/mmcblk0/mmcblk0p2/partition", "2");
        put("sys/fs/ext4/mmcblk0p2/errors_count", "3\n");
        put("sys/fs/ext4/mmcblk0p2/lifetime_write_kbytes", "2048\n");
        let link = root.path().join("sys/dev/block/179:2");
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("../../devices/mmc/block/mmcblk0/mmcblk0p2", link).unwrap();
        let found = Storage::read(root.path(), Path::new("/data/commonhost"));
        let expected = Storage {
            is_card: true,
            read_only: Some(false),
            errors: Some(3),
            written: Some(2 << 20),
            life_used: Some(50),
        };
        assert_eq!(found, expected);
        assert_eq!(
            Storage::read(root.path(), Path::new("/srv")).read_only,
            Some(true)
        );
        assert_eq!(
            Storage::read(Path::new("/nowhere"), Path::new("/data")),
            Storage::default()
        );
    }

    #[test]
    fn life_is_told_in_tens_or_not_at_all() {
        assert_eq!(life_used("0x01 0x01"), Some(10));
        assert_eq!(life_used("0x0b 0x01"), Some(100));
        assert_eq!(life_used("0x00 0x00"), None);
        assert_eq!(life_used("?"), None);
    }
}
