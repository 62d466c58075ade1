// SPDX-License-Identifier: AGPL-3.0-or-later
//! Copies of services' data. What takes long is a piece of work with an id: begun, looked after, and begun again
//! after a restart, when it goes on where it was.

mod copy;
mod snapshots;
mod take_over;

pub(crate) use snapshots::{drop_snapshot, newest, snapshots};
pub(crate) use take_over::{declare, take_over};

use crate::{error::MachineError, layout::Layout};
use copy::Copied;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use types::{
    ServiceName, WorkId,
    data::{Act, DataMark, WorkState},
    host::HostReply,
};

/// Pieces of work that are remembered once they have ended.
const KEPT: usize = 64;

/// What is going on, and how what ended did end.
#[derive(Default)]
pub(crate) struct Works(Arc<Mutex<BTreeMap<WorkId, Ongoing>>>);

/// A piece of work.
struct Ongoing {
    order: usize,
    /// Of which service; only one piece of work at a time touches its copies.
    service: Option<ServiceName>,
    done: Arc<AtomicU64>,
    end: Option<WorkState>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Works {
    /// How far it is.
    pub(crate) fn state(&self, work: &WorkId) -> WorkState {
        let works = lock(&self.0);
        let Some(known) = works.get(work) else {
            return WorkState::Unknown;
        };
        known.end.clone().unwrap_or_else(|| WorkState::Running {
            done: known.done.load(Ordering::Relaxed),
            line: String::new(),
        })
    }

    /// Begins it on a thread of its own, unless it goes on or was done. One that failed begins anew.
    pub(crate) fn begin(&self, work: WorkId, layout: &Layout, act: Act) -> Result<(), MachineError> {
        let done = Arc::new(AtomicU64::new(0));
        {
            let mut works = lock(&self.0);
            let failed = |known: &Ongoing| matches!(known.end, Some(WorkState::Failed { .. }));
            if works.get(&work).is_some_and(|known| !failed(known)) {
                return Ok(());
            }
            let service = service_of(&act);
            let mut going = works.values().filter(|known| known.end.is_none());
            if going.any(|known| known.service.is_some() && known.service == service) {
                return Err(MachineError::Busy);
            }
            let order = works.values().map(|known| known.order).max().unwrap_or(0) + 1;
            works.retain(|_, known| known.end.is_none() || known.order + KEPT > order);
            let begun = Ongoing {
                order,
                service,
                done: Arc::clone(&done),
                end: None,
            };
            works.insert(work.clone(), begun);
        }
        let (works, layout) = (Arc::clone(&self.0), layout.clone());
        tokio::task::spawn_blocking(move || {
            let end = match carry_out(&layout, &work, act, &done) {
                Ok(()) => WorkState::Done,
                Err(error) => failed(&error),
            };
            if let Some(known) = lock(&works).get_mut(&work) {
                known.end = Some(end);
            }
        });
        Ok(())
    }
}

fn service_of(act: &Act) -> Option<ServiceName> {
    match act {
        Act::Snapshot { service, .. } => Some(service.clone()),
        Act::Ready { snapshot, .. } => snapshot.parts().map(|(service, _)| service),
        Act::Restic { .. } | Act::Try { .. } | Act::Pack { .. } => None,
    }
}

fn failed(error: &MachineError) -> WorkState {
    match error.reply() {
        HostReply::Refused { code, message } => WorkState::Failed { code, message },
        _ => WorkState::Failed {
            code: error.code().to_owned(),
            message: error.to_string(),
        },
    }
}

fn carry_out(layout: &Layout, work: &WorkId, act: Act, done: &AtomicU64) -> Result<(), MachineError> {
    match act {
        Act::Snapshot {
            service,
            at,
            reason,
            before,
            reserve,
        } => {
            let copied = Copied::new(done, reserve);
            snapshots::make(layout, &service, at, reason, before, copied)
        }
        Act::Ready { snapshot, reserve } => {
            take_over::make_ready(layout, work, &snapshot, Copied::new(done, reserve))
        }
        // Not ours: see `crate::restic`, `crate::trial` and `crate::pack`.
        Act::Restic { .. } | Act::Try { .. } | Act::Pack { .. } => Ok(()),
    }
}

/// Remembers which version starts on a service's data.
pub(crate) fn write_mark(
    layout: &Layout,
    service: &ServiceName,
    mark: &DataMark,
) -> Result<(), MachineError> {
    if read_mark(layout, service).as_ref() == Some(mark) {
        return Ok(());
    }
    let path = layout.data_mark(service);
    let bytes = serde_json::to_vec(mark).map_err(|error| MachineError::Refused(error.to_string()))?;
    make_folder(path.parent().unwrap_or(layout.root()))?;
    crate::write_atomic(&path, &bytes, 0o600)
}

/// Which version last started on a service's data.
pub(crate) fn read_mark(layout: &Layout, service: &ServiceName) -> Option<DataMark> {
    let bytes = std::fs::read(layout.data_mark(service)).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// The data are gone from their place: nothing has started on what will be there next.
pub(crate) fn forget_mark(layout: &Layout, service: &ServiceName) {
    let _ = std::fs::remove_file(layout.data_mark(service));
}

/// Where the data of a snapshot are.
pub(crate) fn snapshot_folder(
    layout: &Layout,
    name: &types::SnapshotName,
) -> Result<std::path::PathBuf, MachineError> {
    let missing = || MachineError::Refused(format!("there is no snapshot {name}"));
    snapshots::read(layout, name).ok_or_else(missing)?;
    Ok(snapshots::data_of(layout, name))
}

/// Makes a folder that only root may open.
pub(crate) fn make_folder(path: &std::path::Path) -> Result<(), MachineError> {
    use crate::error::At;
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .at("create", path)
}

#[cfg(test)]
mod tests;
