// SPDX-License-Identifier: AGPL-3.0-or-later
//! The card: found among the disks by its number, its two slots and the file that the firmware reads.

use crate::{
    ioctl,
    say::say,
    table::{self, Extent},
    verity::{Checked, Damage},
};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use slots::{Disk, FileDisk, SECTOR, SELECTOR_BYTES, Selector, Slot, Window};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Where slots and the first partition are mounted while they are looked into.
const SLOTS: &str = "/slots";
const BOOT: &str = "/select";
const PROBE: &str = "/probe";

/// A disk with the partition table of a board.
pub(crate) struct Card {
    /// `mmcblk0`, `sda`, …
    name: String,
    device: File,
    selector: Selector,
}

impl Card {
    /// All cards there are at the moment.
    pub(crate) fn all() -> Vec<Self> {
        let Ok(disks) = fs::read_dir("/sys/block") else {
            return Vec::new();
        };
        let mut names: Vec<_> = disks
            .filter_map(|disk| disk.ok()?.file_name().into_string().ok())
            .filter(|name| {
                !["loop", "dm-", "ram", "zram", "sr"]
                    .iter()
                    .any(|kind| name.starts_with(kind))
            })
            .collect();
        names.sort();
        names.into_iter().filter_map(Self::open).collect()
    }

    fn open(name: String) -> Option<Self> {
        let device = OpenOptions::new()
            .read(true)
            .write(true)
            .open(format!("/dev/{name}"))
            .ok()?;
        let mut disk = FileDisk::open(device.try_clone().ok()?).ok()?;
        if !table::is_ours(&mut disk) {
            return None;
        }
        // The kernel finds partitions a moment after the disk.
        let card = Self {
            name,
            device,
            selector: Selector::Autoboot,
        };
        card.partition(table::DATA).exists().then_some(card)
    }

    /// The disk itself.
    pub(crate) fn disk(&self) -> io::Result<FileDisk> {
        FileDisk::open(self.device.try_clone()?)
    }

    /// A partition's device: `/dev/mmcblk0p4`, `/dev/sda4`.
    pub(crate) fn partition(&self, number: u32) -> PathBuf {
        let between = if self.name.ends_with(|last: char| last.is_ascii_digit()) {
            "p"
        } else {
            ""
        };
        PathBuf::from(format!("/dev/{}{between}{number}", self.name))
    }

    /// Its name, for messages.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What the firmware's file says, if it is whole. Which firmware it is, the card tells: one of the files is there.
    pub(crate) fn selected(&mut self) -> io::Result<Option<Slot>> {
        self.with_boot(MsFlags::MS_RDONLY, |this| {
            let loader = Path::new(BOOT).join("loader").is_dir();
            this.selector = if loader {
                Selector::Loader
            } else {
                Selector::Autoboot
            };
            let file = fs::read(Path::new(BOOT).join(this.selector.path())).unwrap_or_default();
            Ok(this.selector.selected(&file))
        })
    }

    /// Makes the firmware start `slot` from now on: the file's one sector is written over in place.
    pub(crate) fn select(&mut self, slot: Slot) -> io::Result<()> {
        self.with_boot(MsFlags::empty(), |this| {
            let path = Path::new(BOOT).join(this.selector.path());
            let wanted: [u8; SELECTOR_BYTES] = this.selector.render(slot);
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)?;
            file.write_all(&wanted)?;
            file.set_len(SELECTOR_BYTES as u64)?;
            file.sync_all()
        })
    }

    fn with_boot<T>(
        &mut self,
        flags: MsFlags,
        work: impl FnOnce(&mut Self) -> io::Result<T>,
    ) -> io::Result<T> {
        mount_vfat(&self.partition(1), Path::new(BOOT), flags)?;
        let result = work(self);
        umount2(BOOT, MntFlags::empty())?;
        result
    }

    /// Clears the first sector of a slot, so that no firmware finds a file system in it.
    pub(crate) fn hide(&self, slot: Slot) -> io::Result<()> {
        let device = OpenOptions::new()
            .read(true)
            .write(true)
            .open(self.partition(slot.partition()))?;
        let disk = FileDisk::open(device)?;
        let sectors = disk.sectors();
        let mut slot = Window::new(disk, 0, sectors)?;
        let mut first = [0; SECTOR];
        slot.read(0, &mut first)?;
        if first != [0; SECTOR] {
            slot.write(0, &[0; SECTOR])?;
            slot.flush()?;
        }
        Ok(())
    }

    /// The slot with the root file system of this hash, `first` being looked at first. It stays mounted.
    pub(crate) fn find_root(&self, root_hash: &str, first: Slot) -> Option<Slot> {
        [first, first.other()]
            .into_iter()
            .find(|slot| match self.probe(*slot, root_hash) {
                Ok(()) => true,
                Err(error) => {
                    say(&format!(
                        "slot {slot} of {} does not hold this system: {error}",
                        self.name
                    ));
                    let _ = umount2(&folder(*slot), MntFlags::MNT_DETACH);
                    false
                }
            })
    }

    fn probe(&self, slot: Slot, root_hash: &str) -> io::Result<()> {
        mount_vfat(
            &self.partition(slot.partition()),
            &folder(slot),
            MsFlags::MS_RDONLY,
        )?;
        let checked = Checked::open(&folder(slot), "probe", root_hash, Damage::IsAnError)?;
        // Its first blocks are read and checked by this.
        let mounted = mount_root(&checked, Path::new(PROBE));
        if mounted.is_ok() {
            umount2(PROBE, MntFlags::empty())?;
        }
        checked.close()?;
        mounted
    }

    /// Mounts the root file system of a slot in which [`Card::find_root`] has found it.
    pub(crate) fn open_root(slot: Slot, root_hash: &str, target: &Path) -> io::Result<()> {
        let checked = Checked::open(&folder(slot), "root", root_hash, Damage::Restarts)?;
        mount_root(&checked, target)?;
        // What is mounted keeps the files open that it came from.
        umount2(&folder(slot), MntFlags::MNT_DETACH)?;
        Ok(())
    }

    /// Makes the data partition reach to the end of the card, and tells the kernel. Returns its length.
    pub(crate) fn grow(&self) -> io::Result<Extent> {
        let extent = table::grow(&mut self.disk()?)?;
        let bytes = |sectors: u64| sectors * SECTOR as u64;
        let known = FileDisk::open(File::open(self.partition(table::DATA))?)?.sectors();
        if known < extent.sectors {
            ioctl::resize_partition(
                &self.device,
                table::DATA,
                bytes(extent.start),
                bytes(extent.sectors),
            )?;
        }
        Ok(extent)
    }
}

fn folder(slot: Slot) -> PathBuf {
    Path::new(SLOTS).join(slot.to_string())
}

fn mount_root(checked: &Checked, target: &Path) -> io::Result<()> {
    fs::create_dir_all(target)?;
    let device = Some(Path::new(&checked.device));
    mount(
        device,
        target,
        Some("erofs"),
        MsFlags::MS_RDONLY | MsFlags::MS_NODEV,
        None::<&Path>,
    )?;
    Ok(())
}

/// Mounts a FAT file system, readable to root alone: the first one may hold a Wi-Fi password.
pub(crate) fn mount_vfat(device: &Path, target: &Path, flags: MsFlags) -> io::Result<()> {
    fs::create_dir_all(target)?;
    let flags = flags | MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC | MsFlags::MS_NOATIME;
    mount(
        Some(device),
        target,
        Some("vfat"),
        flags,
        Some("umask=0077,tz=UTC"),
    )?;
    Ok(())
}
