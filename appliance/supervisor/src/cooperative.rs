// SPDX-License-Identifier: AGPL-3.0-or-later
//! The cooperative on this board: what the crate `cooperative` decides is stored, carried out and told here. Used by
//! the API and by the pages alike.

pub mod books;
pub mod decisions;
pub mod hosters;
mod meter;
pub mod news;
pub mod promises;
pub mod register;
pub mod texts;
pub mod winding;

pub use meter::{Meter, PowerModel};
pub use promises::commitments;

use crate::App;

/// What is due, once a minute: votes are counted, acts performed, time and energy measured, documents renewed.
pub async fn tick(app: &App) {
    let failed = |what: &str, error: &(dyn std::error::Error + 'static)| {
        log::warn!("{what}: {}", host::chain(error));
    };
    if let Err(error) = decisions::settle(app).await {
        failed("votes could not be counted", &error);
    }
    if let Err(error) = register::catch_up(app).await {
        failed("the register could not be kept", &error);
    }
    if let Err(error) = meter::measure(app).await {
        failed("what the board uses could not be written down", &error);
    }
    if let Err(error) = winding::carry_out(app).await {
        failed("winding down", &error);
    }
    if let Err(error) = crate::publish::refresh(app).await {
        failed("documents could not be renewed", &error);
    }
}
