// SPDX-License-Identifier: AGPL-3.0-or-later
//! Releases of a board's own system, as signed metadata describes them.

use crate::{Digest, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// A release's version: three numbers, and more after a `+` for rebuilds of the same source, as in `0.2.0+20261125.1`.
/// Versions are ordered by their numbers; a missing number is 0.
#[derive(Clone, Debug)]
pub struct ReleaseVersion {
    numbers: Vec<u64>,
    text: String,
}

impl ReleaseVersion {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn significant(&self) -> &[u64] {
        let end = self.numbers.iter().rposition(|number| *number != 0);
        &self.numbers[..end.map_or(0, |end| end + 1)]
    }
}

impl PartialEq for ReleaseVersion {
    fn eq(&self, other: &Self) -> bool {
        self.significant() == other.significant()
    }
}

impl Eq for ReleaseVersion {}

impl PartialOrd for ReleaseVersion {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ReleaseVersion {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.significant().cmp(other.significant())
    }
}

impl fmt::Display for ReleaseVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Not a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAVersion;

impl fmt::Display for NotAVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a version like 0.2.0 or 0.2.0+20261125")
    }
}

impl std::error::Error for NotAVersion {}

impl FromStr for ReleaseVersion {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        let (main, rebuild) = text
            .split_once('+')
            .map_or((text, None), |(main, more)| (main, Some(more)));
        let number = |part: &str| {
            let digits = (1..=12).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            let plain = part == "0" || !part.starts_with('0');
            part.parse().ok().filter(|_| digits && plain).ok_or(NotAVersion)
        };
        let mut numbers = main.split('.').map(number).collect::<Result<Vec<u64>, _>>()?;
        if numbers.len() != 3 || text.len() > 45 {
            return Err(NotAVersion);
        }
        for part in rebuild.into_iter().flat_map(|more| more.split('.')) {
            numbers.push(number(part)?);
        }
        Ok(Self {
            numbers,
            text: text.into(),
        })
    }
}

impl Serialize for ReleaseVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for ReleaseVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Who gets a release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Everybody.
    #[default]
    Stable,
    /// Those who want to try what is next.
    Candidate,
}

impl Channel {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Candidate => "candidate",
        }
    }
}

/// One release for one kind of board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Its version: a board never goes to a lower one by itself.
    pub version: ReleaseVersion,
    /// Who gets it.
    pub channel: Channel,
    /// When it was made: waves are counted from here.
    pub created: Timestamp,
    /// The kinds of image it is for: `pi`, `pc`.
    pub boards: Vec<String>,
    /// The oldest bootloader (its build date) that can start the other slot once; `None` where it does not matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootloader: Option<Timestamp>,
    /// Root hash of its root file system (dm-verity).
    pub root: Digest,
    /// The files of a slot, in the order they are written.
    pub files: Vec<SlotFile>,
    /// The forms of the state database it can open, oldest and newest: it makes the newest of what it finds.
    pub schema: SchemaRange,
    /// Whether it closes a hole that is known to others: such a release is not held back by waves.
    #[serde(default)]
    pub urgent: bool,
    /// When which share of boards takes it by itself; empty: all at once.
    #[serde(default)]
    pub waves: Vec<Wave>,
    /// What changed, in words for members, by language; one line an entry.
    #[serde(default)]
    pub changes: BTreeMap<String, Vec<String>>,
}

impl Release {
    /// Bytes of all files.
    pub fn size(&self) -> u64 {
        self.files.iter().map(|file| u64::from(file.size)).sum()
    }

    /// What changed, in this language or else in English.
    pub fn changes(&self, language: &str) -> &[String] {
        self.changes
            .get(language)
            .or_else(|| self.changes.get("en"))
            .map_or(&[], Vec::as_slice)
    }
}

/// A file of a slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlotFile {
    /// Its name in the slot.
    pub name: String,
    /// Bytes; below 4 GiB, as FAT32 needs it.
    pub size: u32,
    /// SHA-256. It is fetched by this name.
    pub sha256: Digest,
}

/// The forms of the state database, by the number of the last migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemaRange {
    /// The oldest it can bring up to date.
    pub oldest: u32,
    /// The one it makes of it.
    pub newest: u32,
}

/// A share of the boards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wave {
    /// Hours after the release was made.
    pub after_hours: u32,
    /// Boards that take it by themselves from then on, of a hundred.
    pub percent: u8,
}

/// All releases there are to choose from (the payload of `targets.json`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Releases {
    /// In no particular order.
    pub releases: Vec<Release>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_their_numbers() {
        let in_order = [
            "0.1.0",
            "0.1.9+1",
            "0.1.10",
            "0.1.10+20261125",
            "0.1.10+20261125.1",
            "1.0.0",
        ];
        for pair in in_order.windows(2) {
            let [a, b] = [pair[0], pair[1]].map(|text| text.parse::<ReleaseVersion>().unwrap());
            assert!(a < b, "{a} {b}");
        }
        assert_eq!("1.0.0".parse::<ReleaseVersion>(), "1.0.0+0".parse());
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for bad in [
            "",
            "1",
            "1.0",
            "1.0.0.0",
            "1.0.x",
            "01.0.0",
            "1.0.0+",
            "1.0.0+a",
            "1.0.-1",
            " 1.0.0",
            "1.0.0+1+2",
        ] {
            assert!(bad.parse::<ReleaseVersion>().is_err(), "{bad:?}");
        }
    }
}
