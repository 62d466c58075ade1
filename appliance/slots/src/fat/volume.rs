// SPDX-License-Identifier: AGPL-3.0-or-later
//! A file system planned as a whole.

use super::{END, ENTRY, FEWEST_CLUSTERS, Fat, FatError, entry};
use crate::disk::{Disk, SECTOR};
use std::{collections::BTreeSet, io};

const RESERVED: u64 = 32;
const TABLES: u64 = 2;
const ROOT: u32 = 2;
/// The sector with the number of free clusters, which is a hint and may be unknown.
const INFO: u64 = 1;
/// Where the first sector waits while the file system is hidden: in the part no firmware and no system looks at.
const BEHIND: u64 = 12;
/// Sectors written at a time.
const PIECE: u64 = 256;

/// A file and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: u32,
    /// Its first sector, counted from the partition's; the rest follows without a gap. The last sector is filled up
    /// with zeros.
    pub lba: u64,
    cluster: u32,
}

/// A FAT32 file system with a folder of files, each in one piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    sectors: u32,
    per_cluster: u8,
    table_sectors: u32,
    root: Vec<u8>,
    label: [u8; 11],
    id: u32,
    files: Vec<Placed>,
}

impl Volume {
    /// Plans a file system for a partition of this many sectors: name and bytes of every file, in the order they
    /// shall have on the card. The same input gives the same bytes.
    ///
    /// # Errors
    /// When a name cannot be used, or the partition is too small (or above 2 TiB).
    pub fn plan(sectors: u64, label: [u8; 11], files: &[(String, u32)]) -> Result<Self, FatError> {
        let sectors = u32::try_from(sectors).map_err(|_| FatError::Full)?;
        let (per_cluster, table_sectors) = [8, 4, 2, 1]
            .into_iter()
            .find_map(|per| Some((per, table_sectors(sectors, per)?)))
            .ok_or(FatError::Full)?;
        let cluster_bytes = u32::from(per_cluster) * 512;
        let mut names = BTreeSet::new();
        let mut shorts = BTreeSet::new();
        for (name, _) in files {
            if !entry::allowed(name) || !names.insert(name.to_ascii_uppercase()) {
                return Err(FatError::Name(name.clone()));
            }
        }
        // A name takes at most six entries.
        let root_bytes = u32::try_from((files.len() * 6 + 2) * ENTRY).map_err(|_| FatError::Full)?;
        let mut cluster = ROOT + root_bytes.div_ceil(cluster_bytes);
        let first = RESERVED + TABLES * u64::from(table_sectors);
        let mut root = entry::label(label).to_vec();
        let mut placed = Vec::new();
        for (name, size) in files {
            let short = entry::short_name(name, &shorts)?;
            shorts.insert(short);
            let begin = if *size == 0 { 0 } else { cluster };
            root.extend(entry::entries(name, &short, begin, *size).concat());
            placed.push(Placed {
                name: name.clone(),
                size: *size,
                lba: first + u64::from(cluster - ROOT) * u64::from(per_cluster),
                cluster: begin,
            });
            cluster = cluster
                .checked_add(size.div_ceil(cluster_bytes))
                .ok_or(FatError::Full)?;
        }
        if first + u64::from(cluster - ROOT) * u64::from(per_cluster) > u64::from(sectors) {
            return Err(FatError::Full);
        }
        root.resize((root_bytes.div_ceil(cluster_bytes) * cluster_bytes) as usize, 0);
        Ok(Self {
            sectors,
            per_cluster,
            table_sectors,
            root,
            label,
            id: crate::crc32c(&label),
            files: placed,
        })
    }

    /// The files and where they are.
    pub fn files(&self) -> &[Placed] {
        &self.files
    }

    /// Writes everything but the files' contents and the first sector. Nothing is flushed.
    ///
    /// # Errors
    /// When the device cannot be written.
    pub fn write_tables(&self, disk: &mut impl Disk) -> io::Result<()> {
        for lba in INFO..RESERVED {
            let sector = match lba {
                INFO => info(),
                BEHIND => self.boot_sector(),
                _ => [0; SECTOR],
            };
            disk.write(lba, &sector)?;
        }
        let per_sector = SECTOR as u64 / 4;
        let chains = self.chains();
        let mut at = 0;
        let mut piece = Vec::new();
        while at < u64::from(self.table_sectors) {
            let count = PIECE.min(u64::from(self.table_sectors) - at);
            piece.clear();
            for cluster in at * per_sector..(at + count) * per_sector {
                let next = next_of(&chains, cluster);
                piece.extend(next.to_le_bytes());
            }
            for table in 0..TABLES {
                disk.write(RESERVED + table * u64::from(self.table_sectors) + at, &piece)?;
            }
            at += count;
        }
        disk.write(RESERVED + TABLES * u64::from(self.table_sectors), &self.root)
    }

