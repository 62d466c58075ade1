// SPDX-License-Identifier: AGPL-3.0-or-later
//! The two-person rule: for the kinds of acts that stewards chose, one steward asks and another approves. Until then
//! nothing is done.
//!
//! The rule holds for acts by page, API and command line with a token. Root on the board itself is not bound by it:
//! whoever has the machine needs no act of ours. Taking a kind out of the rule waits for another steward as well.

use crate::{
    ApiError, App, data, members, peers, services,
    state::{Role, WaitingAct},
};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use types::{MemberName, Timestamp};

/// What can be put under the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Deleting an archive for ever.
    Purge,
    /// Forgetting a paired board.
    Unpair,
    /// Making a steward or ending that somebody is one, and everything by which one steward could become another: new
    /// password, second step.
    Stewards,
    /// Putting an earlier state in the place of a service's data.
    Restore,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Purge, Self::Unpair, Self::Stewards, Self::Restore];

    /// The word in requests.
    pub fn word(self) -> &'static str {
        match self {
            Self::Purge => "purge",
            Self::Unpair => "unpair",
            Self::Stewards => "stewards",
            Self::Restore => "restore",
        }
    }

    /// Reads the word in requests.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// What waits for another steward.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum Act {
    /// Delete an archive for ever.
    Purge {
        /// Its name.
        archive: String,
    },
    /// Forget a paired board.
    Unpair {
        /// Its key.
        peer: String,
        /// What it is called.
        name: String,
    },
    /// Remove a steward.
    RemoveSteward {
        /// Who.
        member: String,
    },
    /// Make a steward, or end that somebody is one.
    ChangeRole {
        /// Who.
        member: String,
        /// What they are then.
        role: Role,
    },
    /// Turn a steward's second step off.
    TakeSecondStep {
        /// Whose.
        member: String,
    },
    /// Put a copy on the board in the place of a service's data.
    Revert {
        /// Name of the copy.
        snapshot: String,
    },
    /// Put a backup in the place of a service's data.
    Restore {
        /// The place of backups.
        repository: String,
        /// The backup in it.
        backup: String,
    },
    /// Take kinds out of the rule.
    Loosen {
        /// What stays in it.
        kinds: BTreeSet<Kind>,
    },
}

impl Act {
    /// Of which kind it is; `None` for the rule itself.
    fn kind(&self) -> Option<Kind> {
        Some(match self {
            Self::Purge { .. } => Kind::Purge,
            Self::Unpair { .. } => Kind::Unpair,
            Self::RemoveSteward { .. } | Self::ChangeRole { .. } | Self::TakeSecondStep { .. } => {
                Kind::Stewards
            }
            Self::Revert { .. } | Self::Restore { .. } => Kind::Restore,
            Self::Loosen { .. } => return None,
        })
    }

    /// A word for the audit log.
    fn word(&self) -> &'static str {
        match self {
            Self::Purge { .. } => "purge",
            Self::Unpair { .. } => "unpair",
            Self::RemoveSteward { .. } => "remove-member",
            Self::ChangeRole { .. } => "change-member",
            Self::TakeSecondStep { .. } => "remove-second-step",
            Self::Revert { .. } | Self::Restore { .. } => "restore",
            Self::Loosen { .. } => "two-person-rule",
        }
    }

    /// What it is about.
    pub fn subject(&self) -> String {
        match self {
            Self::Purge { archive } => archive.clone(),
            Self::Unpair { name, .. } => name.clone(),
            Self::RemoveSteward { member }
            | Self::ChangeRole { member, .. }
            | Self::TakeSecondStep { member } => member.clone(),
            Self::Revert { snapshot } => snapshot.clone(),
            Self::Restore { repository, backup } => format!("{repository}/{backup}"),
            Self::Loosen { kinds } => {
                let words: Vec<&str> = kinds.iter().map(|kind| kind.word()).collect();
                words.join(" ")
            }
        }
    }
}

/// Seconds an act waits: three days.
pub const LIFE: i64 = 3 * 86_400;
/// Acts that wait at the same time.
const MOST: usize = 50;

/// The code of [`waits`].
pub const WAITS: &str = "waits_for_another";

/// The answer to an act that waits now: nothing is done yet, and the error's field `act` says what was written down.
fn waits(id: &str) -> ApiError {
    let message =
        "This waits for another steward now, who has three days to approve it. Nothing has been done yet.";
    ApiError {
        fields: [("act".to_owned(), id.to_owned())].into(),
        ..ApiError::new(StatusCode::ACCEPTED, WAITS, message)
    }
}

/// Whether acts of this kind need two stewards, when this one asks.
///
/// # Errors
/// When the database fails.
pub async fn holds(app: &App, kind: Kind, by: &MemberName) -> Result<bool, ApiError> {
    Ok(by.as_str() != members::BOARD && app.store.two_person_rule().await?.contains(&kind))
}

