// SPDX-License-Identifier: AGPL-3.0-or-later
//! Handing a sign-in over from the board's host to a service's host: one ticket, one use, one minute.

use super::secret;
use std::collections::HashMap;
use types::{MemberName, Timestamp};

/// What a ticket stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Who.
    pub member: MemberName,
    /// Hash of the board session it came from.
    pub session: String,
    /// The only host it opens.
    pub host: String,
    expires: Timestamp,
}

/// Tickets that were given out and not used.
#[derive(Debug, Default)]
pub struct Tickets(HashMap<String, Ticket>);

/// A ticket's life in seconds.
const LIFE: i64 = 60;
/// Tickets at most; more are given out only when old ones are gone.
const MOST: usize = 1024;

impl Tickets {
    /// Makes a ticket; `None` when too many are out.
    pub fn issue(
        &mut self,
        member: MemberName,
        session: String,
        host: String,
        now: Timestamp,
    ) -> Option<String> {
        self.0.retain(|_, ticket| ticket.expires > now);
        if self.0.len() >= MOST {
            return None;
        }
        let ticket = secret::secret();
        let expires = Timestamp(now.0 + LIFE);
        self.0.insert(
            secret::hash(&ticket),
            Ticket {
                member,
                session,
                host,
                expires,
            },
        );
        Some(ticket)
    }

    /// Uses a ticket up; `None` when it is unknown, used, too old or for another host.
    pub fn redeem(&mut self, ticket: &str, host: &str, now: Timestamp) -> Option<Ticket> {
        let found = self.0.remove(&secret::hash(ticket))?;
        (found.host == host && found.expires > now).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_opens_one_host_once_within_a_minute() {
        let mut tickets = Tickets::default();
        let issue = |tickets: &mut Tickets| {
            tickets
                .issue(
                    "alice".parse().unwrap(),
                    "s".into(),
                    "a.local".into(),
                    Timestamp(0),
                )
                .unwrap()
        };
        let ticket = issue(&mut tickets);
        assert!(tickets.redeem(&ticket, "a.local", Timestamp(59)).is_some());
        assert!(tickets.redeem(&ticket, "a.local", Timestamp(59)).is_none());
        let ticket = issue(&mut tickets);
        assert!(tickets.redeem(&ticket, "b.local", Timestamp(1)).is_none());
        let ticket = issue(&mut tickets);
        assert!(tickets.redeem(&ticket, "a.local", Timestamp(60)).is_none());
        assert!(tickets.redeem("guess", "a.local", Timestamp(0)).is_none());
    }
}
