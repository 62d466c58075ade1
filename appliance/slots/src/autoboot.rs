// SPDX-License-Identifier: AGPL-3.0-or-later
//! The file that tells the firmware which slot to start: always one sector, always rewritten whole.

use crate::slot::Slot;

/// Its length: one sector of the card, and the most the Raspberry Pi firmware reads.
pub const SELECTOR_BYTES: usize = 512;

/// Which firmware reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selector {
    /// `autoboot.txt` on the first partition, for the Raspberry Pi firmware
    /// (<https://www.raspberrypi.com/documentation/computers/config_txt.html#autoboot-txt>).
    Autoboot,
    /// `loader/loader.conf` on the EFI system partition, for systemd-boot (loader.conf(5)).
    Loader,
}

impl Selector {
    /// The file's path on the first partition, parts separated by `/`.
    pub fn path(self) -> &'static str {
        match self {
            Self::Autoboot => "autoboot.txt",
            Self::Loader => "loader/loader.conf",
        }
    }

    /// The file that starts `slot`, and the other one when a single try of it is asked for.
    pub fn render(self, slot: Slot) -> [u8; SELECTOR_BYTES] {
        let text = match self {
            Self::Autoboot => format!(
                "[all]\ntryboot_a_b=1\nboot_partition={}\n[tryboot]\nboot_partition={}\n\
                 # Written by the board at every update. A damaged copy is repaired at the next start.\n",
                slot.partition(),
                slot.other().partition(),
            ),
            Self::Loader => format!(
                "default slot-{slot}.conf\ntimeout 0\neditor no\n\
                 # Written by the board at every update. A damaged copy is repaired at the next start.\n"
            ),
        };
        let mut sector = [b'\n'; SELECTOR_BYTES];
        sector[..text.len()].copy_from_slice(text.as_bytes());
        sector
    }

    /// The slot this file starts, if it is byte for byte what [`Selector::render`] makes. Anything else is to be
    /// repaired, whatever some firmware may read in it.
    pub fn selected(self, file: &[u8]) -> Option<Slot> {
        Slot::BOTH.into_iter().find(|slot| self.render(*slot) == file)
    }
}

/// What the Raspberry Pi firmware reads in an `autoboot.txt`, however damaged: the number of the partition to start,
/// for a try (`tryboot`) or an ordinary start. `None`: it says nothing, so the firmware looks for a partition itself.
///
/// As documented, and as measured on a Pi 4: sections `[all]`, `[none]` and `[tryboot]` apply until the next one, the
/// last assignment wins, unknown lines are skipped, and nothing after the first 512 bytes is read.
pub fn firmware_partition(file: &[u8], tryboot: bool) -> Option<u32> {
    let mut applies = true;
    let mut partition = None;
    for line in file[..file.len().min(SELECTOR_BYTES)].split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        if let Some(section) = line.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]")) {
            applies = match section {
                b"all" => true,
                b"tryboot" => tryboot,
                _ => false,
            };
        } else if let Some(value) = line.strip_prefix(b"boot_partition=")
            && applies
        {
            partition = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
        }
    }
    partition
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_firmware_reads_what_was_written() {
        for slot in Slot::BOTH {
            let file = Selector::Autoboot.render(slot);
            assert_eq!(firmware_partition(&file, false), Some(slot.partition()));
            assert_eq!(firmware_partition(&file, true), Some(slot.other().partition()));
        }
    }

    #[test]
    fn a_file_with_one_wrong_bit_or_missing_bytes_is_not_taken_for_ours() {
        for selector in [Selector::Autoboot, Selector::Loader] {
            for slot in Slot::BOTH {
                let file = selector.render(slot);
                assert_eq!(selector.selected(&file), Some(slot));
                for bit in 0..SELECTOR_BYTES * 8 {
                    let mut flipped = file;
                    flipped[bit / 8] ^= 1 << (bit % 8);
                    assert_eq!(selector.selected(&flipped), None, "bit {bit}");
                }
                for length in 0..SELECTOR_BYTES {
                    assert_eq!(selector.selected(&file[..length]), None, "{length} bytes");
                }
            }
        }
    }

    #[test]
    fn sections_that_do_not_apply_are_skipped_and_the_last_line_wins() {
        let file =
            b"boot_partition=1\n[none]\nboot_partition=4\n[tryboot]\nboot_partition=3\n[all]\r\nfoo=1\r\n";
        assert_eq!(firmware_partition(file, false), Some(1));
        assert_eq!(firmware_partition(file, true), Some(3));
        assert_eq!(firmware_partition(b"", false), None);
        assert_eq!(firmware_partition(b"boot_partition=x", false), None);
        let long = [vec![b'\n'; 512], b"boot_partition=3".to_vec()].concat();
        assert_eq!(firmware_partition(&long, false), None);
    }
}
