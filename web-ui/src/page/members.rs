// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who may use the board.

use crate::{
    field::TextField,
    i18n::T,
    layout::{Layout, page},
    secret::NewSecret,
};
use types::{MemberName, Timestamp};

/// `GET /members`: members and stewards.
///
/// Forms:
/// - `POST /members` with `name`, `display_name`, `role` (`member` or `steward`); the board makes the first password:
///   answer 200 with this page and [`MembersPage::new`]; errors: this page (422)
/// - `POST /members/<name>/role` with `role`
/// - `POST /members/<name>/reset-password`: no fields; answer 200 with [`MembersPage::new`]
/// - `POST /members/<name>/remove`: no fields
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembersPage {
    /// What every page knows.
    pub layout: Layout,
    /// The members.
    pub members: Vec<MemberRow>,
    /// A first or reset password, shown once; `label` is the member's sign-in name.
    pub new: Option<NewSecret>,
    /// Sign-in name in the form.
    pub name: TextField,
    /// Display name in the form.
    pub display_name: TextField,
    /// Role in the form.
    pub role: Role,
}

/// What a member may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Use the services.
    #[default]
    Member,
    /// Also administer the board.
    Steward,
}

impl Role {
    /// The word in forms.
    pub fn code(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Steward => "steward",
        }
    }

    /// Reads the word in forms.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Member, Self::Steward]
            .into_iter()
            .find(|role| role.code() == code)
    }

    pub(crate) fn is_steward(self) -> bool {
        self == Self::Steward
    }

    pub(crate) fn label(self, t: T) -> &'static str {
        match self {
            Self::Member => t.members_role_member(),
            Self::Steward => t.members_role_steward(),
        }
    }
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    /// Sign-in name.
    pub name: MemberName,
    /// What people call them.
    pub display_name: String,
    /// What they may do.
    pub role: Role,
    /// Since when.
    pub joined: Timestamp,
    /// When they last signed in.
    pub last_seen: Option<Timestamp>,
    /// Whether it is the person who looks at the page: they cannot remove themselves.
    pub you: bool,
}

page!(MembersPage, "members.html");
