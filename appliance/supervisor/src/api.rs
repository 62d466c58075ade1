// SPDX-License-Identifier: AGPL-3.0-or-later
//! `/api/v1`: one table of routes, each with its policy and its description. A route without a policy does not
//! compile; `openapi.json` is made from the same table.

mod account;
mod address;
mod agreements;
mod backups;
mod board;
mod certificates;
mod checks;
mod cooperative;
mod domains;
mod exports;
mod forgotten;
mod invitations;
mod json;
mod local_authority;
mod members;
mod openapi;
mod openid;
mod passkeys;
mod peers;
mod reach;
mod restore;
mod route;
mod second_step;
mod services;
mod stream;
mod system;
mod two_person;

pub(crate) use certificates::{choose_acme, retry_name};
pub(crate) use checks::silence_until;
pub(crate) use cooperative::{ledger_beancount, ledger_csv, register_csv, text_kind, text_language};
pub(crate) use domains::{known_domain, known_name, prove, views as domain_views};
pub(crate) use exports::download;
pub use json::Body;
pub(crate) use reach::{ReachView, change as change_reach, view as reach_view};
pub use route::{Route, mount};

use crate::App;
use axum::{Router, middleware};

/// Every route of the API.
pub fn routes() -> Vec<Route> {
    let mut routes = board::routes();
    routes.extend(services::routes());
    routes.extend(backups::routes());
    routes.extend(restore::routes());
    routes.extend(exports::routes());
    routes.extend(members::routes());
    routes.extend(invitations::routes());
    routes.extend(account::routes());
    routes.extend(second_step::routes());
    routes.extend(openid::routes());
    routes.extend(passkeys::routes());
    routes.extend(two_person::routes());
    routes.extend(forgotten::routes());
    routes.extend(certificates::routes());
    routes.extend(local_authority::routes());
    routes.extend(checks::routes());
    routes.extend(domains::routes());
    routes.extend(reach::routes());
    routes.extend(cooperative::routes());
    routes.extend(peers::routes());
    routes.extend(agreements::routes());
    routes.extend(system::routes());
    routes.extend(stream::routes());
    routes.push(openapi::route());
    routes
}

/// The whole board: API, published documents and pages, with every caller identified first.
pub fn router(app: &App) -> Router {
    let pages = crate::pages::router(app);
    let identify = middleware::from_fn_with_state(app.clone(), crate::access::caller::identify);
    mount(routes())
        .with_state(app.clone())
        .merge(pages)
        .layer(identify)
        .layer(middleware::from_fn_with_state(app.clone(), crate::pages::dress))
}
