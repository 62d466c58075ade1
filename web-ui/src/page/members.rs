// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who may use the board.

use crate::{
    field::TextField,
    i18n::T,
    layout::{Layout, page},
    part::{self, Markup},
    secret::NewSecret,
};
use types::{MemberName, Timestamp};

/// `GET /members`: members and stewards.
///
/// Forms:
/// - `POST /members` with `name`, `display_name`, `role` (see [`Role`]); the board makes the first password:
///   answer 200 with this page and [`MembersPage::new`]; errors: this page (422)
/// - `POST /members/<name>/role` with `role`
/// - `POST /members/<name>/groups` with `groups` (separated by blanks or commas)
/// - `POST /members/<name>/reset-password`: no fields; answer 200 with [`MembersPage::new`]
/// - `POST /members/<name>/second-step/off`: no fields
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
    /// Use the services opened to a group they are in.
    Guest,
    /// Use the services.
    #[default]
    Member,
    /// Also administer the board.
    Steward,
}

impl Role {
    /// Every role, the smallest first.
    pub const ALL: [Self; 3] = [Self::Guest, Self::Member, Self::Steward];

    /// The word in forms.
    pub fn code(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Member => "member",
            Self::Steward => "steward",
        }
    }

    /// Reads the word in forms.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    pub(crate) fn is_guest(self) -> bool {
        self == Self::Guest
    }

    /// What a button that gives this role says.
    pub(crate) fn make(self, t: T) -> &'static str {
        match self {
            Self::Guest => t.members_make_guest(),
            Self::Member => t.members_make_member(),
            Self::Steward => t.members_make_steward(),
        }
    }

    pub(crate) fn help(self, t: T) -> &'static str {
        match self {
            Self::Guest => t.members_role_guest_help(),
            Self::Member => t.members_role_member_help(),
            Self::Steward => t.members_role_steward_help(),
        }
    }

    pub(crate) fn label(self, t: T) -> &'static str {
        match self {
            Self::Guest => t.members_role_guest(),
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
    /// Groups they are in.
    pub groups: Vec<String>,
    /// Since when.
    pub joined: Timestamp,
    /// When they last signed in.
    pub last_seen: Option<Timestamp>,
    /// Whether they sign in with a second step.
    pub second_step: bool,
    /// Whether it is the person who looks at the page: they cannot remove themselves.
    pub you: bool,
}

impl MemberRow {
    /// The roles they could have instead.
    pub(crate) fn other_roles(&self) -> Vec<Role> {
        let mut roles = Role::ALL.to_vec();
        roles.retain(|role| *role != self.role);
        roles
    }

    /// The field with the groups; `number` sets it apart from those of the others.
    pub(crate) fn groups_field(&self, t: T, number: usize) -> Markup {
        let attributes =
            "maxlength=\"200\" autocomplete=\"off\" autocapitalize=\"none\" spellcheck=\"false\"";
        let field = TextField::new(self.groups.join(", "));
        part::numbered_field(t, number, "groups", t.members_groups(), &field, attributes)
    }
}

page!(MembersPage, "members.html");
