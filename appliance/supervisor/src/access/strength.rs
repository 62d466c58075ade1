// SPDX-License-Identifier: AGPL-3.0-or-later
//! How hard a new password is to guess, by zxcvbn (Wheeler, USENIX Security 2016): no rules about digits and signs, but
//! an estimate of the guesses a program needs, and the reason when they are too few. Pure. The word lists take 5 MB once
//! they were used, so the daemon asks a process that ends ([`super::judge`]).

use serde::{Deserialize, Serialize};
use thiserror::Error;
use zxcvbn::{
    Score,
    feedback::{Feedback, Warning},
};

/// At least so many characters (NIST SP 800-63B section 5.1.1.2 wants 8).
pub const SHORTEST: usize = 10;
/// At most so many: enough for any sentence, and no way to keep the processor busy.
pub const LONGEST: usize = 256;
/// Characters that are looked at: the estimate takes ever longer, and does not get better.
const LOOKED_AT: usize = 64;
/// A hundred million guesses (zxcvbn's 3 of 4): too many even for whoever took the card out of a board, whose hashes
/// take 30 milliseconds each.
const ENOUGH: Score = Score::Three;

/// Why a password cannot be chosen; the text says what would be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum Weak {
    /// Fewer characters than [`SHORTEST`].
    #[error("must have at least {SHORTEST} characters; a few random words are good")]
    Short,
    /// More characters than [`LONGEST`].
    #[error("may have at most {LONGEST} characters")]
    Long,
    /// A program would find it soon.
    #[error("is easy to guess: {0}. Take three or four words that have nothing to do with each other")]
    Easy(Easy),
}

impl Weak {
    /// The reason that says `message`.
    pub fn of(message: &str) -> Option<Self> {
        let easy = Easy::ALL.map(Self::Easy).into_iter();
        let mut all = [Self::Short, Self::Long].into_iter().chain(easy);
        all.find(|weak| weak.to_string() == message)
    }
}

/// What makes a password easy to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum Easy {
    /// It is on a list of passwords, or nearly.
    #[error("it is among those that are tried first")]
    Common,
    /// Neighbours on a keyboard.
    #[error("keys that lie beside each other are tried early")]
    Keyboard,
    /// The same again and again.
    #[error("what repeats is hardly longer than what is repeated")]
    Repeats,
    /// `abc`, `789`.
    #[error("what follows in a known order is tried early")]
    Sequence,
    /// A day or a year.
    #[error("dates and years are tried early")]
    Dates,
    /// One word.
    #[error("one word alone is found in a dictionary")]
    Word,
    /// Somebody's name.
    #[error("names are tried early")]
    Names,
    /// The member's own name.
    #[error("your own name is what is tried first")]
    Own,
    /// Too few guesses for a reason that has no name.
    #[error("a program would find it in a short time")]
    Other,
}

impl Easy {
    /// Every reason there is.
    const ALL: [Self; 9] = [
        Self::Common,
        Self::Keyboard,
        Self::Repeats,
        Self::Sequence,
        Self::Dates,
        Self::Word,
        Self::Names,
        Self::Own,
        Self::Other,
    ];
}

/// Whether a member called `name` may choose this password.
///
/// # Errors
/// When it is too short, too long or too easy to guess.
pub fn check(password: &str, name: &str) -> Result<(), Weak> {
    check_length(password)?;
    let looked_at: String = password.chars().take(LOOKED_AT).collect();
    let estimate = zxcvbn::zxcvbn(&looked_at, &[name, "commonhost"]);
    if estimate.score() >= ENOUGH {
        return Ok(());
    }
    let own = !name.is_empty() && password.to_lowercase().contains(name);
    let warning = estimate.feedback().and_then(Feedback::warning);
    Err(Weak::Easy(if own { Easy::Own } else { why(warning) }))
}

/// The part of [`check`] that needs no word lists.
///
/// # Errors
/// When it is too short or too long.
pub fn check_length(password: &str) -> Result<(), Weak> {
    match password.chars().count() {
        ..SHORTEST => Err(Weak::Short),
        SHORTEST..=LONGEST => Ok(()),
        _ => Err(Weak::Long),
    }
}

fn why(warning: Option<Warning>) -> Easy {
    match warning {
        Some(Warning::StraightRowsOfKeysAreEasyToGuess | Warning::ShortKeyboardPatternsAreEasyToGuess) => {
            Easy::Keyboard
        }
        Some(
            Warning::RepeatsLikeAaaAreEasyToGuess | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess,
        ) => Easy::Repeats,
        Some(
            Warning::ThisIsATop10Password
            | Warning::ThisIsATop100Password
            | Warning::ThisIsACommonPassword
            | Warning::ThisIsSimilarToACommonlyUsedPassword,
        ) => Easy::Common,
        Some(Warning::SequencesLikeAbcAreEasyToGuess) => Easy::Sequence,
        Some(Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess) => Easy::Dates,
        Some(Warning::AWordByItselfIsEasyToGuess) => Easy::Word,
        Some(
            Warning::NamesAndSurnamesByThemselvesAreEasyToGuess
            | Warning::CommonNamesAndSurnamesAreEasyToGuess,
        ) => Easy::Names,
        None => Easy::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn easy_passwords_are_refused_with_the_reason() {
        for (weak, why) in [
            ("short", Weak::Short),
            ("", Weak::Short),
            ("aaaaaaaaaaaa", Weak::Easy(Easy::Repeats)),
            ("alice12345", Weak::Easy(Easy::Own)),
            ("password123", Weak::Easy(Easy::Common)),
            ("qwertyuiop", Weak::Easy(Easy::Common)),
            ("abcdefghijkl", Weak::Easy(Easy::Sequence)),
            ("encyclopaedia", Weak::Easy(Easy::Word)),
        ] {
            assert_eq!(check(weak, "alice"), Err(why), "{weak}");
        }
        assert_eq!(check(&"x".repeat(257), "alice"), Err(Weak::Long));
        let said = check("password123", "alice").unwrap_err().to_string();
        assert!(
            said.starts_with("is easy to guess: it is among") && said.contains("words"),
            "{said}"
        );
    }

    #[test]
    fn words_are_enough_and_no_kind_of_character_is_asked_for() {
        for good in [
            "garden teapot moon",
            "correct horse battery staple",
            "chaudron bleu facteur",
            "tqhvzkpwmnrd",
            "мост чайник зима",
        ] {
            assert_eq!(check(good, "alice"), Ok(()), "{good}");
        }
    }

    proptest! {
        #[test]
        fn passwords_that_a_board_makes_are_good(bytes in prop::collection::vec(0usize..32, 20)) {
            let letters = b"abcdefghijkmnpqrstuvwxyz23456789";
            let text: Vec<u8> = bytes.iter().map(|byte| letters[*byte]).collect();
            let text = String::from_utf8(text).unwrap();
            let distinct: std::collections::BTreeSet<char> = text.chars().collect();
            // Chance makes nothing but repetitions once in more boards than there are.
            prop_assume!(distinct.len() > 6);
            prop_assert_eq!(check(&text, "alice"), Ok(()));
        }

        #[test]
        fn no_text_breaks_it(text in "\\PC{0,300}", name in "[a-z]{0,8}") {
            let _ = check(&text, &name);
        }
    }
}
