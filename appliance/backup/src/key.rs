// SPDX-License-Identifier: AGPL-3.0-or-later
//! The key of all backups: 128 random bits as twelve words of BIP 39's English list
//! (<https://github.com/bitcoin/bips/blob/master/bip-0039.mediawiki>), of which four bits are a checksum. The words,
//! in lower case with one space between them, are restic's password: no program of ours is needed to restore.

use bip39::{Error, Language, Mnemonic};
use types::BackupKey;

/// What is wrong with words that were typed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not twelve.
    #[error("a recovery key has 12 words, these are {0}")]
    Count(usize),
    /// A word that is not in the list.
    #[error("word {number}, \"{word}\", is not one of the key's words; look at the sheet again")]
    Word {
        /// Which, from 1.
        number: usize,
        /// The word.
        word: String,
    },
    /// Known words that do not belong together.
    #[error("these words are not a recovery key: one of them is wrong, or two are swapped")]
    Checksum,
}

/// The key made of these random bits.
///
/// # Errors
/// Never with 16 bytes; the type says so all the same.
pub fn make_key(random: &[u8; 16]) -> Result<BackupKey, KeyError> {
    let words = Mnemonic::from_entropy_in(Language::English, random).map_err(|_| KeyError::Checksum)?;
    words.to_string().parse().map_err(|_| KeyError::Checksum)
}

/// Reads a key as people type it: any case, any blanks, commas, numbers before the words.
///
/// # Errors
/// Which word is wrong, as far as it can be told.
pub fn parse_key(text: &str) -> Result<BackupKey, KeyError> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    if words.len() != 12 {
        return Err(KeyError::Count(words.len()));
    }
    let joined = words.join(" ");
    match Mnemonic::parse_in_normalized(Language::English, &joined) {
        Ok(_) => joined.parse().map_err(|_| KeyError::Checksum),
        Err(Error::UnknownWord(at)) => Err(KeyError::Word {
            number: at + 1,
            word: words.get(at).cloned().unwrap_or_default(),
        }),
        Err(_) => Err(KeyError::Checksum),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_known_vector_of_bip_39() {
        let key = make_key(&[0x7f; 16]).unwrap();
        let words = "legal winner thank year wave sausage worth useful legal winner thank yellow";
        assert_eq!(key.as_str(), words);
    }

    #[test]
    fn a_wrong_word_is_named() {
        let typed =
            "1. Legal 2. winner 3. thank 4. yearr wave sausage worth useful legal winner thank yellow";
        let error = parse_key(typed).unwrap_err();
        assert_eq!(
            error,
            KeyError::Word {
                number: 4,
                word: "yearr".into()
            }
        );
        let swapped = "winner legal thank year wave sausage worth useful legal winner thank yellow";
        assert_eq!(parse_key(swapped).unwrap_err(), KeyError::Checksum);
        assert_eq!(parse_key("legal").unwrap_err(), KeyError::Count(1));
    }

    proptest! {
        #[test]
        fn every_key_is_read_back_as_people_type_it(bits: [u8; 16]) {
            let key = make_key(&bits).unwrap();
            let typed = key.as_str().to_uppercase().replace(' ', ",  \n");
            prop_assert_eq!(parse_key(&typed).unwrap(), key);
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = parse_key(&text);
        }
    }
}
