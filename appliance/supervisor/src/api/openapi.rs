// SPDX-License-Identifier: AGPL-3.0-or-later
//! `openapi.json` (`OpenAPI` 3.1), made from the table of routes.

use super::{Route, routes};
use crate::access::Policy;
use axum::Json;
use http::Method;
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

pub(super) fn route() -> Route {
    Route::new(
        Method::GET,
        "/api/v1/openapi.json",
        Policy::Public,
        "This description.",
        async || Json(describe()),
    )
    .gives::<Value>()
}

fn describe() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
    });
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for route in routes() {
        let item = paths.entry(route.path).or_insert_with(|| json!({}));
        item[route.method.as_str().to_lowercase()] = operation(&route, &mut generator);
    }
    let mut schemas = generator.take_definitions(true);
    schemas.insert(
        "Error".into(),
        json!({
            "type": "object", "required": ["error"],
            "properties": { "error": {
                "type": "object", "required": ["code", "message", "fields"],
                "properties": {
                    "code": { "type": "string", "description": "A word for programs." },
                    "message": { "type": "string", "description": "For people: what is wrong and what to do." },
                    "fields": { "type": "object", "additionalProperties": { "type": "string" } },
                },
            } },
        }),
    );
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Commonhost",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The board's API. Long work answers 202 with a job; follow it by GET /api/v1/jobs/{id} \
                            or the event stream.",
            "license": { "name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer" },
                "session": { "type": "apiKey", "in": "cookie", "name": crate::access::caller::SECURE_COOKIE },
            },
        },
    })
}

fn operation(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let parameters: Vec<Value> = route
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    let content = |schema: Value| json!({ "application/json": { "schema": schema } });
    let mut success = json!({ "description": "Done, or recorded." });
    if let Some(gives) = route.gives {
        success["content"] = content(gives(generator).to_value());
    }
    let error = json!({
        "description": "Refused; nothing was changed.",
        "content": content(json!({ "$ref": "#/components/schemas/Error" })),
    });
    let security = match route.policy {
        Policy::Public => json!([]),
        Policy::Guest | Policy::Member | Policy::Steward => json!([{ "token": [] }, { "session": [] }]),
    };
    let mut operation = json!({
        "summary": route.summary,
        "x-policy": format!("{:?}", route.policy).to_lowercase(),
        "parameters": parameters,
        "security": security,
        "responses": { "2XX": success, "4XX": error },
    });
    if let Some(takes) = route.takes {
        operation["requestBody"] =
            json!({ "required": true, "content": content(takes(generator).to_value()) });
    }
    operation
}
