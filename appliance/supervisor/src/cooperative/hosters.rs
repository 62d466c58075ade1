// SPDX-License-Identifier: AGPL-3.0-or-later
//! Other hosters: their files are fetched, read liberally, and listed as "services elsewhere".
//!
//! Somebody else chooses what is fetched, so it is fetched with care: `https` and port 443 only, only addresses of the
//! public internet (looked up once, and that very address is connected to), at most 64 KiB, 3 redirects and 10
//! seconds, and no cookie or header that tells anything.

use crate::{
    ApiError, App, publish,
    state::{KnownHoster, StateError, latest},
};
use ::cooperative::reader::{self, Hoster, LARGEST, REDIRECTS};
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::rt::TokioIo;
use reach::registration::REGISTRIES;
use rustls::pki_types::ServerName;
use std::{net::SocketAddr, pin::Pin, sync::Arc, time::Duration};
use tokio::net::TcpStream;
use types::MemberName;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Hosters that are kept.
const MOST: usize = 100;

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A file.
    File(Vec<u8>),
    /// Look there.
    Redirect(String),
    /// Another status.
    Status(u16),
}

type Fetching = Pin<Box<dyn Future<Output = Result<Reply, String>> + Send>>;

/// One request to an `https` address, no redirect followed; a fake in tests.
pub type Fetch = Arc<dyn Fn(String) -> Fetching + Send + Sync>;

/// Fetches from the public internet.
pub fn over_https() -> Fetch {
    Arc::new(|url| {
        Box::pin(async move {
            let one = tokio::time::timeout(PATIENCE, request(&url)).await;
            one.unwrap_or_else(|_| Err("it took too long to answer".into()))
        })
    })
}

async fn request(url: &str) -> Result<Reply, String> {
    let (host, path) = reader::split(url).ok_or("this is no address on the public internet")?;
    let found = tokio::net::lookup_host((host, 443)).await;
    let found: Vec<SocketAddr> = found
        .map_err(|error| format!("the name cannot be looked up: {error}"))?
        .collect();
    // One private address among them is reason enough: a name that means both is a trick.
    if found.is_empty() || !found.iter().all(|address| reader::is_public(address.ip())) {
        return Err("the name does not lead to the public internet".into());
    }
    let stream = TcpStream::connect(&found[..])
        .await
        .map_err(|error| error.to_string())?;
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    let connector = tokio_rustls::TlsConnector::from(reach::public_tls());
    let stream = connector
        .connect(name, stream)
        .await
        .map_err(|error| error.to_string())?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    let request = Request::get(path)
        .header(header::HOST, host)
        .header(header::ACCEPT, "application/json")
        .header(header::USER_AGENT, "commonhost")
        .body(Empty::<bytes::Bytes>::new())
        .map_err(|error| error.to_string())?;
    let answer = sender
        .send_request(request)
        .await
        .map_err(|error| error.to_string())?;
    let status = answer.status();
    if status.is_redirection() {
        let to = answer
            .headers()
            .get(header::LOCATION)
            .and_then(|to| to.to_str().ok());
        return Ok(Reply::Redirect(resolve(host, to.unwrap_or_default())));
    }
    if status != StatusCode::OK {
        return Ok(Reply::Status(status.as_u16()));
    }
    // One list is longer than any file of a hoster, and comes from nobody who could choose what is in it.
    let most = if url == REGISTRIES { 8 * LARGEST } else { LARGEST };
    let body = Limited::new(answer.into_body(), most).collect().await;
    let body = body.map_err(|_| format!("the file is longer than {most} bytes, or broke off"))?;
    Ok(Reply::File(body.to_bytes().to_vec()))
}

/// A `Location`, which may be a path.
fn resolve(host: &str, to: &str) -> String {
    if to.starts_with('/') && !to.starts_with("//") {
        format!("https://{host}{to}")
    } else {
        to.to_owned()
    }
}

/// A file and where it was found at last.
async fn follow(fetch: &Fetch, url: &str) -> Result<(String, Vec<u8>), String> {
    let mut url = url.to_owned();
    for _ in 0..=REDIRECTS {
        if reader::split(&url).is_none() {
            return Err("it leads to an address that is not fetched".into());
        }
        match fetch(url.clone()).await? {
            Reply::File(bytes) => return Ok((url, bytes)),
            Reply::Redirect(to) => url = to,
            Reply::Status(status) => return Err(format!("it answered {status}")),
        }
    }
    Err(format!("it led to more than {REDIRECTS} other addresses"))
}

/// Reads a hoster's file at the address that was given, or at one of the usual places.
async fn look(fetch: &Fetch, address: &str) -> Result<(String, Hoster), String> {
    let mut first = None;
    for url in reader::candidates(address) {
        let found = follow(fetch, &url).await;
        let read = found
            .and_then(|(url, bytes)| Ok((url, reader::read(&bytes).map_err(|error| error.to_string())?)));
        match read {
            Ok(found) => return Ok(found),
            Err(why) => {
                first.get_or_insert(why);
            }
        }
    }
    Err(first.unwrap_or_else(|| "this is not an address like https://example.org".into()))
}

