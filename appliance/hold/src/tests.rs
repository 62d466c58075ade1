// SPDX-License-Identifier: AGPL-3.0-or-later
use crate::{NO_ROOM, Rights, Room, Shelf, answer};
use bytes::Bytes;
use data_encoding::HEXLOWER;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::{body::Frame, ext::ReasonPhrase};
use ring::digest::{SHA256, digest};
use std::{fs, io, path::PathBuf, sync::Arc};
use tempfile::TempDir;

const RIGHTS: Rights = Rights {
    write: true,
    room: Room {
        bytes: 1 << 20,
        free: 1 << 30,
    },
    day: 5,
};

struct Owner {
    _folder: TempDir,
    path: PathBuf,
    shelf: Arc<Shelf>,
    rights: Rights,
}

fn hash(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest(&SHA256, bytes).as_ref())
}

impl Owner {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("oak");
        let shelf = Arc::new(Shelf::open(path.clone()).unwrap());
        Self {
            _folder: folder,
            path,
            shelf,
            rights: RIGHTS,
        }
    }

    /// After a restart of whoever keeps.
    fn again(&mut self) {
        self.shelf = Arc::new(Shelf::open(self.path.clone()).unwrap());
    }

    async fn ask(&self, method: Method, path: &str, body: &[u8]) -> (StatusCode, Vec<u8>) {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("accept", "application/vnd.x.restic.rest.v2");
        let body = Full::new(Bytes::copy_from_slice(body));
        told(answer(&self.shelf, self.rights, request.body(body).unwrap()).await).await
    }

    async fn keep(&self, kind: &str, bytes: &[u8]) -> (StatusCode, String) {
        let path = format!("/{kind}/{}", hash(bytes));
        let (status, said) = self.ask(Method::POST, &path, bytes).await;
        (status, String::from_utf8(said).unwrap())
    }

    async fn range(&self, path: &str, range: &str) -> (StatusCode, Vec<u8>) {
        let request = Request::get(path).header("range", range);
        let request = request.body(Full::new(Bytes::new())).unwrap();
        told(answer(&self.shelf, self.rights, request).await).await
    }

    async fn list(&self, kind: &str) -> Vec<String> {
        let (status, bytes) = self.ask(Method::GET, &format!("/{kind}/"), b"").await;
        assert_eq!(status, StatusCode::OK);
        let listed: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let listed = listed.as_array().unwrap().iter();
        let mut names: Vec<_> = listed
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    }
}

async fn told(response: Response<crate::Body>) -> (StatusCode, Vec<u8>) {
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, body.to_vec())
}

#[tokio::test]
async fn a_file_comes_and_goes_as_restic_asks() {
    let owner = Owner::new();
    let (pack, name) = (vec![7; 10_000], hash(&vec![7; 10_000]));
    let path = format!("/data/{name}");
    assert_eq!(owner.ask(Method::HEAD, "/config", b"").await.0, 404);
    assert_eq!(owner.ask(Method::POST, "/?create=true", b"").await.0, 200);
    assert_eq!(owner.ask(Method::POST, "/config", b"about").await.0, 200);
    assert_eq!(
        owner.ask(Method::GET, "/config", b"").await,
        (StatusCode::OK, b"about".to_vec())
    );
    assert_eq!(owner.list("data").await, [] as [&str; 0]);
    assert_eq!(owner.keep("data", &pack).await.0, 200);
    assert_eq!(owner.keep("data", b"another").await.0, 200);
    assert_eq!(
        owner.keep("data", &pack).await.0,
        200,
        "said again, since the answer was lost"
    );
    let mut both = vec![name.clone(), hash(b"another")];
    both.sort();
    assert_eq!(owner.list("data").await, both);
    assert_eq!(owner.ask(Method::GET, &path, b"").await.1, pack);
    assert_eq!(
        owner.range(&path, "bytes=9990-").await,
        (StatusCode::PARTIAL_CONTENT, vec![7; 10])
    );
    assert_eq!(owner.range(&path, "bytes=0-99").await.1.len(), 100);
    assert_eq!(
        owner.range(&path, "bytes=10000-").await.0,
        StatusCode::RANGE_NOT_SATISFIABLE
    );
    assert_eq!(
        owner.ask(Method::PUT, &path, &pack).await.0,
        StatusCode::METHOD_NOT_ALLOWED
    );
    assert_eq!(owner.ask(Method::GET, "/data/../config", b"").await.0, 404);
}

#[tokio::test]
async fn nothing_is_ever_changed_and_what_is_deleted_stays_for_its_days() {
    let mut owner = Owner::new();
    owner.ask(Method::POST, "/config", b"about").await;
    owner.keep("data", b"pack").await;
    owner.keep("locks", b"lock").await;
    let before = owner.shelf.used();
    assert_eq!(
        owner.ask(Method::POST, "/config", b"other").await.0,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        owner.ask(Method::DELETE, "/config", b"").await.0,
        StatusCode::FORBIDDEN
    );
    assert_eq!(owner.ask(Method::DELETE, "/", b"").await.0, StatusCode::FORBIDDEN);
    let (pack, lock) = (
        format!("/data/{}", hash(b"pack")),
        format!("/locks/{}", hash(b"lock")),
    );
    assert_eq!(owner.ask(Method::DELETE, &lock, b"").await.0, 200);
    assert_eq!(owner.ask(Method::DELETE, &pack, b"").await.0, 200);
    assert_eq!(
        owner.ask(Method::GET, &pack, b"").await.0,
        404,
        "its owner sees it no more"
    );
    let used = owner.shelf.used();
    assert_eq!(
        (used.bytes, used.aside),
        (before.bytes - 4096, 4096),
        "and it still costs room"
    );
    owner.again();
    assert_eq!(owner.shelf.used(), used);
    owner.shelf.sweep(5 + 30, 30).unwrap();
    assert_eq!(owner.shelf.bring_back().unwrap(), 1);
    assert_eq!(owner.ask(Method::GET, &pack, b"").await.1, b"pack");
    assert_eq!(owner.shelf.used().aside, 0);

    owner.ask(Method::DELETE, &pack, b"").await;
    owner.keep("data", b"pack").await;
    owner.ask(Method::DELETE, &pack, b"").await;
    assert_eq!(owner.shelf.used().aside, 4096, "two equal files are one");
    owner.shelf.sweep(5 + 31, 30).unwrap();
    assert_eq!(owner.shelf.bring_back().unwrap(), 0);
    assert_eq!(
        owner.shelf.used(),
        crate::Used {
            bytes: 4096,
            aside: 0,
            files: 1
        }
    );
}

