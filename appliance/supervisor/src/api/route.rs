// SPDX-License-Identifier: AGPL-3.0-or-later
//! One row of the table of routes.

use crate::{
    ApiError, App,
    access::{Policy, caller::admit},
};
use axum::{
    Router,
    handler::Handler,
    middleware,
    routing::{MethodFilter, MethodRouter, on},
};
use http::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator};

/// A route: who may ask, what it does, what it takes and gives.
pub struct Route {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) policy: Policy,
    pub(super) summary: &'static str,
    pub(super) takes: Option<fn(&mut SchemaGenerator) -> Schema>,
    pub(super) gives: Option<fn(&mut SchemaGenerator) -> Schema>,
    handler: MethodRouter<App>,
}

fn filter(method: &Method) -> MethodFilter {
    match *method {
        Method::POST => MethodFilter::POST,
        Method::PUT => MethodFilter::PUT,
        Method::PATCH => MethodFilter::PATCH,
        Method::DELETE => MethodFilter::DELETE,
        _ => MethodFilter::GET,
    }
}

impl Route {
    /// A route. The policy is no option: there is no other way to make one.
    pub fn new<H, T>(
        method: Method,
        path: &'static str,
        policy: Policy,
        summary: &'static str,
        handler: H,
    ) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let admit = middleware::from_fn_with_state(policy, admit);
        let handler = on(filter(&method), handler).route_layer(admit);
        Self {
            method,
            path,
            policy,
            summary,
            takes: None,
            gives: None,
            handler,
        }
    }

    /// Says what its body is.
    #[must_use]
    pub fn takes<T: JsonSchema>(mut self) -> Self {
        self.takes = Some(SchemaGenerator::subschema_for::<T>);
        self
    }

    /// Says what it answers.
    #[must_use]
    pub fn gives<T: JsonSchema>(mut self) -> Self {
        self.gives = Some(SchemaGenerator::subschema_for::<T>);
        self
    }

    /// Its method and path, and who may ask.
    pub fn describe(&self) -> (&Method, &'static str, Policy) {
        (&self.method, self.path, self.policy)
    }
}

/// Makes a router of a table.
pub fn mount(routes: Vec<Route>) -> Router<App> {
    let all = routes.into_iter().fold(Router::new(), |router, route| {
        router.route(route.path, route.handler)
    });
    all.method_not_allowed_fallback(async || {
        let message = "This address does not take that method. /api/v1/openapi.json lists what there is.";
        ApiError::new(
            http::StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            message,
        )
    })
}
