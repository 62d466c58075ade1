// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the last request did, kept in memory until the session's next page. Nothing travels through the browser, so
//! nobody can make a page say what did not happen.

use crate::app::lock;
use std::{collections::VecDeque, sync::Mutex};
use web_ui::Notice;

/// Sessions with a notice at most; the oldest is forgotten first.
const MOST: usize = 256;

/// Notices that wait, by the hash of the session's secret.
#[derive(Debug, Default)]
pub(super) struct Notices(Mutex<VecDeque<(String, Notice)>>);

impl Notices {
    /// Keeps a notice for the next page.
    pub(super) fn put(&self, session: &str, notice: Notice) {
        let mut waiting = lock(&self.0);
        if waiting.len() >= MOST {
            waiting.pop_front();
        }
        waiting.push_back((session.to_owned(), notice));
    }

    /// Takes the notices of a session, oldest first.
    pub(super) fn take(&self, session: &str) -> Vec<Notice> {
        let mut waiting = lock(&self.0);
        if waiting.is_empty() {
            return Vec::new();
        }
        let (mine, others): (VecDeque<_>, VecDeque<_>) =
            waiting.drain(..).partition(|(whose, _)| whose == session);
        *waiting = others;
        mine.into_iter().map(|(_, notice)| notice).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_shown_once_and_to_its_session_only() {
        let notices = Notices::default();
        notices.put("a", Notice::Saved);
        notices.put("b", Notice::SessionEnded);
        assert_eq!(notices.take("a"), [Notice::Saved]);
        assert_eq!(notices.take("a"), []);
        for _ in 0..2 * MOST {
            notices.put("c", Notice::Saved);
        }
        assert_eq!(notices.take("c").len(), MOST);
        assert_eq!(notices.take("b"), []);
    }
}
