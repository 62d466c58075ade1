// SPDX-License-Identifier: AGPL-3.0-or-later
//! Reading a FAT32 file system that anybody may have written. Whatever is in it, reading ends.

use super::{ENTRY, FEWEST_CLUSTERS, FatError, LAST_CLUSTER, entry};
use crate::disk::{Disk, SECTOR};

/// No directory on a card of ours is larger, in bytes.
const DIRECTORY_BYTES: usize = 1 << 20;

/// A file system on a partition.
#[derive(Debug)]
pub struct Fat<D> {
    pub(crate) disk: D,
    pub(crate) per_cluster: u64,
    pub(crate) reserved: u64,
    pub(crate) tables: u64,
    pub(crate) table_sectors: u64,
    pub(crate) clusters: u32,
    root: u32,
}

/// A file or folder that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its first cluster; 0 when it is empty.
    pub(crate) cluster: u32,
    /// Bytes.
    pub size: u32,
    pub(crate) folder: bool,
    /// The sector its entry stands in, and where in it.
    pub(crate) at: (u64, usize),
}

impl Entry {
    /// The sector its directory entry stands in, counted from the partition's, and the byte in it.
    pub fn place(&self) -> (u64, usize) {
        self.at
    }
}

impl<D: Disk> Fat<D> {
    /// Looks at the first sector.
    ///
    /// # Errors
    /// When it is not that of a FAT32 file system which fits the partition.
    pub fn open(mut disk: D) -> Result<Self, FatError> {
        let mut first = [0; SECTOR];
        disk.read(0, &mut first)?;
        let byte = |at: usize| u64::from(first[at]);
        let word = |at: usize| u64::from(u16::from_le_bytes([first[at], first[at + 1]]));
        let long = |at: usize| u32::from_le_bytes([first[at], first[at + 1], first[at + 2], first[at + 3]]);
        if first[510..] != [0x55, 0xaa] || word(11) != 512 || word(17) != 0 || word(22) != 0 {
            return Err(FatError::Damaged("its first sector is not one of FAT32"));
        }
        let (per_cluster, reserved, tables) = (byte(13), word(14), byte(16));
        let (sectors, table_sectors) = (u64::from(long(32)), u64::from(long(36)));
        let data = sectors.checked_sub(reserved + tables * table_sectors);
        let clusters = match data {
            Some(data) if per_cluster.is_power_of_two() => data / per_cluster,
            _ => return Err(FatError::Damaged("its first sector makes no sense")),
        };
        let known = table_sectors * (SECTOR as u64 / 4);
        let whole = sectors <= disk.sectors() && reserved > 0 && tables > 0 && known >= clusters + 2;
        match u32::try_from(clusters) {
            Ok(clusters) if whole && u64::from(clusters) >= FEWEST_CLUSTERS => Ok(Self {
                disk,
                per_cluster,
                reserved,
                tables,
                table_sectors,
                clusters,
                root: long(44),
            }),
            _ => Err(FatError::Damaged("its first sector makes no sense")),
        }
    }