/// Lets an act through, or writes it down for another steward.
///
/// # Errors
/// 202 when it waits now; 409 when the same one waits already, or too many.
pub async fn pass(app: &App, by: &MemberName, act: Act) -> Result<(), ApiError> {
    let rule = app.store.two_person_rule().await?;
    let bound = match act.kind() {
        Some(kind) => rule.contains(&kind),
        None => !rule.is_empty(),
    };
    if !bound || by.as_str() == members::BOARD {
        return Ok(());
    }
    let waiting = app.store.waiting_acts(app.now()).await?;
    if waiting.iter().any(|waiting| waiting.act == act) {
        let message = "This waits for another steward already.";
        return Err(ApiError::conflict("waits_already", message));
    }
    if waiting.len() >= MOST {
        let message = "Too many acts wait for another steward. Approve or refuse some of them first.";
        return Err(ApiError::conflict("too_many_waiting", message));
    }
    let waiting = WaitingAct {
        id: crate::access::secret::identifier(),
        by: by.clone(),
        asked: app.now(),
        act,
    };
    let (word, subject) = (waiting.act.word(), waiting.act.subject());
    app.store
        .add_waiting_act(waiting.clone(), format!("{word} {subject}"))
        .await?;
    Err(waits(&waiting.id))
}

/// What waits, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn waiting(app: &App) -> Result<Vec<WaitingAct>, ApiError> {
    Ok(app.store.waiting_acts(app.now()).await?)
}

async fn take(app: &App, id: &str, by: &MemberName, word: &'static str) -> Result<WaitingAct, ApiError> {
    let all = waiting(app).await?;
    let gone =
        || ApiError::not_found("Nothing with this id waits; it was answered already, or waited too long.");
    let found = all
        .into_iter()
        .find(|waiting| waiting.id == id)
        .ok_or_else(gone)?;
    if word == "approve-act" && found.by == *by {
        let message = "You asked for this yourself: another steward has to approve it.";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "another_needed", message));
    }
    let subject = format!("{} {}", found.act.word(), found.act.subject());
    let taken = app
        .store
        .take_waiting_act(found.id.clone(), by, word, subject, app.now());
    taken.await?.then_some(found).ok_or_else(gone)
}

/// Another steward approves an act, and it is done, in the name of the one who asked. Returns the job that it began, if
/// it takes long.
///
/// # Errors
/// 403 for one's own; 404 when it does not wait (any more); what the act itself refuses: it does not wait any more then.
pub async fn approve(app: &App, id: &str, by: &MemberName) -> Result<Option<String>, ApiError> {
    let WaitingAct { act, by: asker, .. } = take(app, id, by, "approve-act").await?;
    // Whoever asked may have ceased to be a steward.
    let still = app.store.member(asker.clone()).await?;
    if still.is_none_or(|(member, _)| member.role != Role::Steward) {
        let message = "Who asked for this is no steward any more. Ask for it yourself.";
        return Err(ApiError::conflict("asker_gone", message));
    }
    carry_out(app, act, &asker).await
}

async fn carry_out(app: &App, act: Act, by: &MemberName) -> Result<Option<String>, ApiError> {
    match act {
        Act::Purge { archive } => services::purge_now(app, &archive, by).await?,
        Act::Unpair { peer, .. } => {
            peers::unpair_now(app, &peer, by).await?;
        }
        Act::RemoveSteward { member } => members::remove_now(app, &member, by).await?,
        Act::ChangeRole { member, role } => members::change_role_now(app, &member, role, by).await?,
        Act::TakeSecondStep { member } => members::take_second_step_now(app, &member, by).await?,
        Act::Revert { snapshot } => return data::revert_now(app, &snapshot, by).await.map(Some),
        Act::Restore { repository, backup } => {
            return data::restore_now(app, &repository, &backup, by).await.map(Some);
        }
        Act::Loosen { kinds } => app.store.set_two_person_rule(kinds, by, app.now()).await?,
    }
    Ok(None)
}

/// A steward refuses an act, or takes back their own.
///
/// # Errors
/// 404 when it does not wait (any more).
pub async fn refuse(app: &App, id: &str, by: &MemberName) -> Result<(), ApiError> {
    take(app, id, by, "refuse-act").await.map(|_| ())
}

/// Which kinds of acts are under the rule.
///
/// # Errors
/// When the database fails.
pub async fn rule(app: &App) -> Result<BTreeSet<Kind>, ApiError> {
    Ok(app.store.two_person_rule().await?)
}

/// Chooses what is under the rule. More: at once; less: another steward approves.
///
/// # Errors
/// 202 when it waits now; 409 for a board with one steward, who could do nothing of it any more.
pub async fn set_rule(app: &App, kinds: BTreeSet<Kind>, by: &MemberName) -> Result<(), ApiError> {
    let present = app.store.two_person_rule().await?;
    if kinds == present {
        return Ok(());
    }
    let stewards = app.store.members().await?;
    let stewards = stewards
        .iter()
        .filter(|member| member.role == Role::Steward)
        .count();
    if !kinds.is_subset(&present) && stewards < 2 {
        let message = "The rule needs two stewards. Make another member a steward first.";
        return Err(ApiError::conflict("two_stewards_needed", message));
    }
    if !kinds.is_superset(&present) {
        pass(app, by, Act::Loosen { kinds: kinds.clone() }).await?;
    }
    Ok(app.store.set_two_person_rule(kinds, by, app.now()).await?)
}

/// Whether an act that waits since then does so no longer.
pub fn is_over(asked: Timestamp, now: Timestamp) -> bool {
    // Of a clock that went back nothing waits longer than it should.
    !(0..LIFE).contains(&(now.0 - asked.0))
}
