// SPDX-License-Identifier: AGPL-3.0-or-later
//! Names that are safe by construction: once parsed, each can stand in a path, a unit name or a host name.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::{borrow::Borrow, fmt, str::FromStr};

/// Why a text is not a name. The message says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{found}\" is not {expected}")]
pub struct NameError {
    /// What was given (shortened).
    pub found: String,
    /// What was expected, with the rule.
    pub expected: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                let check: fn(&str) -> Option<String> = $check;
                check(text).map(Self).ok_or_else(|| NameError {
                    found: text.chars().take(80).collect(),
                    expected: $expected,
                })
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

fn lower_start(text: &str, most: usize, others: &[u8]) -> bool {
    text.len() <= most
        && text.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || others.contains(&b))
        && text.as_bytes().last().is_some_and(u8::is_ascii_alphanumeric)
}

fn label(text: &str, most: usize) -> bool {
    !text.is_empty()
        && text.len() <= most
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn owned(text: &str, holds: bool) -> Option<String> {
    holds.then(|| text.to_owned())
}

name!(
    /// A service, as in the catalog: `radicale`.
    ServiceName,
    "a service name: 1 to 24 lower-case letters, digits or hyphens, starting with a letter",
    |text| owned(text, lower_start(text, 24, b"-"))
);
name!(
    /// A process of a service, as in `[process.main]`.
    ProcessId,
    "a process id: 1 to 16 lower-case letters or digits, starting with a letter",
    |text| owned(text, lower_start(text, 16, b""))
);
name!(
    /// A board: one DNS label (RFC 1123), so that `<board>.local` is a name and, with a service before it,
    /// still fits into 63 bytes.
    BoardName,
    "a board name: 1 to 32 lower-case letters, digits or hyphens, no hyphen at either end",
    |text| owned(text, label(text, 32) && text.parse::<std::net::Ipv4Addr>().is_err())
);
name!(
    /// A member's sign-in name.
    MemberName,
    "a sign-in name: 2 to 32 lower-case letters, digits, dots, hyphens or underscores, starting with a letter",
    |text| owned(text, text.len() >= 2 && lower_start(text, 32, b".-_"))
);
name!(
    /// A group of members, as services see it.
    GroupName,
    "a group name: 1 to 32 lower-case letters, digits or hyphens, starting with a letter",
    |text| owned(text, lower_start(text, 32, b"-"))
);
name!(
    /// A fully qualified domain name of at least two labels, in lower case, ASCII (an IDN in its `xn--` form).
    Domain,
    "a domain name like calendar.example.org, in lower case and without a dot at the end",
    |text| {
        let good = text.len() <= 253
            && text.contains('.')
            && text.split('.').all(|part| label(part, 63))
            && text.rsplit('.').next().is_some_and(|top| top.bytes().any(|b| b.is_ascii_lowercase()));
        owned(text, good)
    }
);
name!(
    /// A SHA-256 digest in lower-case hexadecimal.
    Digest,
    "a SHA-256 digest: 64 hexadecimal digits in lower case",
    |text| owned(
        text,
        text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    )
);
name!(
    /// A piece of work that the host process goes on with by itself.
    WorkId,
    "the id of a piece of work: 1 to 24 lower-case letters or digits",
    |text| owned(
        text,
        (1..=24).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    )
);
name!(
    /// A place backups go to.
    RepositoryId,
    "the id of a repository: 1 to 16 lower-case letters or digits",
    |text| owned(
        text,
        (1..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    )
);
name!(
    /// A backup inside a repository, as restic names it.
    BackupId,
    "the id of a backup: 64 hexadecimal digits in lower case",
    |text| owned(
        text,
        text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    )
);
name!(
    /// A disk beside the board's own: the identifier of its file system.
    DiskId,
    "the identifier of a disk: 1 to 40 letters, digits or hyphens",
    |text| owned(
        text,
        (1..=40).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !text.starts_with('-')
    )
);
name!(
    /// The key of all backups: its words, which are restic's password.
    BackupKey,
    "a recovery key: 12 words in lower case, with one space between them",
    |text| {
        let words: Vec<&str> = text.split(' ').collect();
        let good = words.len() == 12
            && words
                .iter()
                .all(|word| (3..=8).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase()));
        owned(text, good)
    }
);
name!(
    /// The address of a store of backups: `https://host[:port]/path`, also `http`. No user, query or fragment.
    StoreUrl,
    "an address like https://backups.example.org/path/, without a user name, ? or #",
    |text| {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let good = rest.is_some_and(|rest| {
            let host = rest.split('/').next().unwrap_or_default();
            !host.is_empty()
                && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'))
        });
        let plain = text.len() <= 200
            && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'@' | b'?' | b'#' | b'"' | b'\\' | b'%' | b'$'));
        owned(text, good && plain)
    }
);
name!(
    /// A local snapshot: `<service>-<seconds since 1970>`.
    SnapshotName,
    "the name of a snapshot, like radicale-1795600000",
    |text| {
        let good = text.rsplit_once('-').is_some_and(|(service, at)| {
            service.parse::<ServiceName>().is_ok()
                && (1..=12).contains(&at.len())
                && at.bytes().all(|b| b.is_ascii_digit())
        });
        owned(text, good)
    }
);
name!(
    /// The code that proves possession of a board: 8 Crockford base32 characters (40 bits).
    /// Parsing takes lower case, spaces and hyphens, and reads `I`, `L` as 1 and `O` as 0, as Crockford says
    /// (<https://www.crockford.com/base32.html>).
    ClaimCode,
    "a claim code: the 8 letters and digits shown by the board, like 7K3M-Q9TD",
    |text| {
        let code: String = text
            .chars()
            .filter(|c| !matches!(c, ' ' | '-'))
            .map(|c| match c.to_ascii_uppercase() {
                'I' | 'L' => '1',
                'O' => '0',
                other => other,
            })
            .collect();
        let good = code.len() == 8 && code.bytes().all(|b| ClaimCode::ALPHABET.contains(&b));
        good.then_some(code)
    }
);

