// SPDX-License-Identifier: AGPL-3.0-or-later

use super::*;
use std::process::Command;

/// A disk in memory that forgets everything after a number of writes, as if the power failed.
#[derive(Clone)]
struct Memory {
    bytes: Vec<u8>,
    writes_left: usize,
}

impl Disk for Memory {
    fn read(&mut self, lba: u64, into: &mut [u8]) -> io::Result<()> {
        let at = usize::try_from(lba).unwrap() * SECTOR;
        let from = self.bytes.get(at..at + into.len());
        into.copy_from_slice(from.ok_or_else(|| io::Error::other("outside"))?);
        Ok(())
    }

    fn write(&mut self, lba: u64, from: &[u8]) -> io::Result<()> {
        for (i, sector) in from.chunks(SECTOR).enumerate() {
            if self.writes_left == 0 {
                return Err(io::Error::other("the power failed"));
            }
            self.writes_left -= 1;
            let at = (usize::try_from(lba).unwrap() + i) * SECTOR;
            self.bytes[at..at + SECTOR].copy_from_slice(sector);
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn sectors(&self) -> u64 {
        (self.bytes.len() / SECTOR) as u64
    }
}

/// A table as sfdisk, which builds the images, makes it: four partitions of 2 MiB, on a disk of `mebibytes`.
fn sfdisk(label: &str, mebibytes: usize) -> Memory {
    let file = std::env::temp_dir().join(format!("table-{label}-{mebibytes}-{}", std::process::id()));
    std::fs::write(&file, vec![0; 14 << 20]).unwrap();
    let id = if label == "gpt" {
        "636F6D6D-6F6E-686F-7374-000000000000"
    } else {
        "0x636f6d6e"
    };
    let script = format!("label: {label}\nlabel-id: {id}\n{}", "size=2MiB\n".repeat(4));
    let made = Command::new("sh")
        .arg("-c")
        .arg(format!(
            "printf '{}' | PATH=$PATH:/sbin:/usr/sbin sfdisk -q {}",
            script.replace('\n', "\\n"),
            file.display()
        ))
        .status()
        .unwrap();
    assert!(made.success());
    let mut bytes = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    bytes.resize(mebibytes << 20, 0);
    Memory {
        bytes,
        writes_left: usize::MAX,
    }
}

#[test]
fn the_last_partition_reaches_to_the_end_of_a_larger_disk() {
    for (label, last) in [("dos", 32), ("gpt", 31)] {
        let mut disk = sfdisk(label, 32);
        assert!(is_ours(&mut disk), "{label}");
        let extent = grow(&mut disk).unwrap();
        // The first partition starts after 1 MiB, the fourth after 7.
        let mebibyte = 2048;
        assert_eq!(
            extent,
            Extent {
                start: 7 * mebibyte,
                sectors: (last - 7) * mebibyte
            },
            "{label}"
        );
        let before = disk.bytes.clone();
        disk.writes_left = 0;
        assert_eq!(
            grow(&mut disk).unwrap(),
            extent,
            "a second time there is nothing to write"
        );
        assert_eq!(disk.bytes, before);
    }
}

#[test]
fn a_cut_at_any_write_leaves_a_table_that_can_be_grown() {
    for label in ["dos", "gpt"] {
        let new = sfdisk(label, 16);
        let whole = grow(&mut new.clone()).unwrap();
        for writes in 0..80 {
            let mut disk = new.clone();
            disk.writes_left = writes;
            let cut = grow(&mut disk);
            disk.writes_left = usize::MAX;
            assert!(is_ours(&mut disk), "{label} after {writes} writes");
            assert_eq!(grow(&mut disk).unwrap(), whole, "{label} after {writes} writes");
            assert!(cut.is_err() || writes >= 2);
        }
    }
}

#[test]
fn a_damaged_first_table_is_mended_from_the_copy() {
    let mut disk = sfdisk("gpt", 32);
    let extent = grow(&mut disk).unwrap();
    let whole = disk.bytes.clone();
    for at in [SECTOR + 50, 2 * SECTOR + 40] {
        disk.bytes[at] ^= 1;
        assert!(is_ours(&mut disk));
        assert_eq!(grow(&mut disk).unwrap(), extent);
        assert!(disk.bytes == whole);
    }
}

#[test]
fn other_disks_are_left_alone() {
    for label in ["dos", "gpt"] {
        let mut disk = sfdisk(label, 32);
        let id = if label == "gpt" { SECTOR + 56 } else { 440 };
        disk.bytes[id] ^= 1;
        let before = disk.bytes.clone();
        assert!(!is_ours(&mut disk));
        assert!(grow(&mut disk).is_err());
        assert!(disk.bytes == before);
    }
    let mut empty = Memory {
        bytes: vec![0; 1 << 20],
        writes_left: 0,
    };
    assert!(!is_ours(&mut empty));
    assert!(grow(&mut empty).is_err());
}
