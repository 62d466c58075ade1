// SPDX-License-Identifier: AGPL-3.0-or-later
//! The pages: from what the board knows to the view models of `web-ui`, and from forms to the same functions that the
//! API calls. Every page declares who may see it, as every route of the API does.

mod account;
mod actions;
mod archives;
mod assets;
mod audit;
mod backups;
mod catalog;
mod certificates;
mod checks;
mod claim;
mod clients;
mod commons;
mod cooperative;
mod device;
mod documents;
mod error;
mod exports;
mod facts;
mod forgotten;
mod form;
mod handoff;
mod held;
mod home;
mod invitations;
mod jobs;
mod join;
mod language;
mod links;
mod members;
mod notices;
mod openid;
mod passkeys;
mod peer;
mod peers;
mod places;
mod proof;
mod public;
mod reach;
mod recovery;
mod restore;
mod second_step;
mod service;
mod shell;
mod sign_in;
mod system;
pub(crate) mod trust;
mod two_person;
mod usage;
mod way_back;

pub(crate) use error::dress;
pub(crate) use join::join_url;

use crate::{
    ApiError, App,
    api::{Route, mount},
};
use axum::{Extension, Router};
use std::sync::Arc;

/// Every page and form.
pub fn routes() -> Vec<Route> {
    let subjects = [
        public::routes,
        claim::routes,
        restore::routes,
        sign_in::routes,
        way_back::routes,
        trust::routes,
        join::routes,
        handoff::routes,
        home::routes,
        catalog::routes,
        service::routes,
        actions::routes,
        jobs::routes,
        certificates::routes,
        checks::routes,
        proof::routes,
        reach::routes,
        cooperative::routes,
        commons::routes,
        members::routes,
        invitations::routes,
        peers::routes,
        peer::routes,
        held::routes,
        account::routes,
        second_step::routes,
        openid::routes,
        passkeys::routes,
        two_person::routes,
        forgotten::routes,
        clients::routes,
        backups::routes,
        places::routes,
        exports::routes,
        recovery::routes,
        archives::routes,
        audit::routes,
        system::routes,
        shell::routes,
        assets::routes,
    ];
    subjects.iter().flat_map(|routes| routes()).collect()
}

/// Every page and published document; for the rest, that there is nothing.
pub fn router(app: &App) -> Router {
    mount(routes())
        .merge(documents::router())
        .fallback(async || ApiError::not_found("There is nothing at this address."))
        .layer(Extension(Arc::new(notices::Notices::default())))
        .with_state(app.clone())
}
