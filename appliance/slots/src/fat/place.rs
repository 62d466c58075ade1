// SPDX-License-Identifier: AGPL-3.0-or-later
//! Replacing a file of one sector.

use super::{
    END, ENTRY, FatError, ONE_SECTOR,
    entry::{self, entries, point, short_name},
    read::{Entry, Fat, Table},
};
use crate::disk::{Disk, SECTOR};

/// Makes the file at `path` hold these 512 bytes, by a single write where it is there with that length already, which
/// it is unless a person changed it. Where it is missing or has another length it is made again; its folder must be
/// there. Flushed when this returns.
///
/// # Errors
/// When the file system is damaged or full, or the device cannot be written.
pub fn put_sector<D: Disk>(disk: D, path: &str, content: &[u8; SECTOR]) -> Result<(), FatError> {
    let mut fat = Fat::open(disk)?;
    match fat.find(path) {
        Ok(file) if file.folder => Err(FatError::Damaged("there is a folder where a file should be")),
        Ok(file) => {
            let Ok(lba) = fat.lba(file.cluster) else {
                // An empty file has no cluster.
                let cluster = fat.allocate(content)?;
                return fat.repoint(&file, cluster);
            };
            fat.disk.write(lba, content)?;
            fat.disk.flush()?;
            if file.size == ONE_SECTOR {
                Ok(())
            } else {
                fat.repoint(&file, file.cluster)
            }
        }
        Err(FatError::Missing) => {
            let folder = fat.folder(path)?;
            let cluster = fat.allocate(content)?;
            fat.add(folder, path, cluster)
        }
        Err(error) => Err(error),
    }
}

impl<D: Disk> Fat<D> {
    /// A free cluster, with this in it and marked as a file's only one, in every table.
    fn allocate(&mut self, content: &[u8; SECTOR]) -> Result<u32, FatError> {
        let mut table = Table::default();
        let mut free = None;
        for cluster in 2..self.clusters + 2 {
            if self.next(cluster, &mut table)? == 0 {
                free = Some(cluster);
                break;
            }
        }
        let cluster = free.ok_or(FatError::Full)?;
        let lba = self.lba(cluster)?;
        self.disk.write(lba, content)?;
        let at = cluster as usize % (SECTOR / 4) * 4;
        table.bytes[at..at + 4].copy_from_slice(&END.to_le_bytes());
        let sector = u64::from(cluster) / (SECTOR as u64 / 4);
        for number in 0..self.tables {
            self.disk
                .write(self.reserved + number * self.table_sectors + sector, &table.bytes)?;
        }
        self.disk.flush()?;
        Ok(cluster)
    }

    /// Lets a file begin at `cluster` and be one sector long.
    fn repoint(&mut self, file: &Entry, cluster: u32) -> Result<(), FatError> {
        let (lba, at) = file.at;
        let mut sector = [0; SECTOR];
        self.disk.read(lba, &mut sector)?;
        point(&mut sector[at..at + ENTRY], cluster, ONE_SECTOR);
        self.disk.write(lba, &sector)?;
        Ok(self.disk.flush()?)
    }

    /// Adds a file's entries to a folder, where so many are free in a row in one sector.
    fn add(&mut self, folder: u32, path: &str, cluster: u32) -> Result<(), FatError> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let (bytes, clusters) = self.directory(folder)?;
        let taken = bytes
            .chunks_exact(ENTRY)
            .filter_map(|entry| entry.first_chunk().copied())
            .collect();
        let new = entries(name, &short_name(name, &taken)?, cluster, ONE_SECTOR);
        if !entry::allowed(name) {
            return Err(FatError::Name(name.into()));
        }
        let mut end = false;
        for (number, sector) in bytes.chunks_exact(SECTOR).enumerate() {
            let mut run = 0;
            for (place, entry) in sector.chunks_exact(ENTRY).enumerate() {
                // After the first entry that was never used all are free, whatever their bytes say.
                let fresh = entry[0] == 0 || end;
                run = if fresh || entry[0] == 0xe5 { run + 1 } else { 0 };
                end = fresh;
                if run == new.len() {
                    let begin = (place + 1 - run) * ENTRY;
                    let mut changed = [0; SECTOR];
                    changed[..begin + run * ENTRY].copy_from_slice(&sector[..begin + run * ENTRY]);
                    changed[begin..begin + run * ENTRY].copy_from_slice(&new.concat());
                    if !end {
                        let rest = begin + run * ENTRY;
                        changed[rest..].copy_from_slice(&sector[rest..]);
                    }
                    let (lba, _) = self.place(&clusters, number * SECTOR);
                    self.disk.write(lba, &changed)?;
                    return Ok(self.disk.flush()?);
                }
            }
        }
        Err(FatError::Full)
    }
}
