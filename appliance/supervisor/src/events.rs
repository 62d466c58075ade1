// SPDX-License-Identifier: AGPL-3.0-or-later
//! What changes while people look: sent to every open page.

use crate::{state::Job, views::ServiceState};
use serde::Serialize;
use tokio::sync::broadcast;
use types::{BoardKey, ServiceName};

/// One change.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Event {
    /// A service's state.
    Service {
        /// Which.
        name: ServiceName,
        /// Its state now.
        state: ServiceState,
    },
    /// How far a job is.
    Job(Job),
    /// Something about a peer or an agreement with it.
    Peer {
        /// Which.
        key: BoardKey,
    },
    /// A pairing went on, by its id.
    Pairing {
        /// Which.
        id: String,
    },
}

impl Event {
    /// The event's name in the stream.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Service { .. } => "service",
            Self::Job(_) => "job",
            Self::Peer { .. } => "peer",
            Self::Pairing { .. } => "pairing",
        }
    }
}

/// Sends events to whoever listens.
#[derive(Clone, Debug)]
pub struct Events(broadcast::Sender<Event>);

impl Events {
    /// Nobody listens yet.
    pub fn new() -> Self {
        Self(broadcast::channel(64).0)
    }

    /// Sends; it is fine when nobody listens.
    pub fn send(&self, event: Event) {
        let _ = self.0.send(event);
    }

    /// Listens from now on.
    pub fn listen(&self) -> broadcast::Receiver<Event> {
        self.0.subscribe()
    }
}

impl Default for Events {
    fn default() -> Self {
        Self::new()
    }
}