/// Hosters that are listed, by name.
///
/// # Errors
/// When the database fails.
pub async fn all(app: &App) -> Result<Vec<KnownHoster>, StateError> {
    let mut all: Vec<KnownHoster> = latest(app.store.statements().await?);
    all.retain(|known| !known.removed);
    all.sort_by_key(|known| known.hoster.name.to_lowercase());
    Ok(all)
}

/// Adds a hoster by its address, or reads its file again.
///
/// # Errors
/// 409 when there are too many, 422 when no file is found there.
pub async fn add(
    app: &App,
    address: &str,
    vouched: Option<bool>,
    by: &MemberName,
) -> Result<KnownHoster, ApiError> {
    let address = address.trim().trim_end_matches('/').to_owned();
    let (url, hoster) = look(&app.fetch, &address)
        .await
        .map_err(|why| ApiError::field("address", format!("holds no file of a hoster: {why}")))?;
    let read = app.now();
    let known = app
        .store
        .state(
            (by.as_str(), read, "add-hoster"),
            move |before: &[KnownHoster]| {
                let before = latest(before.to_vec());
                let same = before.iter().find(|known| known.address == address);
                if same.is_none_or(|known| known.removed)
                    && before.iter().filter(|known| !known.removed).count() >= MOST
                {
                    let message = format!("At most {MOST} hosters are kept. Take one off the list first.");
                    return Err(ApiError::conflict("too_many", message));
                }
                let known = KnownHoster {
                    vouched: vouched.unwrap_or(same.is_some_and(|known| known.vouched)),
                    address,
                    url,
                    hoster,
                    read,
                    removed: false,
                };
                Ok((vec![known.clone()], known))
            },
        )
        .await??;
    publish::refresh(app).await?;
    Ok(known)
}

/// Vouches for a hoster or no longer, or takes it off the list.
///
/// # Errors
/// 404 when it is not on the list.
pub async fn change(
    app: &App,
    address: &str,
    change: impl FnOnce(KnownHoster) -> KnownHoster + Send + 'static,
    by: &MemberName,
) -> Result<(), ApiError> {
    let address = address.to_owned();
    app.store
        .state(
            (by.as_str(), app.now(), "change-hoster"),
            move |before: &[KnownHoster]| {
                let known = before
                    .iter()
                    .rev()
                    .find(|known| known.address == address && !known.removed);
                let known = known.ok_or_else(|| ApiError::not_found("This hoster is not on the list."))?;
                Ok::<_, ApiError>((vec![change(known.clone())], ()))
            },
        )
        .await??;
    Ok(publish::refresh(app).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeMap, sync::Mutex};

    /// An internet of canned answers, and what was asked of it.
    fn canned(answers: &[(&str, Reply)]) -> (Fetch, Arc<Mutex<Vec<String>>>) {
        let answers: BTreeMap<String, Reply> = answers
            .iter()
            .map(|(url, reply)| ((*url).to_owned(), reply.clone()))
            .collect();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let fetch: Fetch = Arc::new(move |url| {
            crate::app::lock(&log).push(url.clone());
            let reply = answers.get(&url).cloned().unwrap_or(Reply::Status(404));
            Box::pin(async move { Ok(reply) })
        });
        (fetch, asked)
    }

    fn file() -> Reply {
        Reply::File(br#"{"name":"Elm","version":"1.0.0"}"#.to_vec())
    }

    #[tokio::test]
    async fn the_usual_places_are_tried_and_redirects_followed() {
        let (fetch, _) = canned(&[
            (
                "https://elm.test/librehost.json",
                Reply::Redirect("https://www.elm.test/l.json".into()),
            ),
            ("https://www.elm.test/l.json", file()),
        ]);
        let (url, hoster) = look(&fetch, "elm.test").await.unwrap();
        assert_eq!(
            (url.as_str(), hoster.name.as_str()),
            ("https://www.elm.test/l.json", "Elm")
        );
    }

    #[tokio::test]
    async fn a_redirect_leads_nowhere_private_and_not_on_for_ever() {
        for to in [
            "https://127.0.0.1/x",
            "http://elm.test/x",
            "https://router.local/",
            "file:///etc/passwd",
            "",
        ] {
            let (fetch, asked) = canned(&[("https://elm.test/a.json", Reply::Redirect(to.into()))]);
            assert!(follow(&fetch, "https://elm.test/a.json").await.is_err(), "{to}");
            assert_eq!(asked.lock().unwrap().len(), 1, "{to}");
        }
        let (fetch, asked) = canned(&[(
            "https://elm.test/a.json",
            Reply::Redirect("https://elm.test/a.json".into()),
        )]);
        assert!(follow(&fetch, "https://elm.test/a.json").await.is_err());
        assert_eq!(asked.lock().unwrap().len(), REDIRECTS + 1);
        assert_eq!(resolve("elm.test", "/x"), "https://elm.test/x");
        assert_eq!(resolve("elm.test", "//127.0.0.1/x"), "//127.0.0.1/x");
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_not_asked() {
        // `localhost.localdomain` and numbers in disguise are refused by form or by what they resolve to.
        for url in [
            "https://localhost/",
            "https://127.0.0.1/",
            "https://localhost.localdomain/",
        ] {
            let refused = request(url).await.unwrap_err();
            assert!(!refused.is_empty(), "{url}");
        }
    }
}
