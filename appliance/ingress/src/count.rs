// SPDX-License-Identifier: AGPL-3.0-or-later
//! How many connections are open, in all and from one address.

use crate::limits::Limits;
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Counts connections and keeps them within the limits.
pub(crate) struct Counter {
    all: Arc<Semaphore>,
    open: AtomicUsize,
    most_per_address: usize,
    by_address: Mutex<HashMap<IpAddr, usize>>,
}

/// One counted connection; not counted any more once dropped.
pub(crate) struct Counted {
    counter: Arc<Counter>,
    address: IpAddr,
    _permit: OwnedSemaphorePermit,
}

impl Counter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            all: Arc::new(Semaphore::new(limits.connections)),
            open: AtomicUsize::new(0),
            most_per_address: limits.connections_per_address,
            by_address: Mutex::default(),
        }
    }

    /// Waits until there is room for one more connection.
    pub(crate) async fn room(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.all).acquire_owned().await.ok()
    }

    /// Counts a connection from `address`, unless that address has enough already.
    pub(crate) fn count(self: &Arc<Self>, address: IpAddr, permit: OwnedSemaphorePermit) -> Option<Counted> {
        let address = neighbourhood(address);
        let mut by_address = self.by_address();
        let open = by_address.entry(address).or_default();
        if *open >= self.most_per_address {
            return None;
        }
        *open += 1;
        drop(by_address);
        self.open.fetch_add(1, Ordering::Relaxed);
        Some(Counted {
            counter: Arc::clone(self),
            address,
            _permit: permit,
        })
    }

    /// Connections open now.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    fn by_address(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.by_address.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.counter.open.fetch_sub(1, Ordering::Relaxed);
        let mut by_address = self.counter.by_address();
        if let Some(open) = by_address.get_mut(&self.address) {
            *open -= 1;
            if *open == 0 {
                by_address.remove(&self.address);
            }
        }
    }
}

/// What one subscriber holds: an IPv4 address, or an IPv6 /64.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => Ipv6Addr::from_bits(six.to_bits() & (u128::MAX << 64)).into(),
        four @ IpAddr::V4(_) => four,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_address_cannot_take_all_the_room() {
        let limits = Limits {
            connections: 3,
            connections_per_address: 2,
            ..Limits::default()
        };
        let counter = Arc::new(Counter::new(&limits));
        let count = async |address: &str| {
            let permit = counter.room().await.unwrap();
            counter.count(address.parse().unwrap(), permit)
        };
        let first = count("2001:db8::1").await.unwrap();
        let second = count("2001:db8::2").await.unwrap();
        assert!(count("2001:db8::3").await.is_none());
        let other = count("::ffff:192.0.2.1").await.unwrap();
        assert_eq!(counter.open(), 3);
        drop(first);
        assert!(count("2001:db8::3").await.is_some());
        drop((second, other));
        assert_eq!(counter.open(), 0);
        assert!(counter.by_address().is_empty());
    }
}