impl SnapshotName {
    /// The name of what is copied of `service` at `at` (moments before 1970 count as 1970).
    pub fn new(service: &ServiceName, at: Timestamp) -> Self {
        Self(format!("{service}-{}", at.0.clamp(0, 999_999_999_999)))
    }

    /// The service and the moment it names.
    pub fn parts(&self) -> Option<(ServiceName, Timestamp)> {
        let (service, at) = self.0.rsplit_once('-')?;
        Some((service.parse().ok()?, Timestamp(at.parse().ok()?)))
    }
}

impl ClaimCode {
    /// Crockford's base32 alphabet.
    pub const ALPHABET: &'static [u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// The code made of 40 random bits.
    pub fn from_bits(random: [u8; 5]) -> Self {
        let bits = random
            .iter()
            .fold(0u64, |bits, byte| (bits << 8) | u64::from(*byte));
        let letter = |i: u32| {
            let index = usize::try_from((bits >> (35 - 5 * i)) & 31).unwrap_or(0);
            char::from(Self::ALPHABET[index])
        };
        Self((0..8).map(letter).collect())
    }

    /// The code as shown to people: two groups of four.
    pub fn grouped(&self) -> String {
        format!("{}-{}", &self.0[..4], &self.0[4..])
    }
}

impl Digest {
    /// The first twelve digits: enough to tell bundles apart in names and logs.
    pub fn short(&self) -> &str {
        &self.0[..12]
    }

    /// The digest with these 32 bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        use fmt::Write as _;
        Self(bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_refuse_what_could_leave_a_folder_or_a_label() {
        for bad in [
            "",
            "..",
            "a/b",
            "-a",
            "a-",
            "A",
            "é",
            "a b",
            "a\n",
            &"a".repeat(25),
        ] {
            assert!(bad.parse::<ServiceName>().is_err(), "{bad:?}");
        }
        assert!("radicale".parse::<ServiceName>().is_ok());
        assert!("192.0.2.1".parse::<Domain>().is_err());
        assert!("example".parse::<Domain>().is_err());
        assert!("calendar.example.test".parse::<Domain>().is_ok());
    }

    #[test]
    fn a_claim_code_is_read_as_people_type_it() {
        let code: ClaimCode = "7k3m-q9td".parse().unwrap();
        assert_eq!(code.as_str(), "7K3MQ9TD");
        assert_eq!("oil0 oil0".parse::<ClaimCode>().unwrap().as_str(), "01100110");
        assert_eq!(code.grouped(), "7K3M-Q9TD");
        assert!("7K3M-Q9T".parse::<ClaimCode>().is_err());
        assert!("7K3M-Q9TU".parse::<ClaimCode>().is_err());
    }

    proptest! {
        #[test]
        fn random_bits_make_codes_that_parse_to_themselves(bits: [u8; 5]) {
            let code = ClaimCode::from_bits(bits);
            prop_assert_eq!(code.grouped().parse::<ClaimCode>().unwrap(), code);
        }

        #[test]
        fn no_text_makes_a_name_panic(text: String) {
            let _ = text.parse::<ServiceName>();
            let _ = text.parse::<Domain>();
            let _ = text.parse::<ClaimCode>();
            let _ = text.parse::<BoardName>();
            let _ = text.parse::<Digest>();
        }
    }
}
