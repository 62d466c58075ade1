// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a path asks for. Nothing else of a path gets near the disk.

use std::path::{Path, PathBuf};

/// Folders of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Data,
    Index,
    Keys,
    Locks,
    Snapshots,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [Self::Data, Self::Index, Self::Keys, Self::Locks, Self::Snapshots];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Index => "index",
            Self::Keys => "keys",
            Self::Locks => "locks",
            Self::Snapshots => "snapshots",
        }
    }

    pub(crate) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Bytes of one file, at most. restic's packs have at most 128 MiB, its other files a few.
    pub(crate) fn longest(self) -> u64 {
        match self {
            Self::Data | Self::Index => 160 << 20,
            Self::Snapshots => 16 << 20,
            Self::Keys | Self::Locks => 64 << 10,
        }
    }

    /// Files, at most, whatever the room; `None`: only the room counts.
    pub(crate) fn most(self) -> Option<usize> {
        match self {
            Self::Keys | Self::Locks => Some(256),
            Self::Data | Self::Index | Self::Snapshots => None,
        }
    }
}

/// A hash in 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name(String);

impl Name {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == 64 && text.bytes().all(digit)).then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum File {
    /// The one without a hash for a name.
    Config,
    Named(Kind, Name),
}

impl File {
    /// Where it is, below the folder of a repository.
    pub(crate) fn below(&self, folder: &Path) -> PathBuf {
        match self {
            Self::Config => folder.join("config"),
            Self::Named(Kind::Data, name) => folder.join("data").join(&name.0[..2]).join(&name.0),
            Self::Named(kind, name) => folder.join(kind.word()).join(&name.0),
        }
    }

    pub(crate) fn longest(&self) -> u64 {
        match self {
            Self::Config => 64 << 10,
            Self::Named(kind, _) => kind.longest(),
        }
    }
}

/// What a path asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Root,
    List(Kind),
    File(File),
}

/// Reads a path as restic writes it.
pub(crate) fn parse(path: &str) -> Option<Target> {
    let mut words = path.split('/').filter(|word| !word.is_empty());
    let target = match (words.next(), words.next()) {
        (None, _) => Target::Root,
        (Some("config"), None) => Target::File(File::Config),
        (Some(kind), None) => Target::List(Kind::of(kind)?),
        (Some(kind), Some(name)) => Target::File(File::Named(Kind::of(kind)?, Name::parse(name)?)),
    };
    words.next().is_none().then_some(target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_restic_asks_for_is_understood() {
        let hash = "0123456789abcdef".repeat(4);
        let name = Name::parse(&hash).unwrap();
        let file = |kind| Some(Target::File(File::Named(kind, name.clone())));
        assert_eq!(parse("/"), Some(Target::Root));
        assert_eq!(parse("/config"), Some(Target::File(File::Config)));
        assert_eq!(parse("/data/"), Some(Target::List(Kind::Data)));
        assert_eq!(parse(&format!("/data/{hash}")), file(Kind::Data));
        assert_eq!(parse(&format!("/locks/{hash}")), file(Kind::Locks));
        for bad in [
            "/..",
            "/data/..",
            "/data/../config",
            "/data/%2e%2e/config",
            "/config/x",
            "/other/",
            &format!("/data/{}", hash.to_uppercase()),
            &format!("/data/{hash}/x"),
            &format!("/data/{}", &hash[1..]),
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_path_leads_out_of_the_folder(path in "[/.a-f0-9%\\\\\\PC]{0,80}") {
            if let Some(Target::File(file)) = parse(&path) {
                let place = file.below(Path::new("/held"));
                prop_assert!(place.starts_with("/held"));
                prop_assert!(!place.components().any(|part| part == std::path::Component::ParentDir));
            }
        }
    }
}
