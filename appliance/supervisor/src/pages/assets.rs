// SPDX-License-Identifier: AGPL-3.0-or-later
//! Stylesheet, script, icon: files whose path changes with their content.

use crate::{access::Policy, api::Route};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use web_ui::Asset;

pub(super) fn routes() -> Vec<Route> {
    let route = |asset: &'static Asset| {
        Route::new(
            Method::GET,
            asset.path,
            Policy::Public,
            "A file of the pages.",
            async move |headers: HeaderMap| serve(asset, &headers),
        )
    };
    web_ui::assets().iter().map(route).collect()
}

fn serve(asset: &'static Asset, headers: &HeaderMap) -> Response {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let cache = [
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::VARY, "Accept-Encoding"),
        (header::ETAG, asset.etag),
    ];
    if text(header::IF_NONE_MATCH).is_some_and(|tags| tags.contains(asset.etag)) {
        return (StatusCode::NOT_MODIFIED, cache).into_response();
    }
    let kind = (header::CONTENT_TYPE, asset.content_type);
    let encodings = text(header::ACCEPT_ENCODING).unwrap_or_default();
    match encoding(encodings) {
        Some("br") => ([kind, (header::CONTENT_ENCODING, "br")], cache, asset.brotli).into_response(),
        Some(gzip) => ([kind, (header::CONTENT_ENCODING, gzip)], cache, asset.gzip).into_response(),
        None => ([kind], cache, asset.bytes).into_response(),
    }
}

/// The best encoding we have that is asked for.
fn encoding(accepted: &str) -> Option<&'static str> {
    let asked = |name: &str| {
        accepted.split(',').any(|part| {
            let mut pieces = part.split(';').map(str::trim);
            pieces.next() == Some(name) && !pieces.any(|piece| matches!(piece, "q=0" | "q=0.0"))
        })
    };
    ["br", "gzip"].into_iter().find(|name| asked(name))
}

#[cfg(test)]
mod tests {
    use super::encoding;

    #[test]
    fn an_encoding_is_used_only_when_asked_for() {
        assert_eq!(encoding("gzip, deflate, br, zstd"), Some("br"));
        assert_eq!(encoding("gzip"), Some("gzip"));
        assert_eq!(encoding("br;q=0, gzip;q=0.5"), Some("gzip"));
        assert_eq!(encoding("identity"), None);
        assert_eq!(encoding(""), None);
    }
}
