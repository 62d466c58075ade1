// SPDX-License-Identifier: AGPL-3.0-or-later
//! The host process as the supervisor sees it: another process. What it was asked goes on when the supervisor dies.

use async_trait::async_trait;
use host::{FakeHost, Host, HostError};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};
use tokio::runtime::Handle;
use types::host::{HostReply, HostRequest};

/// A [`FakeHost`] that lives on the test's own runtime, and remembers what it was asked.
pub struct TestHost {
    /// The pretended machine.
    pub fake: Arc<FakeHost>,
    runtime: Handle,
    asked: Mutex<Vec<HostRequest>>,
    away: AtomicBool,
}

impl TestHost {
    /// On this runtime.
    pub fn new(fake: FakeHost, runtime: Handle) -> Self {
        Self {
            fake: Arc::new(fake),
            runtime,
            asked: Mutex::default(),
            away: AtomicBool::new(false),
        }
    }

    /// Everything but questions, in order.
    pub fn asked(&self) -> Vec<HostRequest> {
        self.asked.lock().unwrap().clone()
    }

    /// While it is away, nobody answers.
    pub fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }
}

#[async_trait]
impl Host for TestHost {
    async fn ask(&self, request: HostRequest) -> Result<HostReply, HostError> {
        if self.away.load(Ordering::Relaxed) {
            return Err(HostError::Unreachable {
                socket: "host.sock".into(),
                source: std::io::ErrorKind::ConnectionRefused.into(),
            });
        }
        if !matches!(request, HostRequest::Observe | HostRequest::System) {
            self.asked.lock().unwrap().push(request.clone());
        }
        let fake = Arc::clone(&self.fake);
        let asked = self.runtime.spawn(async move { fake.ask(request).await });
        asked.await.expect("the pretended host does not panic")
    }
}
