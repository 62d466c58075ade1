// SPDX-License-Identifier: AGPL-3.0-or-later
//! What stands in a field of a form, and what is wrong with it.

use crate::i18n::T;

/// A field that people type into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextField {
    /// What it holds now, as it was typed.
    pub value: String,
    /// What is wrong with it.
    pub error: Option<FieldError>,
}

impl TextField {
    /// A field that holds `value`.
    pub fn new(value: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            error: None,
        }
    }

    /// The field with an error shown below it.
    #[must_use]
    pub fn with_error(mut self, error: FieldError) -> Self {
        self.error = Some(error);
        self
    }
}

/// What is wrong with a field; the text says what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldError {
    /// It is empty.
    Required,
    /// Fewer characters than this.
    TooShort(u32),
    /// More characters than this.
    TooLong(u32),
    /// The claim code is not the one the board shows.
    WrongCode,
    /// Not 8 letters and digits.
    NotACode,
    /// Not a board name (see `types::BoardName`).
    NotABoardName,
    /// Not a sign-in name (see `types::MemberName`).
    NotAMemberName,
    /// No steward has this sign-in name.
    NotASteward,
    /// Not a domain name (see `types::Domain`).
    NotADomain,
    /// Not the code of a board that keeps backups.
    NotAFetchCode,
    /// Not nine digits.
    NotAPairingCode,
    /// Not where a board can be.
    NotABoardAddress,
    /// A member, domain, token or device with this name exists.
    Taken,
    /// The two passwords differ.
    Different,
    /// The current password is wrong.
    WrongPassword,
    /// A program would find the password soon.
    EasyPassword(EasyPassword),
    /// Not the code that the authenticator app shows now.
    NotTheAppsCode,
    /// Not a whole number.
    NotANumber,
    /// Not in this range.
    OutOfRange {
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
    },
    /// Not one of the choices.
    NotAChoice,
    /// Must be one line of at most so many characters.
    NotOneLine(usize),
    /// Not an https address.
    NotAnAddress,
    /// Not an e-mail address.
    NotAnEmail,
    /// Not a year.
    NotAYear,
    /// Not two-letter codes of languages.
    NotLanguages,
    /// Not names of groups (see `types::GroupName`).
    NotGroups,
    /// Not the code that somebody made for them.
    NotThePassedOnCode,
    /// Not names of other members.
    NotContacts,
    /// Not addresses that software may send a browser back to.
    NotRedirects,
    /// The name typed is not the name asked for.
    NotTheName,
    /// A recovery key has twelve words; this has so many.
    KeyWords(u32),
    /// This word (its place from 1, and itself) is not in the list of words.
    KeyWord(u32, String),
    /// Known words that do not belong together.
    NotAKey,
    /// Terms have to be accepted.
    NotAccepted,
    /// A day that is past.
    NotAhead,
    /// Anything else; the help beside the field says what is expected.
    NotFit,
    /// Anything else, in words that somebody else chose.
    Other(String),
}

/// What makes a password easy to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EasyPassword {
    /// It is on a list of passwords, or nearly.
    Common,
    /// Neighbours on a keyboard.
    Keyboard,
    /// The same again and again.
    Repeats,
    /// A known order.
    Sequence,
    /// A day or a year.
    Dates,
    /// One word.
    Word,
    /// Somebody's name.
    Names,
    /// The member's own name.
    Own,
    /// Something else.
    Other,
}

impl EasyPassword {
    fn text(self, t: T) -> &'static str {
        match self {
            Self::Common => t.password_easy_common(),
            Self::Keyboard => t.password_easy_keyboard(),
            Self::Repeats => t.password_easy_repeats(),
            Self::Sequence => t.password_easy_sequence(),
            Self::Dates => t.password_easy_dates(),
            Self::Word => t.password_easy_word(),
            Self::Names => t.password_easy_names(),
            Self::Own => t.password_easy_own(),
            Self::Other => t.password_easy_other(),
        }
    }
}

impl FieldError {
    pub(crate) fn text(&self, t: T) -> String {
        match self {
            Self::Required => t.error_required().into(),
            Self::TooShort(least) => t.error_too_short(least),
            Self::TooLong(most) => t.error_too_long(most),
            Self::WrongCode => t.error_wrong_code().into(),
            Self::NotACode => t.error_not_a_code().into(),
            Self::NotABoardName => t.error_not_a_board_name().into(),
            Self::NotAMemberName => t.error_not_a_member_name().into(),
            Self::NotASteward => t.error_not_a_steward().into(),
            Self::NotADomain => t.error_not_a_domain().into(),
            Self::NotAFetchCode => t.held_error_code().into(),
            Self::NotAPairingCode => t.peers_error_code().into(),
            Self::NotABoardAddress => t.peers_error_address().into(),
            Self::Taken => t.error_taken().into(),
            Self::Different => t.error_different().into(),
            Self::WrongPassword => t.error_wrong_password().into(),
            Self::EasyPassword(why) => format!("{} {}", why.text(t), t.password_better()),
            Self::NotTheAppsCode => t.second_step_not_the_code().into(),
            Self::NotANumber => t.error_not_a_number().into(),
            Self::OutOfRange { min, max } => t.error_out_of_range(max, min),
            Self::NotAChoice => t.error_not_a_choice().into(),
            Self::NotOneLine(most) => t.error_not_one_line(most),
            Self::NotAnAddress => t.error_not_an_address().into(),
            Self::NotAnEmail => t.error_not_an_email().into(),
            Self::NotAYear => t.error_not_a_year().into(),
            Self::NotLanguages => t.error_not_languages().into(),
            Self::NotGroups => t.error_not_groups().into(),
            Self::NotThePassedOnCode => t.forgotten_wrong_code().into(),
            Self::NotContacts => t.forgotten_contacts_error().into(),
            Self::NotRedirects => t.openid_error_redirects().into(),
            Self::NotTheName => t.error_not_the_name().into(),
            Self::KeyWords(count) => t.sheet_error_count(count),
            Self::KeyWord(place, word) => t.sheet_error_word(place, word),
            Self::NotAKey => t.sheet_error_checksum().into(),
            Self::NotAccepted => t.error_not_accepted().into(),
            Self::NotAhead => t.agreements_error_future().into(),
            Self::NotFit => t.error_not_fit().into(),
            Self::Other(text) => text.clone(),
        }
    }
}