#[tokio::test]
async fn whoever_may_only_read_changes_nothing() {
    let mut owner = Owner::new();
    owner.keep("data", b"pack").await;
    owner.rights.write = false;
    assert_eq!(owner.keep("data", b"more").await.0, StatusCode::FORBIDDEN);
    let pack = format!("/data/{}", hash(b"pack"));
    assert_eq!(
        owner.ask(Method::DELETE, &pack, b"").await.0,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        owner.ask(Method::POST, "/?create=true", b"").await.0,
        StatusCode::FORBIDDEN
    );
    assert_eq!(owner.ask(Method::GET, &pack, b"").await.1, b"pack");
    assert_eq!(
        owner.keep("locks", b"lock").await.0,
        200,
        "restic locks even to read"
    );
    let lock = format!("/locks/{}", hash(b"lock"));
    assert_eq!(owner.ask(Method::DELETE, &lock, b"").await.0, 200);
}

#[tokio::test]
async fn more_than_was_agreed_is_not_taken_and_costs_nothing() {
    let mut owner = Owner::new();
    owner.rights.room.bytes = 64 << 10;
    assert_eq!(owner.keep("data", &vec![1; 40_000]).await.0, 200);
    let used = owner.shelf.used();
    assert_eq!(
        owner.keep("data", &vec![2; 40_000]).await,
        (StatusCode::FORBIDDEN, NO_ROOM.to_owned())
    );
    // Somebody who does not say how much is to come.
    let endless = futures_util::stream::iter(
        (0..1000).map(|_| Ok::<_, io::Error>(Frame::data(Bytes::from(vec![3; 8192])))),
    );
    let request = Request::post(format!("/data/{}", hash(b"x")))
        .body(StreamBody::new(endless))
        .unwrap();
    let response = answer(&owner.shelf, owner.rights, request).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(
        response.extensions().get::<ReasonPhrase>().unwrap().as_bytes(),
        NO_ROOM.as_bytes()
    );
    assert_eq!(owner.shelf.used(), used);
    // A disk that is nearly full, whatever was agreed.
    owner.rights.room = Room {
        bytes: 1 << 40,
        free: 8192,
    };
    assert_eq!(owner.keep("data", &vec![4; 40_000]).await.1, NO_ROOM);
    assert_eq!(
        owner.keep("keys", &vec![4; 100_000]).await.0,
        StatusCode::FORBIDDEN,
        "no key is so long"
    );
    // Many small files cost a block each.
    owner.rights.room = Room {
        bytes: 100 << 10,
        free: 1 << 30,
    };
    let mut kept = 0;
    for number in 0..100u32 {
        if owner.keep("snapshots", &number.to_be_bytes()).await.0 == 200 {
            kept += 1;
        }
    }
    assert_eq!(kept, (100 - 40) / 4);
    for number in 0..300u32 {
        owner.rights.room = RIGHTS.room;
        owner.keep("locks", &number.to_be_bytes()).await;
    }
    assert!(owner.list("locks").await.len() <= 256);
    assert_eq!(fs::read_dir(owner.path.join("arriving")).unwrap().count(), 0);
}

#[tokio::test]
async fn what_is_not_what_it_says_or_does_not_end_is_not_kept() {
    let mut owner = Owner::new();
    let path = format!("/data/{}", hash(b"pack"));
    assert_eq!(
        owner.ask(Method::POST, &path, b"pock").await.0,
        StatusCode::BAD_REQUEST
    );
    let cut = futures_util::stream::iter([
        Ok(Frame::data(Bytes::from_static(b"pa"))),
        Err(io::Error::from(io::ErrorKind::ConnectionReset)),
    ]);
    let request = Request::post(&path).body(StreamBody::new(cut)).unwrap();
    assert_eq!(
        answer(&owner.shelf, owner.rights, request).await.status(),
        StatusCode::BAD_REQUEST
    );
    assert_eq!(owner.list("data").await, [] as [&str; 0]);
    assert_eq!(owner.shelf.used(), crate::Used::default());
    // A power cut in the middle of a file.
    fs::write(owner.path.join("arriving/half"), [0; 5000]).unwrap();
    owner.again();
    assert_eq!(owner.shelf.used(), crate::Used::default());
    owner.shelf.remove().unwrap();
    assert!(!owner.path.exists());
}

#[tokio::test]
async fn whoever_stands_still_is_given_up() {
    let owner = Owner::new();
    let still = futures_util::stream::pending::<io::Result<Frame<Bytes>>>();
    let request = Request::post(format!("/data/{}", hash(b"pack")))
        .body(StreamBody::new(still))
        .unwrap();
    let response = answer(&owner.shelf, owner.rights, request).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(owner.shelf.used(), crate::Used::default());
}
