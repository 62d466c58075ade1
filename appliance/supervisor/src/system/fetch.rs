// SPDX-License-Identifier: AGPL-3.0-or-later
//! Downloads over HTTP and HTTPS. Everything that is downloaded is checked against signed digests afterwards; a place
//! that lies can waste time, nothing else.

use bytes::Bytes;
use http::{
    Request, StatusCode, Uri,
    header::{HOST, LOCATION, RANGE, USER_AGENT},
};
use http_body_util::{BodyExt, Empty};
use hyper::{Response, body::Incoming};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{
    fs::{File, OpenOptions},
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use types::{Digest, DiskId};

/// A place that says nothing for so long is given up.
const PATIENCE: Duration = Duration::from_secs(30);
const MOST_REDIRECTS: usize = 5;
/// What is downloaded is safe on the card after so many bytes, and is not downloaded again.
const SAFE_EVERY: u64 = 8 * 1024 * 1024;

/// Why something was not downloaded.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No answer.
    #[error("{host} cannot be reached: {reason}. Check the board's network, and the address of the updates")]
    Unreachable {
        /// The place.
        host: String,
        /// What the system said.
        reason: String,
    },
    /// Another answer than the file.
    #[error("{host} answers {status} when asked for {name}")]
    Status {
        /// The place.
        host: String,
        /// What it answers.
        status: u16,
        /// What was asked for.
        name: String,
    },
    /// More than there can be.
    #[error("{host} sends more than {limit} bytes for {name}")]
    TooLong {
        /// The place.
        host: String,
        /// What was asked for.
        name: String,
        /// What would be right.
        limit: u64,
    },
    /// It does not go on.
    #[error("{host} stopped in the midst of {name}; what is there is kept, and it goes on from there")]
    Stopped {
        /// The place.
        host: String,
        /// What was asked for.
        name: String,
    },
    /// Other bytes than those that were signed.
    #[error("{name} is not what was signed; it was thrown away, and is downloaded again")]
    Changed {
        /// What was asked for.
        name: String,
    },
    /// The board's own storage.
    #[error("{} could not be written", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

/// Where releases are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Behind a web server; the address ends in a slash.
    Web(Uri),
    /// On a disk beside the board's own.
    Disk(DiskId),
}

/// The folder of a disk that holds releases.
pub(super) const FOLDER: &str = "commonhost-updates";

/// Where a text leads: an address, or `disk:` and a disk's identifier. `None` when it is neither.
pub(super) fn place(text: &str) -> Option<Place> {
    let text = text.trim();
    if let Some(disk) = text.strip_prefix("disk:") {
        return disk.parse().ok().map(Place::Disk);
    }
    let uri: Uri = format!("{text}{}", if text.ends_with('/') { "" } else { "/" })
        .parse()
        .ok()?;
    let web = matches!(uri.scheme_str(), Some("http" | "https"));
    let named = uri.host().is_some_and(|host| !host.is_empty());
    (web && named && uri.query().is_none()).then_some(Place::Web(uri))
}

/// A small file; `None` when the place has none of this name.
///
/// # Errors
/// When the place cannot be reached, or sends more than `limit` bytes.
pub(super) async fn small(place: &Uri, name: &str, limit: u64) -> Result<Option<String>, FetchError> {
    let host = host(place);
    let response = get(place, name, 0).await?;
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(None),
        status => return Err(refused(&host, status, name)),
    }
    let mut body = response.into_body();
    let mut bytes = Vec::new();
    while let Some(piece) = next(&mut body, &host, name).await? {
        bytes.extend_from_slice(&piece);
        if bytes.len() as u64 > limit {
            let name = name.into();
            return Err(FetchError::TooLong { host, name, limit });
        }
    }
    let text = String::from_utf8(bytes);
    text.map(Some)
        .map_err(|_| FetchError::Changed { name: name.into() })
}

/// Downloads `files/<digest>` into `folder`, going on where an earlier try stopped. `told` hears how many bytes are
/// there.
///
/// # Errors
/// When it is not complete, or not what was signed. What is there stays for the next try unless it is wrong.
pub(super) async fn file(
    place: &Uri,
    folder: &Path,
    digest: &Digest,
    size: u64,
    told: &(dyn Fn(u64) + Sync),
) -> Result<(), FetchError> {
    let part = folder.join(format!("{digest}.part"));
    let failed = |source| FetchError::File {
        path: part.clone(),
        source,
    };
    tokio::fs::create_dir_all(folder).await.map_err(failed)?;
    let mut output = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&part)
        .await
        .map_err(failed)?;
    let mut have = output.metadata().await.map_err(failed)?.len();
    if have > size {
        output.set_len(0).await.map_err(failed)?;
        have = 0;
    }
    if have < size {
        download(place, &mut output, &part, digest, have, size, told).await?;
    }
    output.sync_all().await.map_err(failed)?;
    drop(output);
    let path = part.clone();
    let found = tokio::task::spawn_blocking(move || release::digest_file(&path)).await;
    let found = found
        .map_err(|error| failed(std::io::Error::other(error)))?
        .map_err(failed)?;
    if found == (digest.clone(), size) {
        let whole = folder.join(digest.as_str());
        return tokio::fs::rename(&part, whole).await.map_err(failed);
    }
    let _ = tokio::fs::remove_file(&part).await;
    Err(FetchError::Changed {
        name: digest.short().into(),
    })
}

