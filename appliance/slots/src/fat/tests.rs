// SPDX-License-Identifier: AGPL-3.0-or-later
use super::*;
use crate::disk::{Disk, SECTOR, memory::Memory};
use proptest::prelude::*;

/// The smallest partition that can be FAT32.
const SMALL: u64 = 67_000;
const LABEL: [u8; 11] = *b"SLOT       ";

fn content(size: u32, seed: u32) -> Vec<u8> {
    (0..size)
        .map(|at| at.wrapping_mul(31).wrapping_add(seed).to_le_bytes()[0])
        .collect()
}

fn write(disk: &mut Memory, files: &[(String, u32)]) -> Volume {
    let volume = Volume::plan(disk.sectors(), LABEL, files).unwrap();
    volume.write_tables(disk).unwrap();
    for (seed, file) in (0..).zip(volume.files()) {
        let mut bytes = content(file.size, seed);
        bytes.resize(bytes.len().next_multiple_of(SECTOR), 0);
        disk.write(file.lba, &bytes).unwrap();
    }
    disk.write(0, &volume.boot_sector()).unwrap();
    volume
}

#[test]
fn a_slot_is_read_as_it_was_written() {
    let names = [
        "bcm2712-d-rpi-5-b.dtb",
        "bcm2712d0-rpi-5-b.dtb",
        "config.txt",
        "kernel8.img",
        "MANIFEST.json",
        "START4.ELF",
        "root.erofs",
        "empty",
        "a+b.tar.gz",
    ];
    let files: Vec<(String, u32)> = names
        .iter()
        .zip([1000, 512, 0, 4096, 4097, 1, 300_000, 0, 7])
        .map(|(name, size)| ((*name).into(), size))
        .collect();
    for sectors in [SMALL, 768 * 2048] {
        let mut disk = Memory::new(sectors);
        write(&mut disk, &files);
        let mut fat = Fat::open(&mut disk).unwrap();
        for (seed, (name, size)) in (0..).zip(&files) {
            for name in [name.clone(), name.to_uppercase()] {
                let found = fat.find(&name).unwrap();
                assert_eq!(fat.read(&found, 1 << 20).unwrap(), content(*size, seed), "{name}");
            }
        }
        assert!(matches!(fat.find("missing"), Err(FatError::Missing)));
    }
}

#[test]
fn without_its_first_sector_it_is_no_file_system() {
    let mut disk = Memory::new(SMALL);
    write(&mut disk, &[("config.txt".into(), 10)]);
    assert!(!hidden(&mut disk).unwrap());
    hide(&mut disk).unwrap();
    assert!(hidden(&mut disk).unwrap());
    assert!(matches!(Fat::open(&mut disk), Err(FatError::Damaged(_))));
}

#[test]
fn what_cannot_be_a_slot_is_refused() {
    let plan = |sectors, files: &[(&str, u32)]| {
        let files: Vec<(String, u32)> = files.iter().map(|(name, size)| ((*name).into(), *size)).collect();
        Volume::plan(sectors, LABEL, &files)
    };
    for name in ["", "..", ".x", "a/b", "a b", "ü", "x."] {
        assert!(
            matches!(plan(SMALL, &[(name, 1)]), Err(FatError::Name(_))),
            "{name:?}"
        );
    }
    assert!(matches!(
        plan(SMALL, &[("a", 1), ("A", 1)]),
        Err(FatError::Name(_))
    ));
    assert!(matches!(plan(SMALL, &[("a", 40_000_000)]), Err(FatError::Full)));
    assert!(matches!(
        plan(SMALL, &[("a", u32::MAX), ("b", u32::MAX)]),
        Err(FatError::Full)
    ));
    assert!(matches!(plan(60_000, &[]), Err(FatError::Full)));
    assert!(matches!(plan(0, &[]), Err(FatError::Full)));
}

#[test]
fn one_sector_is_put_whatever_became_of_the_file() {
    let new = [b'x'; SECTOR];
    for size in [512, 0, 300, 5000] {
        let mut disk = Memory::new(SMALL);
        write(
            &mut disk,
            &[("autoboot.txt".into(), size), ("README.TXT".into(), 900)],
        );
        disk.written.clear();
        put_sector(&mut disk, "autoboot.txt", &new).unwrap();
        if size == 512 {
            assert_eq!(disk.written.len(), 1, "an ordinary commit is one sector");
        }
        let mut fat = Fat::open(&mut disk).unwrap();
        let found = fat.find("AUTOBOOT.TXT").unwrap();
        assert_eq!(fat.read(&found, 512).unwrap(), new);
        let readme = fat.find("readme.txt").unwrap();
        assert_eq!(fat.read(&readme, 1000).unwrap(), content(900, 1));
    }
    let mut disk = Memory::new(SMALL);
    write(&mut disk, &[("README.TXT".into(), 900)]);
    for name in ["autoboot.txt", "long-name.conf"] {
        put_sector(&mut disk, name, &new).unwrap();
        put_sector(&mut disk, name, &[b'y'; SECTOR]).unwrap();
        let mut fat = Fat::open(&mut disk).unwrap();
        let found = fat.find(name).unwrap();
        assert_eq!(fat.read(&found, 512).unwrap(), [b'y'; SECTOR]);
    }
    assert!(matches!(
        put_sector(&mut disk, "loader/loader.conf", &new),
        Err(FatError::Missing)
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_is_damaged_reading_and_repairing_end(
        damage in prop::collection::vec((0..3000_u64, 0..512_usize, any::<u8>()), 1..60),
    ) {
        let mut disk = Memory::new(SMALL);
        write(&mut disk, &[("autoboot.txt".into(), 512), ("root.erofs".into(), 60_000)]);
        for (lba, at, byte) in damage {
            let mut sector = [0; SECTOR];
            // Most of it where it hurts.
            let lba = [0, 32, 1100, lba][at % 4].min(SMALL - 1);
            disk.read(lba, &mut sector).unwrap();
            sector[at] = byte;
            disk.write(lba, &sector).unwrap();
        }
        if let Ok(mut fat) = Fat::open(&mut disk) {
            for name in ["autoboot.txt", "root.erofs", "loader/x"] {
                if let Ok(found) = fat.find(name) {
                    let _ = fat.read(&found, 1 << 20);
                }
            }
        }
        let _ = put_sector(&mut disk, "autoboot.txt", &[1; SECTOR]);
    }
}
