// SPDX-License-Identifier: AGPL-3.0-or-later
//! Limits on guessing that cannot be turned against those who know the right answer. Pure: the time is a parameter.
//!
//! A try counts against the network it comes from and against the name it is for, unless the browser shows that this
//! name was signed in there before ([`super::devices`]): then it counts against that device alone. So nobody who guesses
//! a member's password keeps the member out of a phone or computer of theirs.
//!
//! Every limit keeps one number per slot of a table of fixed size. Which slot a key has is secret, and no key is ever
//! turned away because the table is full. To fill it, somebody would have to make the board hash more passwords than
//! it can: [`super::password`] hashes them one after the other.

use std::{
    hash::{BuildHasher, Hash, RandomState},
    net::{IpAddr, Ipv6Addr},
};
use types::Timestamp;

/// Slots of a table: 512 KiB when all were used. A board hashes some 30 passwords a second, so that in the half hour
/// that [`NAME`] looks back there is less than one try per slot, whatever is tried.
const SLOTS: usize = 1 << 16;

/// So many tries at once, then one every so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Tries at once.
    pub burst: u32,
    /// Seconds until there is one more.
    pub period: u32,
}

/// From one network: the tries of a household, or of a school.
pub const NETWORK: Rate = Rate { burst: 10, period: 6 };
/// For one name, from devices where it was never signed in: 490 a day, where NIST SP 800-63B (5.2.2) has 100 in a row.
pub const NAME: Rate = Rate {
    burst: 10,
    period: 180,
};
/// From one device where the name was signed in before.
pub const DEVICE: Rate = Rate { burst: 10, period: 6 };

/// New passwords that one network asks for, and codes that it tries: the forgetful of a household.
pub const FORGOTTEN: Rate = Rate {
    burst: 10,
    period: 120,
};

/// Codes of a member's second step, which only those try who know the password: some 150 a day.
pub const CODE: Rate = Rate {
    burst: 5,
    period: 600,
};

/// Tries per key, by the generic cell rate algorithm (ITU-T I.371): one number a key, the time at which all of its
/// tries would be there again.
#[derive(Debug)]
pub struct Limit<S = RandomState> {
    rate: Rate,
    slots: Vec<i64>,
    hasher: S,
}

impl<S: BuildHasher> Limit<S> {
    /// An unused table; `hasher` decides which slot a key has.
    pub fn new(rate: Rate, hasher: S) -> Self {
        // Zeroed pages take no memory until they are used.
        Self {
            rate,
            slots: vec![0; SLOTS],
            hasher,
        }
    }

    /// Seconds to wait until a try is allowed; 0 when it is.
    pub fn wait(&self, key: impl Hash, now: Timestamp) -> u64 {
        let after = self.after(self.slots[self.slot(key)], now);
        u64::try_from(after - now.0 - self.span()).unwrap_or(0)
    }

    /// Counts a try, or says how many seconds to wait.
    ///
    /// # Errors
    /// When there is none left; such a try must not be looked at.
    pub fn count(&mut self, key: impl Hash, now: Timestamp) -> Result<(), u64> {
        let slot = self.slot(key);
        let after = self.after(self.slots[slot], now);
        match u64::try_from(after - now.0 - self.span()) {
            Ok(wait) if wait > 0 => Err(wait),
            _ => {
                self.slots[slot] = after;
                Ok(())
            }
        }
    }

    /// It was the right answer: this try does not count. Those before it do, or whoever has an account of their own
    /// could guess for ever.
    pub fn give_back(&mut self, key: impl Hash) {
        let slot = self.slot(key);
        self.slots[slot] -= i64::from(self.rate.period);
    }

    /// When all tries would be there again, if there was one more now.
    fn after(&self, before: i64, now: Timestamp) -> i64 {
        // A clock that went back locks nobody out for longer than a full wait.
        before.clamp(now.0, now.0 + self.span()) + i64::from(self.rate.period)
    }

