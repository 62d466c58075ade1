// SPDX-License-Identifier: AGPL-3.0-or-later
//! The root file system, every block of it checked against one hash (dm-verity).

use crate::ioctl;
use std::{
    fmt::Write as _,
    fs::File,
    io::{self, Read},
    path::Path,
};

/// What a `root.verity` says about itself: the superblock that `veritysetup format` writes
/// (<https://gitlab.com/cryptsetup/cryptsetup/-/wikis/DMVerity>). Nothing in it is trusted: with a wrong value, no
/// block fits the root hash.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Superblock {
    hash_type: u32,
    algorithm: String,
    data_block: u32,
    hash_block: u32,
    data_blocks: u64,
    salt: String,
}

impl Superblock {
    /// Its length.
    pub(crate) const BYTES: usize = 512;

    /// Reads one; `None` for anything else.
    pub(crate) fn parse(bytes: &[u8; Self::BYTES]) -> Option<Self> {
        let number = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let algorithm = bytes[32..64].split(|byte| *byte == 0).next()?;
        let algorithm = std::str::from_utf8(algorithm).ok()?;
        let salt_bytes = usize::from(u16::from_le_bytes([bytes[80], bytes[81]]));
        let mut salt = String::new();
        for byte in bytes[88..].get(..salt_bytes).filter(|_| salt_bytes <= 256)? {
            write!(salt, "{byte:02x}").ok()?;
        }
        let found = Self {
            hash_type: number(8 + 4),
            algorithm: algorithm.into(),
            data_block: number(64),
            hash_block: number(68),
            data_blocks: u64::from(number(72)) | u64::from(number(76)) << 32,
            salt: if salt.is_empty() { "-".into() } else { salt },
        };
        let word = !algorithm.is_empty() && algorithm.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let size = |bytes: u32| bytes.is_power_of_two() && (512..=4096).contains(&bytes);
        let right = bytes.starts_with(b"verity\0\0") && number(8) == 1 && word;
        (right && size(found.data_block) && size(found.hash_block)).then_some(found)
    }

    /// Length of the checked device in sectors.
    fn sectors(&self) -> Option<u64> {
        self.data_blocks.checked_mul(u64::from(self.data_block) / 512)
    }

    /// The device mapper's words for it
    /// (<https://docs.kernel.org/admin-guide/device-mapper/verity.html>).
    fn table(&self, data: u32, hashes: u32, root_hash: &str, damage: Damage) -> String {
        let option = match damage {
            Damage::IsAnError => "",
            Damage::Restarts => " 1 restart_on_corruption",
        };
        format!(
            "{} /dev/loop{data} /dev/loop{hashes} {} {} {} 1 {} {root_hash} {}{option}",
            self.hash_type, self.data_block, self.hash_block, self.data_blocks, self.algorithm, self.salt
        )
    }
}

/// What a block that does not fit its hash leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    /// To a read error: while it is looked for.
    IsAnError,
    /// To a restart: a system with a damaged program is not to go on.
    Restarts,
}

/// A checked device. Its loop devices last as long as it does.
pub(crate) struct Checked {
    /// `/dev/dm-N`
    pub(crate) device: String,
    name: &'static str,
    _loops: [File; 2],
}

impl Checked {
    /// Lays the check over `root.erofs` and `root.verity` in `folder`.
    pub(crate) fn open(
        folder: &Path,
        name: &'static str,
        root_hash: &str,
        damage: Damage,
    ) -> io::Result<Self> {
        let data = File::open(folder.join("root.erofs"))?;
        let mut hashes = File::open(folder.join("root.verity"))?;
        let mut bytes = [0; Superblock::BYTES];
        hashes.read_exact(&mut bytes)?;
        let superblock = Superblock::parse(&bytes).ok_or_else(|| io::Error::other("root.verity is none"))?;
        let sectors = superblock
            .sectors()
            .ok_or_else(|| io::Error::other("root.verity is too long"))?;
        let (data_loop, data_number) = ioctl::attach(&data)?;
        let (hash_loop, hash_number) = ioctl::attach(&hashes)?;
        let table = superblock.table(data_number, hash_number, root_hash, damage);
        let number = ioctl::map(name, "verity", sectors, &table)?;
        Ok(Self {
            device: format!("/dev/dm-{number}"),
            name,
            _loops: [data_loop, hash_loop],
        })
    }

    /// Takes it away again.
    pub(crate) fn close(self) -> io::Result<()> {
        ioctl::unmap(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> [u8; Superblock::BYTES] {
        let mut bytes = [0; Superblock::BYTES];
        bytes[..8].copy_from_slice(b"verity\0\0");
        bytes[8] = 1;
        bytes[12] = 1;
        bytes[32..38].copy_from_slice(b"sha256");
        bytes[64..68].copy_from_slice(&4096_u32.to_le_bytes());
        bytes[68..72].copy_from_slice(&4096_u32.to_le_bytes());
        bytes[72..80].copy_from_slice(&1000_u64.to_le_bytes());
        bytes[80] = 2;
        bytes[88..90].copy_from_slice(&[0xab, 0x01]);
        bytes
    }

    #[test]
    fn a_superblock_becomes_a_table() {
        let superblock = Superblock::parse(&sample()).unwrap();
        assert_eq!(superblock.sectors(), Some(8000));
        assert_eq!(
            superblock.table(0, 1, "ff", Damage::Restarts),
            "1 /dev/loop0 /dev/loop1 4096 4096 1000 1 sha256 ff ab01 1 restart_on_corruption"
        );
        assert!(
            superblock
                .table(0, 1, "ff", Damage::IsAnError)
                .ends_with(" ff ab01")
        );
    }

    #[test]
    fn what_is_not_one_is_refused() {
        for (at, value) in [(0, b'V'), (8, 2), (32, b' '), (64, 1), (81, 255)] {
            let mut bytes = sample();
            bytes[at] = value;
            assert_eq!(Superblock::parse(&bytes), None, "byte {at}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), Superblock::BYTES)) {
            let mut sector = sample();
            sector[8..].copy_from_slice(&bytes[8..]);
            if let Some(superblock) = Superblock::parse(&sector) {
                superblock.sectors();
                prop_assert!(!superblock.table(0, 1, "ff", Damage::IsAnError).contains('\n'));
            }
        }
    }
}
