// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a person sees when the front door cannot pass a request on.

use crate::body::Body;
use http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER},
};

/// What went wrong, as far as the one who asks is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Status of the answer.
    pub status: StatusCode,
    /// A stable word for programs: `unknown_host`, `service_starting`, …
    pub code: &'static str,
    /// One or two sentences that say what to do.
    pub message: &'static str,
    /// Service that was asked for, if the request got that far.
    pub service: Option<String>,
    /// Seconds after which to try again.
    pub retry_after: Option<u32>,
}

/// Renders the pages; the supervisor hands in its own to match the rest of the board.
pub trait ErrorPages: Send + Sync {
    /// The whole answer for `page`. `headers` are the request's: language and what is accepted.
    fn render(&self, page: &Page, headers: &HeaderMap) -> Response<Body>;
}

/// Small built-in pages: HTML for browsers, JSON and plain text for those who ask for it.
#[derive(Clone, Debug)]
pub struct PlainPages {
    /// Shown as the page's title: the board's name.
    pub title: String,
}

impl ErrorPages for PlainPages {
    fn render(&self, page: &Page, headers: &HeaderMap) -> Response<Body> {
        let (kind, text) = match wanted(headers) {
            Wanted::Html => ("text/html; charset=utf-8", html(&self.title, page)),
            Wanted::Json => (
                "application/json",
                format!(
                    r#"{{"error":{{"code":"{}","message":"{}","fields":{{}}}}}}"#,
                    page.code,
                    page.message.replace('"', "'")
                ),
            ),
            Wanted::Text => ("text/plain; charset=utf-8", format!("{}\n", page.message)),
        };
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = page.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = page.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

enum Wanted {
    Html,
    Json,
    Text,
}

/// Which of the three an `Accept` header prefers; the first one named wins, which is how all clients write it.
fn wanted(headers: &HeaderMap) -> Wanted {
    let accept = headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    for part in accept.split(',') {
        match part.split(';').next().unwrap_or("").trim() {
            "text/html" | "application/xhtml+xml" => return Wanted::Html,
            "application/json" => return Wanted::Json,
            "text/plain" => return Wanted::Text,
            _ => {}
        }
    }
    Wanted::Text
}

fn html(title: &str, page: &Page) -> String {
    let refresh = match page.retry_after {
        Some(seconds) => format!("<meta http-equiv=\"refresh\" content=\"{seconds}\">"),
        None => String::new(),
    };
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">{refresh}<title>{title}</title>\
         <style>:root{{color-scheme:light dark}}body{{font:1.1rem/1.6 system-ui,sans-serif;max-width:36rem;\
         margin:20vh auto;padding:0 1.5rem}}</style><main><h1>{title}</h1><p>{message}</p></main></html>\n",
        title = escape(title),
        message = escape(page.message),
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;

    async fn text(accept: &'static str) -> (String, String) {
        let page = Page {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "service_starting",
            message: "This service is starting.",
            service: None,
            retry_after: Some(2),
        };
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        let answer = PlainPages {
            title: "<kitchen>".into(),
        }
        .render(&page, &headers);
        assert_eq!(answer.headers()[RETRY_AFTER], "2");
        let kind = answer.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (kind, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn the_page_is_in_the_form_that_was_asked_for() {
        let (kind, body) = text("text/html,application/xhtml+xml,*/*;q=0.8").await;
        assert!(
            kind.starts_with("text/html") && body.contains("&lt;kitchen>"),
            "{body}"
        );
        let (kind, body) = text("application/json").await;
        assert!(
            kind == "application/json" && body.contains("\"service_starting\""),
            "{body}"
        );
        let (kind, body) = text("*/*").await;
        assert!(
            kind.starts_with("text/plain") && body == "This service is starting.\n",
            "{body}"
        );
    }
}
