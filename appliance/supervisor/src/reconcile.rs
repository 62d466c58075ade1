// SPDX-License-Identifier: AGPL-3.0-or-later
//! Makes the machine match what was asked: observe, plan (pure), apply, and again.

mod apply;
mod driver;
mod plan;
mod probe;
mod routes;
mod status;

pub use driver::{Driver, Wake, open_doors};
pub use plan::{Ahead, Plan, Step, Wanted, wanted};
pub(crate) use probe::ask as probe_at;
pub use routes::{Addresses, addresses, route_table};
pub use status::{Live, derive};