async fn download(
    place: &Uri,
    output: &mut File,
    part: &Path,
    digest: &Digest,
    mut have: u64,
    size: u64,
    told: &(dyn Fn(u64) + Sync),
) -> Result<(), FetchError> {
    let failed = |source| FetchError::File {
        path: part.to_owned(),
        source,
    };
    let host = host(place);
    let name = format!("files/{digest}");
    let short = || digest.short().to_owned();
    let response = get(place, &name, have).await?;
    match response.status() {
        StatusCode::PARTIAL_CONTENT => {}
        // The place cannot go on in the middle.
        StatusCode::OK => {
            output.set_len(0).await.map_err(failed)?;
            have = 0;
        }
        status => return Err(refused(&host, status, &name)),
    }
    let mut body = response.into_body();
    let mut unsafe_bytes = 0;
    while let Some(piece) = next(&mut body, &host, &name).await? {
        have += piece.len() as u64;
        unsafe_bytes += piece.len() as u64;
        if have > size {
            let limit = size;
            return Err(FetchError::TooLong {
                host,
                name: short(),
                limit,
            });
        }
        output.write_all(&piece).await.map_err(failed)?;
        if unsafe_bytes >= SAFE_EVERY {
            output.sync_data().await.map_err(failed)?;
            unsafe_bytes = 0;
        }
        told(have);
    }
    output.flush().await.map_err(failed)?;
    if have < size {
        return Err(FetchError::Stopped { host, name: short() });
    }
    Ok(())
}

fn host(place: &Uri) -> String {
    place.host().unwrap_or_default().to_owned()
}

fn refused(host: &str, status: StatusCode, name: &str) -> FetchError {
    FetchError::Status {
        host: host.into(),
        status: status.as_u16(),
        name: name.into(),
    }
}

async fn next(body: &mut Incoming, host: &str, name: &str) -> Result<Option<Bytes>, FetchError> {
    loop {
        let frame = timeout(PATIENCE, body.frame()).await;
        match frame {
            Ok(None) => return Ok(None),
            Ok(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
            Ok(Some(Err(_))) | Err(_) => {
                return Err(FetchError::Stopped {
                    host: host.into(),
                    name: name.into(),
                });
            }
        }
    }
}

/// The answer of `<place><name>` from a byte on, after redirections. None of them leads from https to http.
async fn get(place: &Uri, name: &str, from: u64) -> Result<Response<Incoming>, FetchError> {
    let unreachable = |uri: &Uri, reason: String| FetchError::Unreachable {
        host: host(uri),
        reason,
    };
    let mut uri: Uri = format!("{place}{name}")
        .parse()
        .map_err(|_| unreachable(place, "no address".into()))?;
    for _ in 0..=MOST_REDIRECTS {
        let response = match timeout(PATIENCE, request(&uri, from)).await {
            Ok(Ok(response)) => response,
            Ok(Err(reason)) => return Err(unreachable(&uri, reason)),
            Err(_) => return Err(unreachable(&uri, "it does not answer in time".into())),
        };
        if !response.status().is_redirection() {
            return Ok(response);
        }
        let target = response
            .headers()
            .get(LOCATION)
            .and_then(|value| value.to_str().ok());
        let target: Option<Uri> = target.and_then(|target| target.parse().ok());
        match target {
            Some(target) if target.scheme_str() == Some("https") || target.scheme() == uri.scheme() => {
                uri = target;
            }
            _ => return Err(unreachable(&uri, "it leads elsewhere".into())),
        }
    }
    Err(unreachable(&uri, "it leads in a circle".into()))
}

async fn request(uri: &Uri, from: u64) -> Result<Response<Incoming>, String> {
    let host = uri.host().ok_or("no host")?;
    let secure = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let name = host.trim_matches(['[', ']']);
    let stream = TcpStream::connect((name, port))
        .await
        .map_err(|error| error.to_string())?;
    if secure {
        let server = ServerName::try_from(name.to_owned()).map_err(|error| error.to_string())?;
        let connector = TlsConnector::from(reach::public_tls());
        let stream = connector
            .connect(server, stream)
            .await
            .map_err(|error| error.to_string())?;
        send(stream, uri, from).await
    } else {
        send(stream, uri, from).await
    }
}

async fn send(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    uri: &Uri,
    from: u64,
) -> Result<Response<Incoming>, String> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let authority = uri.authority().map_or("", http::uri::Authority::as_str);
    let mut request = Request::get(path)
        .header(HOST, authority)
        .header(USER_AGENT, concat!("commonhost/", env!("CARGO_PKG_VERSION")));
    if from > 0 {
        request = request.header(RANGE, format!("bytes={from}-"));
    }
    let request = request
        .body(Empty::<Bytes>::new())
        .map_err(|error| error.to_string())?;
    sender
        .send_request(request)
        .await
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_end_in_a_slash_and_are_of_the_web() {
        for (text, uri) in [
            ("https://updates.example.org", "https://updates.example.org/"),
            (" http://127.0.0.1:8000/x ", "http://127.0.0.1:8000/x/"),
        ] {
            assert_eq!(place(text), Some(Place::Web(uri.parse().unwrap())));
        }
        assert_eq!(
            place("disk:1234-ABCD"),
            Some(Place::Disk("1234-ABCD".parse().unwrap()))
        );
        for bad in [
            "",
            "ftp://x/",
            "/etc",
            "https://",
            "https://x/?a",
            "file:///etc",
            "disk:../etc",
        ] {
            assert!(place(bad).is_none(), "{bad:?}");
        }
    }
}
