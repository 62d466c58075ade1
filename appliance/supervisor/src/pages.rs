// SPDX-License-Identifier: AGPL-3.0-or-later
//! The pages: from what the board knows to the view models of `web-ui`, and from forms to the same functions that the
//! API calls.

mod documents;

use crate::App;
use axum::{Router, extract::Request, middleware::Next, response::Response};

/// Every page and published document.
pub fn router(app: &App) -> Router {
    documents::router().with_state(app.clone())
}

/// Headers every answer carries, and error pages for browsers.
pub async fn dress(request: Request, next: Next) -> Response {
    next.run(request).await
}
