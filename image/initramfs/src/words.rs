// SPDX-License-Identifier: AGPL-3.0-or-later
//! The kernel's command line, as far as it concerns us.

use slots::{Slot, Version};

/// What the build and the firmware wrote there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// `commonhost.root=`: the root hash of the root file system that belongs to this kernel, 64 hexadecimal digits.
    pub(crate) root_hash: Option<String>,
    /// `commonhost.version=`
    pub(crate) version: Option<Version>,
    /// `commonhost.slot=`: the slot this kernel is from, where the loader knows.
    pub(crate) slot: Option<Slot>,
}

impl Words {
    /// Reads them; of a word that stands there twice the last counts, as in the kernel.
    pub(crate) fn parse(line: &str) -> Self {
        let mut words = Self::default();
        for (key, value) in line.split_whitespace().filter_map(|word| word.split_once('=')) {
            match key {
                "commonhost.root" => {
                    let hash = value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
                    words.root_hash = hash.then(|| value.to_ascii_lowercase());
                }
                "commonhost.version" => words.version = value.parse().ok(),
                "commonhost.slot" => words.slot = value.parse().ok(),
                _ => {}
            }
        }
        words
    }
}

/// The slot that the Raspberry Pi firmware says it started, from the device tree's `chosen/bootloader/partition`: a
/// big-endian number.
pub(crate) fn slot_of_property(bytes: &[u8]) -> Option<Slot> {
    Slot::of_partition(u32::from_be_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_and_damaged_ones_left_out() {
        let hash = "AB".repeat(32);
        let words = Words::parse(&format!(
            "quiet commonhost.root={hash} commonhost.version=0.2.0 commonhost.slot=b x"
        ));
        assert_eq!(words.root_hash, Some("ab".repeat(32)));
        assert_eq!(words.version.unwrap().as_str(), "0.2.0");
        assert_eq!(words.slot, Some(Slot::B));
        let words = Words::parse("commonhost.root=../etc commonhost.slot=c");
        assert_eq!(words, Words::default());
    }

    #[test]
    fn the_firmware_names_the_partition_it_started() {
        assert_eq!(slot_of_property(&[0, 0, 0, 3]), Some(Slot::B));
        assert_eq!(slot_of_property(&[0, 0, 0, 1]), None);
        assert_eq!(slot_of_property(&[3]), None);
    }
}
