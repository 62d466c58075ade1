// SPDX-License-Identifier: AGPL-3.0-or-later
//! Updates of the board's own system: look for a release, download it, write it into the idle slot, tell members, try
//! it at night, and keep it when everything is well.
//!
//! One turn after another, as the reconcile loop does it: observe, decide by a pure function ([`plan::next`]), do one
//! step. Each step can be cut off and done again. What a step changes on the card is done by the host process.

mod act;
mod announce;
mod choice;
mod fetch;
mod health;
mod offer;
mod plan;
mod run;
mod source;
mod trust;
mod views;

pub use choice::{Choice, MOST_DAYS};
pub use fetch::FetchError;
pub use health::Before;
pub use run::{Pace, Updates, watch};
pub use trust::Trust;
pub use views::{Offered, Progress, ReleasesView, SlotView, SlotsView};

pub(crate) use act::{choose, defer, go_back, look_now, take_now};
pub(crate) use views::{failure, releases, slots};
