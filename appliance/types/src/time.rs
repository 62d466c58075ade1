// SPDX-License-Identifier: AGPL-3.0-or-later
//! Points in time, as whole seconds.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Seconds since 1970-01-01T00:00:00Z, as POSIX counts them. A parameter everywhere; only `host::clock` reads it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This moment plus `duration` (whole seconds; saturates).
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)),
        )
    }

    /// How long ago `earlier` was; zero when it lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_secs(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}
