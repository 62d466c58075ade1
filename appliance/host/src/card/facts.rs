// SPDX-License-Identifier: AGPL-3.0-or-later
//! The record in the words of the supervisor.

use super::Found;
use slots::{BootState, Cause, Slot, Stage, Status};
use types::system::{NoteCause, NoteFacts, SlotFacts, SlotStatus, SystemFacts, TrialFacts};

pub(super) fn facts(found: &Found, record: Option<&BootState>) -> SystemFacts {
    SystemFacts {
        kind: found.kind.clone(),
        version: found.version.clone(),
        running: found.running.map(Slot::letter),
        committed: record.map(|record| record.committed.letter()),
        trial: record.and_then(|record| record.trial).map(|trial| TrialFacts {
            slot: trial.slot.letter(),
            started: trial.stage == Stage::Started,
        }),
        slots: record.map_or_else(Vec::new, |record| {
            let slot = |slot: Slot| SlotFacts {
                slot: slot.letter(),
                status: match record.slot(slot).status {
                    Status::Empty => SlotStatus::Empty,
                    Status::Ready => SlotStatus::Ready,
                    Status::Good => SlotStatus::Good,
                    Status::Bad => SlotStatus::Bad,
                },
                version: record.slot(slot).version.as_ref().map(ToString::to_string),
            };
            Slot::BOTH.map(slot).to_vec()
        }),
        note: record
            .and_then(|record| record.note.as_ref())
            .map(|note| NoteFacts {
                cause: match note.cause {
                    Cause::DidNotStart => NoteCause::DidNotStart,
                    Cause::Stopped => NoteCause::Stopped,
                    Cause::Unhealthy => NoteCause::Unhealthy,
                    Cause::RootDamaged => NoteCause::RootDamaged,
                    Cause::KeptFailing => NoteCause::KeptFailing,
                    Cause::FirmwareElsewhere => NoteCause::FirmwareElsewhere,
                    Cause::RecordLost => NoteCause::RecordLost,
                },
                version: note.version.as_ref().map(ToString::to_string),
                detail: note.detail.clone(),
            }),
        bootloader: found.bootloader,
        writing: None,
        write_problem: None,
    }
}
