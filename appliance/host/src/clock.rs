// SPDX-License-Identifier: AGPL-3.0-or-later
//! The clock. The only place that reads it: everything else is handed the time.

use std::time::{SystemTime, UNIX_EPOCH};
use types::Timestamp;

/// Seconds since 1970, by the machine's clock, which may be wrong by years before the network is up.
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub fn now() -> Timestamp {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX))
}

/// Whether the clock can be right at all: not before this software was made (2026-11-01).
pub fn is_plausible(now: Timestamp) -> bool {
    now.0 > 1_793_491_200
}
