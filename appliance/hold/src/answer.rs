// SPDX-License-Identifier: AGPL-3.0-or-later
//! What restic asks, and what it is answered.

use crate::{
    Rights,
    list::list,
    name::{File, Kind, Target, parse},
    shelf::Shelf,
    write::{NotTaken, write},
};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{body::Frame, ext::ReasonPhrase};
use std::{
    io::{self, SeekFrom},
    ops::RangeInclusive,
    sync::Arc,
};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

/// What is answered.
pub type Body = UnsyncBoxBody<Bytes, io::Error>;

/// The second version of the protocol, which lists sizes.
const V2: &str = "application/vnd.x.restic.rest.v2";
/// Bytes of a file that are in memory.
const CHUNK: usize = 64 * 1024;

/// How a 403 is called that says that the room is used up. restic gives up at once after a 403, tries a 507 again for
/// a quarter of an hour, and tells the words either way.
pub const NO_ROOM: &str = "Insufficient Storage";

fn full(text: &str) -> Body {
    Full::new(Bytes::copy_from_slice(text.as_bytes()))
        .map_err(|never| match never {})
        .boxed_unsync()
}

fn plain(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(full(status.canonical_reason().unwrap_or_default()));
    *response.status_mut() = status;
    response
}

fn no_room() -> Response<Body> {
    let mut response = plain(StatusCode::FORBIDDEN);
    *response.body_mut() = full(NO_ROOM);
    response
        .extensions_mut()
        .insert(ReasonPhrase::from_static(NO_ROOM.as_bytes()));
    response
}

/// Answers a request from `shelf`, to whom has these rights.
pub async fn answer<B>(shelf: &Arc<Shelf>, rights: Rights, request: Request<B>) -> Response<Body>
where
    B: hyper::body::Body<Data = Bytes>,
{
    let Some(target) = parse(request.uri().path()) else {
        return plain(StatusCode::NOT_FOUND);
    };
    let answered = match (request.method().clone(), target) {
        // A repository needs no folder before its first file.
        (Method::POST, Target::Root) if rights.write => Ok(plain(StatusCode::OK)),
        (Method::GET, Target::List(kind)) => Ok(listed(shelf, kind, request.headers())),
        (Method::HEAD, Target::File(file)) => head(shelf, &file).await,
        (Method::GET, Target::File(file)) => get(shelf, &file, request.headers()).await,
        (Method::POST, Target::File(file)) if rights.write || is_lock(&file) => {
            Ok(taken(write(shelf, &file, request.into_body(), rights).await))
        }
        (Method::DELETE, Target::File(File::Named(kind, name))) if rights.write || kind == Kind::Locks => {
            let shelf = Arc::clone(shelf);
            let aside = tokio::task::spawn_blocking(move || shelf.put_aside(kind, &name, rights.day));
            match aside.await {
                Ok(done) => done.map(|()| plain(StatusCode::OK)),
                Err(error) => Err(io::Error::other(error)),
            }
        }
        (Method::POST | Method::DELETE, _) => Ok(plain(StatusCode::FORBIDDEN)),
        _ => Ok(plain(StatusCode::METHOD_NOT_ALLOWED)),
    };
    answered.unwrap_or_else(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            return plain(StatusCode::NOT_FOUND);
        }
        log(&error);
        plain(StatusCode::INTERNAL_SERVER_ERROR)
    })
}

fn log(error: &io::Error) {
    log::warn!("what is held for another board cannot be read or written: {error}");
}

/// A lock is what even reading needs.
fn is_lock(file: &File) -> bool {
    matches!(file, File::Named(Kind::Locks, _))
}

fn taken(outcome: Result<(), NotTaken>) -> Response<Body> {
    match outcome {
        Ok(()) => plain(StatusCode::OK),
        Err(NotTaken::NoRoom) => no_room(),
        Err(NotTaken::TooMuch | NotTaken::Exists) => plain(StatusCode::FORBIDDEN),
        Err(NotTaken::WrongHash | NotTaken::Cut) => plain(StatusCode::BAD_REQUEST),
        Err(NotTaken::Disk(error)) => {
            log(&error);
            plain(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

fn listed(shelf: &Arc<Shelf>, kind: Kind, headers: &HeaderMap) -> Response<Body> {
    let sizes = headers
        .get(header::ACCEPT)
        .is_some_and(|accept| accept.as_bytes() == V2.as_bytes());
    let mut response = Response::new(StreamBody::new(list(shelf, kind, sizes)).boxed_unsync());
    let kind = if sizes {
        V2
    } else {
        "application/vnd.x.restic.rest.v1"
    };
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

async fn head(shelf: &Arc<Shelf>, file: &File) -> io::Result<Response<Body>> {
    let length = tokio::fs::metadata(file.below(&shelf.folder)).await?.len();
    let mut response = plain(StatusCode::OK);
    *response.body_mut() = full("");
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    Ok(response)
}

async fn get(shelf: &Arc<Shelf>, file: &File, headers: &HeaderMap) -> io::Result<Response<Body>> {
    let mut open = tokio::fs::File::open(file.below(&shelf.folder)).await?;
    let length = open.metadata().await?.len();
    let asked = headers.get(header::RANGE);
    let range = match asked.map(|range| range.to_str().ok().and_then(|range| within(range, length))) {
        None => None,
        Some(Some(range)) => Some(range),
        Some(None) => return Ok(plain(StatusCode::RANGE_NOT_SATISFIABLE)),
    };
    let (from, left) = range.as_ref().map_or((0, length), |range| {
        (*range.start(), range.end() - range.start() + 1)
    });
    open.seek(SeekFrom::Start(from)).await?;
    let bytes = stream::try_unfold((open.take(left), left), |(mut open, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let mut chunk = bytes::BytesMut::with_capacity(CHUNK);
        let read = open.read_buf(&mut chunk).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let left = left.saturating_sub(read as u64);
        Ok(Some((Frame::data(chunk.freeze()), (open, left))))
    });
    let mut response = Response::new(StreamBody::new(bytes).boxed_unsync());
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from(left));
    if let Some(range) = range {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let text = format!("bytes {}-{}/{length}", range.start(), range.end());
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().insert(header::CONTENT_RANGE, value);
        }
    }
    Ok(response)
}

/// `bytes=<from>-<to>` or `bytes=<from>-`, as restic asks (RFC 9110, section 14.1.2).
fn within(range: &str, length: u64) -> Option<RangeInclusive<u64>> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    let from: u64 = from.parse().ok()?;
    let last = length.checked_sub(1)?;
    let to = if to.is_empty() {
        last
    } else {
        to.parse::<u64>().ok()?.min(last)
    };
    (from <= to).then_some(from..=to)
}
