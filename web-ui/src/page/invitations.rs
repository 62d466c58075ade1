// SPDX-License-Identifier: AGPL-3.0-or-later
//! Inviting people.

use super::members::Role;
use crate::{
    field::TextField,
    layout::{Layout, page},
};
use types::Timestamp;

/// `GET /invitations`: links by which people join.
///
/// Forms:
/// - `POST /invitations` with `note`, `role` (`member` or `guest`), `groups` (separated by blanks or commas), `uses`
///   and `days`; answer 200 with this page and [`InvitationsPage::new`]; errors: this page (422)
/// - `POST /invitations/revoke` with `id`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationsPage {
    /// What every page knows.
    pub layout: Layout,
    /// Links that can still be used.
    pub open: Vec<InvitationRow>,
    /// The link that was just made, shown once.
    pub new: Option<NewInvitation>,
    /// Whom it is for, in the form.
    pub note: TextField,
    /// Role in the form.
    pub role: Role,
    /// Groups in the form.
    pub groups: TextField,
    /// Number of people in the form.
    pub uses: TextField,
    /// Days of validity in the form.
    pub days: TextField,
}

/// A link that was just made.
#[derive(Clone, PartialEq, Eq)]
pub struct NewInvitation {
    /// Whom it is for.
    pub note: String,
    /// The whole address.
    pub url: String,
}

impl std::fmt::Debug for NewInvitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewInvitation")
            .field("note", &self.note)
            .finish_non_exhaustive()
    }
}

impl NewInvitation {
    pub(crate) fn qr(&self) -> String {
        crate::svg::qr(&self.url).unwrap_or_default()
    }
}

/// A link that can still be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationRow {
    /// Its id, for revoking.
    pub id: String,
    /// Whom it is for.
    pub note: String,
    /// What those who join may do.
    pub role: Role,
    /// Groups they join.
    pub groups: Vec<String>,
    /// How many have joined by it.
    pub used: u32,
    /// How many may join by it.
    pub uses: u32,
    /// Who made it.
    pub by: String,
    /// Until when it works.
    pub expires: Timestamp,
}

impl InvitationsPage {
    /// Whether anything has to be corrected.
    pub(crate) fn wrong(&self) -> bool {
        let fields = [&self.note, &self.groups, &self.uses, &self.days];
        fields.iter().any(|field| field.error.is_some())
    }
}

page!(InvitationsPage, "invitations.html");