    /// Finds a file or folder, whatever the case of its letters; parts of the path are separated by `/`.
    ///
    /// # Errors
    /// [`FatError::Missing`], or when the file system is damaged on the way there.
    pub fn find(&mut self, path: &str) -> Result<Entry, FatError> {
        let mut folder = self.root;
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            let (bytes, clusters) = self.directory(folder)?;
            let found = entry::list(&bytes)
                .into_iter()
                .find(|each| each.name.eq_ignore_ascii_case(part))
                .ok_or(FatError::Missing)?;
            if parts.peek().is_none() {
                return Ok(Entry {
                    cluster: found.cluster,
                    size: found.size,
                    folder: found.folder,
                    at: self.place(&clusters, found.at),
                });
            }
            if !found.folder {
                return Err(FatError::Missing);
            }
            folder = found.cluster;
        }
        Err(FatError::Missing)
    }

    /// A whole file of at most `limit` bytes.
    ///
    /// # Errors
    /// When it is longer, or its clusters are not those of a file.
    pub fn read(&mut self, file: &Entry, limit: u32) -> Result<Vec<u8>, FatError> {
        if file.folder || file.size > limit {
            return Err(FatError::Damaged("a file is longer than it can be"));
        }
        let mut bytes = Vec::new();
        self.walk(file, &mut |piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(bytes)
    }

    /// Hands a file's bytes to `take`, a cluster at a time.
    ///
    /// # Errors
    /// When its clusters are not those of a file, or what `take` says.
    pub fn walk(
        &mut self,
        file: &Entry,
        take: &mut dyn FnMut(&[u8]) -> std::io::Result<()>,
    ) -> Result<(), FatError> {
        let mut left = u64::from(file.size);
        let mut cluster = file.cluster;
        let mut table = Table::default();
        let mut buffer = vec![0; self.cluster_bytes()];
        while left > 0 {
            let lba = self.lba(cluster)?;
            self.disk.read(lba, &mut buffer)?;
            let length = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            take(&buffer[..length])?;
            left -= length as u64;
            if left > 0 {
                cluster = self.next(cluster, &mut table)?;
            }
        }
        Ok(())
    }

    /// A directory's bytes and clusters.
    pub(crate) fn directory(&mut self, first: u32) -> Result<(Vec<u8>, Vec<u32>), FatError> {
        let mut bytes = Vec::new();
        let mut clusters = Vec::new();
        let mut cluster = first;
        let mut table = Table::default();
        while (2..=LAST_CLUSTER).contains(&cluster) {
            if bytes.len() >= DIRECTORY_BYTES {
                return Err(FatError::Damaged("a folder has no end"));
            }
            let lba = self.lba(cluster)?;
            let mut piece = vec![0; self.cluster_bytes()];
            self.disk.read(lba, &mut piece)?;
            let over = piece.chunks_exact(ENTRY).any(|entry| entry[0] == 0);
            bytes.append(&mut piece);
            clusters.push(cluster);
            if over {
                break;
            }
            cluster = self.next(cluster, &mut table)?;
        }
        Ok((bytes, clusters))
    }

    /// The cluster of a path's folder.
    pub(crate) fn folder(&mut self, path: &str) -> Result<u32, FatError> {
        match path.rsplit_once('/') {
            None => Ok(self.root),
            Some((folder, _)) => match self.find(folder)? {
                found if found.folder => Ok(found.cluster),
                _ => Err(FatError::Missing),
            },
        }
    }

    /// The sector of a directory's byte, and where in it that is.
    pub(crate) fn place(&self, clusters: &[u32], at: usize) -> (u64, usize) {
        let bytes = self.cluster_bytes();
        let first = self.data() + u64::from(clusters[at / bytes] - 2) * self.per_cluster;
        (first + (at % bytes / SECTOR) as u64, at % SECTOR)
    }

    /// The first sector of a cluster.
    pub(crate) fn lba(&self, cluster: u32) -> Result<u64, FatError> {
        match cluster.checked_sub(2) {
            Some(number) if number < self.clusters => Ok(self.data() + u64::from(number) * self.per_cluster),
            _ => Err(FatError::Damaged("a file lies outside it")),
        }
    }

    fn data(&self) -> u64 {
        self.reserved + self.tables * self.table_sectors
    }

    fn cluster_bytes(&self) -> usize {
        // At most 128 sectors.
        usize::try_from(self.per_cluster).unwrap_or(1) * SECTOR
    }

    /// What the first table says comes after a cluster.
    pub(crate) fn next(&mut self, cluster: u32, table: &mut Table) -> Result<u32, FatError> {
        let sector = self.reserved + u64::from(cluster) / (SECTOR as u64 / 4);
        if table.sector != Some(sector) {
            self.disk.read(sector, &mut table.bytes)?;
            table.sector = Some(sector);
        }
        let at = cluster as usize % (SECTOR / 4) * 4;
        let entry = table.bytes[at..].first_chunk().copied().unwrap_or([0; 4]);
        Ok(u32::from_le_bytes(entry) & 0x0fff_ffff)
    }
}

/// The sector of a table that was read last.
pub(crate) struct Table {
    sector: Option<u64>,
    pub(crate) bytes: [u8; SECTOR],
}

impl Default for Table {
    fn default() -> Self {
        Self {
            sector: None,
            bytes: [0; SECTOR],
        }
    }
}