    /// The first and last cluster of the folder and of every file.
    fn chains(&self) -> Vec<(u32, u32)> {
        let bytes = u32::from(self.per_cluster) * 512;
        let root = u32::try_from(self.root.len()).unwrap_or(u32::MAX).div_ceil(bytes);
        let files = self.files.iter().filter(|file| file.size > 0);
        std::iter::once((ROOT, ROOT + root - 1))
            .chain(files.map(|file| (file.cluster, file.cluster + file.size.div_ceil(bytes) - 1)))
            .collect()
    }

    /// The first sector: with it, the partition is a file system.
    pub fn boot_sector(&self) -> [u8; SECTOR] {
        let mut sector = [0; SECTOR];
        let mut put = |at: usize, bytes: &[u8]| sector[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &[0xeb, 0x58, 0x90]);
        put(3, b"COMMHOST");
        put(11, &512_u16.to_le_bytes());
        put(13, &[self.per_cluster]);
        put(14, &[32, 0, 2]);
        put(21, &[0xf8]);
        put(24, &[63, 0, 255, 0]);
        put(32, &self.sectors.to_le_bytes());
        put(36, &self.table_sectors.to_le_bytes());
        put(44, &ROOT.to_le_bytes());
        put(48, &[1, 0]);
        put(64, &[0x80, 0, 0x29]);
        put(67, &self.id.to_le_bytes());
        put(71, &self.label);
        put(82, b"FAT32   ");
        put(510, &[0x55, 0xaa]);
        sector
    }
}

/// Writes zeros over the first sector, if they are not there already: no firmware finds a file system then.
///
/// # Errors
/// When the device cannot be read, or written and flushed.
pub fn hide(disk: &mut impl Disk) -> io::Result<()> {
    if hidden(disk)? {
        return Ok(());
    }
    disk.write(0, &[0; SECTOR])?;
    disk.flush()
}

/// Puts the first sector of a hidden file system in its place, by one write.
///
/// # Errors
/// When there is no file system, or the device cannot be written.
pub fn reveal(disk: &mut impl Disk) -> Result<(), FatError> {
    if hidden(disk)? {
        let mut sector = [0; SECTOR];
        disk.read(BEHIND, &mut sector)?;
        disk.write(0, &sector)?;
        disk.flush()?;
    }
    Fat::open(disk).map(|_| ())
}

/// Whether the first sector is all zeros.
///
/// # Errors
/// When the device cannot be read.
pub fn hidden(disk: &mut impl Disk) -> io::Result<bool> {
    let mut first = [0; SECTOR];
    disk.read(0, &mut first)?;
    Ok(first == [0; SECTOR])
}

/// Sectors of one table, if clusters of this size make a FAT32 of these sectors.
fn table_sectors(sectors: u32, per_cluster: u8) -> Option<u32> {
    let per = u64::from(per_cluster);
    let space = u64::from(sectors).checked_sub(RESERVED)?;
    // Every cluster takes its sectors, and four bytes in each table; the two marks before take eight more.
    let table = (space + 2 * per).div_ceil(per * SECTOR as u64 / 4 + TABLES);
    let clusters = space.checked_sub(TABLES * table)? / per;
    let fits = (clusters + 2).div_ceil(SECTOR as u64 / 4) <= table && clusters >= FEWEST_CLUSTERS;
    fits.then(|| table.try_into().ok()).flatten()
}

fn next_of(chains: &[(u32, u32)], cluster: u64) -> u32 {
    let Ok(cluster) = u32::try_from(cluster) else {
        return 0;
    };
    match cluster {
        0 => 0x0fff_fff8,
        1 => END,
        _ => {
            // The chains are in order and do not overlap.
            let found = chains.partition_point(|(_, last)| *last < cluster);
            match chains.get(found) {
                Some((first, last)) if *first <= cluster => {
                    if cluster == *last {
                        END
                    } else {
                        cluster + 1
                    }
                }
                _ => 0,
            }
        }
    }
}

fn info() -> [u8; SECTOR] {
    let mut sector = [0; SECTOR];
    sector[..4].copy_from_slice(b"RRaA");
    sector[484..488].copy_from_slice(b"rrAa");
    // Free clusters and where to look for one: unknown.
    sector[488..496].fill(0xff);
    sector[510..].copy_from_slice(&[0x55, 0xaa]);
    sector
}
