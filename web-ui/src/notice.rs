// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the last request did, told once at the top of the next page.

use crate::i18n::T;
use serde::{Deserialize, Serialize};

/// A message for the person, kept with the session until the next page is shown. `about` names whom or what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "notice", content = "about", rename_all = "snake_case")]
pub enum Notice {
    /// The board is claimed; this is its name.
    Claimed(String),
    /// Settings or texts were saved.
    Saved,
    /// Nothing was different.
    NothingChanged,
    /// Signed out.
    SignedOut,
    /// A member was added.
    MemberAdded(String),
    /// A member was removed.
    MemberRemoved(String),
    /// A member's role was changed.
    RoleChanged(String),
    /// A member's groups were changed.
    GroupsChanged(String),
    /// What was typed are no names of groups.
    NotGroups,
    /// An invitation was taken back.
    InvitationRevoked,
    /// The password was changed; other sessions are ended.
    PasswordChanged,
    /// Signing in has no second step any more.
    SecondStepOff,
    /// A steward turned a member's second step off.
    SecondStepOffFor(String),
    /// A session was ended.
    SessionEnded,
    /// An app password or token was revoked.
    Revoked(String),
    /// A domain was added.
    DomainAdded(String),
    /// A domain was removed.
    DomainRemoved(String),
    /// A certificate was asked for.
    CertificateOrdered(String),
    /// An archive was deleted.
    ArchivePurged(String),
    /// A copy of a service's data was deleted.
    SnapshotDropped(String),
    /// Something was proposed to a board.
    AgreementProposed(String),
    /// Something was agreed with a board.
    AgreementAccepted(String),
    /// Something with a board ended.
    AgreementEnded(String),
    /// A board was unpaired.
    Unpaired(String),
    /// A pairing was called off.
    PairingCancelled,
    /// So many files that another board deleted are back.
    HeldBack(u64),
    /// A code for a lost board is good no more.
    FetchCodeTaken,
    /// A place for backups was forgotten.
    PlaceForgotten(String),
    /// An archive to take along was deleted.
    ExportDropped,
    /// Work on a service started.
    Working(String),
    /// Texts or news were published.
    Published,
    /// A vote was counted in.
    Voted,
    /// A proposal was opened.
    Proposed,
    /// Something was booked.
    Booked,
    /// A text was marked as read.
    MarkedRead,
    /// A passkey was added.
    PasskeyAdded(String),
    /// A request for a new password was refused.
    RequestRefused,
    /// The two-person rule needs two stewards.
    TwoStewardsNeeded,
    /// What another steward asked for was approved, and done.
    ActDone,
    /// What was asked for does not wait any more.
    ActRefused,
    /// Software elsewhere signs nobody in any more.
    ClientRemoved(String),
    /// Software elsewhere has to ask a member again.
    ConsentWithdrawn(String),
    /// The signing key was changed.
    KeyRotated,
    /// Releases are looked for.
    Looking,
    /// The board is updated to this version.
    Updating(String),
    /// The board restarts.
    Restarting,
    /// A warning in words that somebody else chose.
    Warning(String),
    /// An error in words that somebody else chose.
    Error(String),
}

/// How loud a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// It worked.
    Good,
    /// It is good to know.
    Info,
    /// It needs care.
    Warning,
    /// It did not work.
    Error,
}

impl Notice {
    /// How loud it is.
    pub fn kind(&self) -> NoticeKind {
        match self {
            Self::Warning(_) | Self::NotGroups | Self::TwoStewardsNeeded => NoticeKind::Warning,
            Self::NothingChanged
            | Self::PairingCancelled
            | Self::Working(_)
            | Self::SignedOut
            | Self::Looking
            | Self::Updating(_)
            | Self::Restarting => NoticeKind::Info,
            Self::Error(_) => NoticeKind::Error,
            _ => NoticeKind::Good,
        }
    }

    pub(crate) fn class(&self) -> &'static str {
        match self.kind() {
            NoticeKind::Good => "good",
            NoticeKind::Info => "info",
            NoticeKind::Warning => "warn",
            NoticeKind::Error => "bad",
        }
    }

    /// Errors are read out at once, the rest when there is time.
    pub(crate) fn role(&self) -> &'static str {
        if self.kind() == NoticeKind::Error {
            "alert"
        } else {
            "status"
        }
    }

    pub(crate) fn text(&self, t: T) -> String {
        match self {
            Self::Claimed(board) => t.notice_claimed(board),
            Self::Saved => t.notice_saved().into(),
            Self::RequestRefused => t.forgotten_refused().into(),
            Self::TwoStewardsNeeded => t.acts_two_needed().into(),
            Self::ActDone => t.acts_done().into(),
            Self::ActRefused => t.acts_refused().into(),
            Self::PasskeyAdded(name) => t.passkey_added(name),
            Self::ClientRemoved(name) => t.openid_removed(name),
            Self::ConsentWithdrawn(name) => t.openid_withdrawn(name),
            Self::KeyRotated => t.openid_rotated().into(),
            Self::NothingChanged => t.notice_nothing_changed().into(),
            Self::SignedOut => t.notice_signed_out().into(),
            Self::MemberAdded(name) => t.notice_member_added(name),
            Self::MemberRemoved(name) => t.notice_member_removed(name),
            Self::RoleChanged(name) => t.notice_role_changed(name),
            Self::GroupsChanged(name) => t.notice_groups_changed(name),
            Self::NotGroups => t.notice_not_groups().into(),
            Self::InvitationRevoked => t.notice_invitation_revoked().into(),
            Self::PasswordChanged => t.notice_password_changed().into(),
            Self::SecondStepOff => t.second_step_is_off().into(),
            Self::SecondStepOffFor(name) => t.second_step_is_off_for(name),
            Self::SessionEnded => t.notice_session_ended().into(),
            Self::Revoked(name) => t.notice_revoked(name),
            Self::DomainAdded(name) => t.notice_domain_added(name),
            Self::DomainRemoved(name) => t.notice_domain_removed(name),
            Self::CertificateOrdered(name) => t.notice_certificate_ordered(name),
            Self::ArchivePurged(name) => t.notice_archive_purged(name),
            Self::SnapshotDropped(name) => t.notice_snapshot_dropped(name),
            Self::AgreementProposed(name) => t.agreements_notice_proposed(name),
            Self::AgreementAccepted(name) => t.agreements_notice_accepted(name),
            Self::AgreementEnded(name) => t.agreements_notice_ended(name),
            Self::Unpaired(name) => t.peers_unpaired(name),
            Self::PairingCancelled => t.peers_cancelled().into(),
            Self::HeldBack(files) => t.held_notice_back(files),
            Self::FetchCodeTaken => t.held_notice_taken().into(),
            Self::PlaceForgotten(title) => t.notice_place_forgotten(title),
            Self::ExportDropped => t.notice_export_dropped().into(),
            Self::Working(name) => t.notice_working(name),
            Self::Published => t.notice_published().into(),
            Self::Voted => t.notice_voted().into(),
            Self::Proposed => t.notice_proposed().into(),
            Self::Booked => t.notice_booked().into(),
            Self::MarkedRead => t.notice_marked_read().into(),
            Self::Looking => t.system_notice_looking().into(),
            Self::Updating(version) => t.system_notice_updating(version),
            Self::Restarting => t.system_notice_restarting().into(),
            Self::Warning(text) | Self::Error(text) => text.clone(),
        }
    }
}