    /// Seconds until all tries are there again.
    fn span(&self) -> i64 {
        i64::from(self.rate.burst) * i64::from(self.rate.period)
    }

    fn slot(&self, key: impl Hash) -> usize {
        usize::try_from(self.hasher.hash_one(key) % SLOTS as u64).unwrap_or_default()
    }
}

/// What one household or one machine has: an IPv4 address, or the 64 bits of an IPv6 prefix (RFC 6177).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => {
                let prefix = address.to_bits() >> 64 << 64;
                Self(IpAddr::V6(Ipv6Addr::from_bits(prefix)))
            }
            address @ IpAddr::V4(_) => Self(address),
        }
    }
}

/// Who tries a password, as far as is known before it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who<'a> {
    /// Somebody at a device where this name was signed in before; its identifier.
    Known(&'a str),
    /// Anybody else; the network is unknown on the control socket.
    Stranger {
        /// Where from.
        network: Option<Network>,
        /// For whom: the name as it was typed, whether there is such a member or not.
        name: &'a str,
    },
}

/// All limits on passwords.
#[derive(Debug)]
pub struct Guesses<S = RandomState> {
    networks: Limit<S>,
    names: Limit<S>,
    devices: Limit<S>,
    codes: Limit<S>,
    apps: Limit<S>,
}

impl Default for Guesses {
    fn default() -> Self {
        Self::new(RandomState::new)
    }
}

impl<S: BuildHasher> Guesses<S> {
    /// Nothing was tried yet.
    pub fn new(hasher: impl Fn() -> S) -> Self {
        Self {
            networks: Limit::new(NETWORK, hasher()),
            names: Limit::new(NAME, hasher()),
            devices: Limit::new(DEVICE, hasher()),
            codes: Limit::new(CODE, hasher()),
            apps: Limit::new(NETWORK, hasher()),
        }
    }

    /// Counts a try at a member's password, or says how many seconds to wait.
    ///
    /// # Errors
    /// When there is none left; such a try must not be looked at, and is not counted anywhere.
    pub fn count(&mut self, who: Who<'_>, now: Timestamp) -> Result<(), u64> {
        match who {
            Who::Known(device) => self.devices.count(device, now),
            Who::Stranger { network, name } => {
                let at_network = network.map_or(0, |network| self.networks.wait(network, now));
                let wait = at_network.max(self.names.wait(name, now));
                if wait > 0 {
                    return Err(wait);
                }
                if let Some(network) = network {
                    self.networks.count(network, now)?;
                }
                self.names.count(name, now)
            }
        }
    }

    /// The password was right: the try does not count.
    pub fn give_back(&mut self, who: Who<'_>) {
        match who {
            Who::Known(device) => self.devices.give_back(device),
            Who::Stranger { network, name } => {
                if let Some(network) = network {
                    self.networks.give_back(network);
                }
                self.names.give_back(name);
            }
        }
    }

    /// Counts a try at the code of a second step, or says how many seconds to wait. The network makes no difference,
    /// and strangers keep nobody from a known device.
    ///
    /// # Errors
    /// When there is none left; such a try must not be looked at.
    pub fn count_code(&mut self, who: Who<'_>, now: Timestamp) -> Result<(), u64> {
        self.codes.count(code_key(who), now)
    }

    /// The code was right: the try does not count.
    pub fn give_back_code(&mut self, who: Who<'_>) {
        self.codes.give_back(code_key(who));
    }

    /// Counts a wrong app password, or says how many seconds an app that knows no other should wait. These have 100
    /// random bits, so that nobody guesses one; an old phone that goes on trying keeps nobody from signing in.
    ///
    /// # Errors
    /// When there were too many from there.
    pub fn count_app(&mut self, network: Network, now: Timestamp) -> Result<(), u64> {
        self.apps.count(network, now)
    }
}

fn code_key(who: Who<'_>) -> (bool, &str) {
    match who {
        Who::Known(device) => (true, device),
        Who::Stranger { name, .. } => (false, name),
    }
}

#[cfg(test)]
mod tests;
