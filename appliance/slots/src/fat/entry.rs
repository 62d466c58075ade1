// SPDX-License-Identifier: AGPL-3.0-or-later
//! Directory entries: the short one every file has, and those before it that hold a longer name.

use super::{ENTRY, FatError};
use std::collections::BTreeSet;

const LONG_NAME: u8 = 0x0f;
const ARCHIVE: u8 = 0x20;
const VOLUME_LABEL: u8 = 0x08;
/// Where the 13 characters of a long entry stand.
const PLACES: [usize; 13] = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];
/// 2026-01-01, in the form of a directory: every slot is the same to the last byte.
const DATE: u16 = (2026 - 1980) << 9 | 1 << 5 | 1;

/// Whether a file of a slot may have this name.
pub(crate) fn allowed(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(fits) && !name.starts_with('.') && !name.ends_with('.')
}

/// The short name of `name`: itself where it fits 8.3, else its beginning and a number that is free.
pub(crate) fn short_name(name: &str, taken: &BTreeSet<[u8; 11]>) -> Result<[u8; 11], FatError> {
    let upper = name.to_ascii_uppercase();
    let (base, extension) = upper.rsplit_once('.').unwrap_or((&upper, ""));
    let plain = |text: &str| {
        text.bytes()
            .filter(|byte| !b".+".contains(byte))
            .collect::<Vec<u8>>()
    };
    let (clean, extension) = (plain(base), plain(extension));
    let compose = |base: &[u8]| {
        let mut short = [b' '; 11];
        short[..base.len()].copy_from_slice(base);
        let length = extension.len().min(3);
        short[8..8 + length].copy_from_slice(&extension[..length]);
        short
    };
    if clean.len() == base.len() && clean.len() <= 8 && extension.len() <= 3 {
        let short = compose(&clean);
        if !taken.contains(&short) {
            return Ok(short);
        }
    }
    (1..1000)
        .map(|number| {
            let tail = format!("~{number}");
            let kept = clean.len().min(8 - tail.len());
            compose(&[&clean[..kept], tail.as_bytes()].concat())
        })
        .find(|short| !taken.contains(short))
        .ok_or_else(|| FatError::Name(name.into()))
}

/// All entries of a file, the short one last.
pub(crate) fn entries(name: &str, short: &[u8; 11], cluster: u32, size: u32) -> Vec<[u8; ENTRY]> {
    let sum = checksum(short);
    let characters: Vec<u8> = name.bytes().collect();
    let pieces: Vec<&[u8]> = characters.chunks(PLACES.len()).collect();
    let mut entries = Vec::new();
    if dotted(short) != name {
        for (number, piece) in pieces.iter().enumerate().rev() {
            let mut entry = [0; ENTRY];
            // At most 64 characters: five pieces.
            let order = u8::try_from(number + 1).unwrap_or(0);
            entry[0] = if number + 1 == pieces.len() {
                order | 0x40
            } else {
                order
            };
            entry[11] = LONG_NAME;
            entry[13] = sum;
            for (at, place) in PLACES.into_iter().enumerate() {
                let unit = match at.cmp(&piece.len()) {
                    std::cmp::Ordering::Less => u16::from(piece[at]),
                    std::cmp::Ordering::Equal => 0,
                    std::cmp::Ordering::Greater => 0xffff,
                };
                entry[place..place + 2].copy_from_slice(&unit.to_le_bytes());
            }
            entries.push(entry);
        }
    }
    let mut entry = [0; ENTRY];
    entry[..11].copy_from_slice(short);
    entry[11] = ARCHIVE;
    for at in [16, 18, 24] {
        entry[at..at + 2].copy_from_slice(&DATE.to_le_bytes());
    }
    point(&mut entry, cluster, size);
    entries.push(entry);
    entries
}

/// Sets where a file begins and how long it is.
pub(crate) fn point(entry: &mut [u8], cluster: u32, size: u32) {
    let [low, low2, high, high2] = cluster.to_le_bytes();
    entry[20..22].copy_from_slice(&[high, high2]);
    entry[26..28].copy_from_slice(&[low, low2]);
    entry[28..32].copy_from_slice(&size.to_le_bytes());
}

/// The entry that holds the volume's label.
pub(crate) fn label(label: [u8; 11]) -> [u8; ENTRY] {
    let mut entry = [0; ENTRY];
    entry[..11].copy_from_slice(&label);
    entry[11] = VOLUME_LABEL;
    entry[24..26].copy_from_slice(&DATE.to_le_bytes());
    entry
}

fn checksum(short: &[u8; 11]) -> u8 {
    short
        .iter()
        .fold(0_u8, |sum, byte| sum.rotate_right(1).wrapping_add(*byte))
}

fn dotted(short: &[u8; 11]) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    let (base, extension) = (text(&short[..8]), text(&short[8..]));
    if extension.is_empty() {
        base
    } else {
        format!("{base}.{extension}")
    }
}

/// What a directory's bytes hold.
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) folder: bool,
    pub(crate) cluster: u32,
    pub(crate) size: u32,
    /// Where the short entry stands, in bytes from the directory's beginning.
    pub(crate) at: usize,
}

/// Reads a directory; what makes no sense in it is skipped.
pub(crate) fn list(directory: &[u8]) -> Vec<Listed> {
    let mut listed = Vec::new();
    let mut long: Vec<u8> = Vec::new();
    let mut sum = None;
    for (number, entry) in directory.chunks_exact(ENTRY).enumerate() {
        match (entry[0], entry[11]) {
            (0, _) => break,
            (0xe5, _) => long.clear(),
            (order, LONG_NAME) => {
                if order & 0x40 != 0 {
                    long.clear();
                    sum = Some(entry[13]);
                }
                let piece: Vec<u8> = PLACES
                    .iter()
                    .map(|place| (entry[*place], entry[*place + 1]))
                    .take_while(|pair| *pair != (0, 0))
                    // Names of ours are ASCII; another one cannot be asked for.
                    .map(|(low, high)| if high == 0 { low } else { b'?' })
                    .collect();
                long.splice(0..0, piece);
            }
            (_, attributes) => {
                let short = *entry.first_chunk().unwrap_or(&[b' '; 11]);
                let named = !long.is_empty() && sum == Some(checksum(&short));
                let name = if named {
                    String::from_utf8_lossy(&long).into_owned()
                } else {
                    dotted(&short)
                };
                long.clear();
                if attributes & VOLUME_LABEL == 0 {
                    listed.push(Listed {
                        name,
                        folder: attributes & 0x10 != 0,
                        cluster: u32::from_le_bytes([entry[26], entry[27], entry[20], entry[21]]),
                        size: u32::from_le_bytes([entry[28], entry[29], entry[30], entry[31]]),
                        at: number * ENTRY,
                    });
                }
            }
        }
    }
    listed
}
