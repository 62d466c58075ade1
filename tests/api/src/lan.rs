// SPDX-License-Identifier: AGPL-3.0-or-later
//! A local network on which a board finds what a test puts there.

use async_trait::async_trait;
use std::{
    net::{IpAddr, SocketAddr},
    sync::Mutex,
};
use supervisor::mdns::Lan;
use types::BoardName;

/// What the others announce, and what this board does.
#[derive(Default)]
pub struct TestLan {
    others: Mutex<Vec<(u8, SocketAddr)>>,
    offered: Mutex<Option<u8>>,
}

impl TestLan {
    /// Somebody at this address announces a code with this hint.
    pub fn appear(&self, hint: u8, address: SocketAddr) {
        self.others.lock().unwrap().push((hint, address));
    }

    /// The hint that this board announces.
    pub fn offered(&self) -> Option<u8> {
        *self.offered.lock().unwrap()
    }
}

#[async_trait]
impl Lan for TestLan {
    fn offer(&self, _: &BoardName, hint: Option<u8>) {
        *self.offered.lock().unwrap() = hint;
    }

    async fn find(&self, hint: u8) -> Vec<SocketAddr> {
        let others = self.others.lock().unwrap();
        let these = others.iter().filter(|(theirs, _)| *theirs == hint);
        these.map(|(_, address)| *address).collect()
    }

    async fn resolve(&self, _: &str) -> Vec<IpAddr> {
        Vec::new()
    }
}
