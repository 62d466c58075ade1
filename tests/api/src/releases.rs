// SPDX-License-Identifier: AGPL-3.0-or-later
//! Releases: those who sign them, and a place that offers them, well or badly.

use crate::card::{SlotFile, system};
use release::{
    SigningKey,
    system::{
        Metadata, Pinned, Role, RoleKeys, RootDoc, Signed, SnapshotDoc, TimestampDoc, seal, write_metadata,
    },
};
use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use types::{
    Timestamp,
    release::{Channel, Release, Releases, SchemaRange, SlotFile as Described},
};

const DAY: i64 = 86_400;

/// Those who sign releases, and the web server they publish on.
pub struct Publisher {
    key: SigningKey,
    /// `root.json` of an image.
    pub root: String,
    folder: TempDir,
    version: u64,
    releases: Releases,
    /// Its address.
    pub url: String,
    faults: Arc<Faults>,
}

#[derive(Default)]
struct Faults {
    /// From now on every answer ends after so many bytes of a file; 0: none does.
    cut: AtomicU64,
    /// Bytes of files sent so far.
    sent: AtomicU64,
}

impl Publisher {
    /// With a server, and nothing published.
    pub async fn start(now: Timestamp) -> Self {
        let key = SigningKey::from_pkcs8(&SigningKey::generate().unwrap()).unwrap();
        let keys = RoleKeys {
            keys: [key.public().to_string()].into(),
            threshold: 1,
        };
        let roles = [Role::Root, Role::Targets, Role::Snapshot, Role::Timestamp];
        let roles: BTreeMap<_, _> = roles.map(|role| (role, keys.clone())).into();
        let root = Signed {
            role: Role::Root,
            version: 1,
            expires: Timestamp(now.0 + 365 * DAY),
            body: RootDoc { roles },
        };
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let faults = Arc::new(Faults::default());
        tokio::spawn(serve(listener, folder.path().to_owned(), Arc::clone(&faults)));
        Self {
            root: seal(&root, &[&key]).unwrap(),
            key,
            folder,
            version: 0,
            releases: Releases::default(),
            url,
            faults,
        }
    }

    /// Adds a release and signs anew.
    pub fn publish(&mut self, version: &str, now: Timestamp, change: impl FnOnce(&mut Release)) {
        let files = system(version);
        let mut release = Release {
            version: version.parse().unwrap(),
            channel: Channel::Stable,
            created: now,
            boards: vec!["pi".into()],
            bootloader: None,
            root: types::Digest::from_bytes(&[1; 32]),
            files: files.iter().map(|file| self.store(file)).collect(),
            schema: SchemaRange {
                oldest: 1,
                newest: 1000,
            },
            urgent: false,
            waves: Vec::new(),
            changes: BTreeMap::from([("en".into(), vec![format!("What {version} brings.")])]),
        };
        change(&mut release);
        self.releases.releases.push(release);
        self.sign(now, 7 * DAY);
    }

    /// Signs what there is, good for so many seconds.
    pub fn sign(&mut self, now: Timestamp, seconds: i64) {
        self.version += 1;
        let metadata = self.metadata(Timestamp(now.0 + seconds));
        write_metadata(self.folder.path(), 2, &metadata).unwrap();
    }

    fn metadata(&self, expires: Timestamp) -> Metadata {
        let version = self.version;
        let targets = self.seal(Role::Targets, expires, self.releases.clone());
        let pinned = Pinned::of(version, &targets);
        let snapshot = self.seal(Role::Snapshot, expires, SnapshotDoc { targets: pinned });
        let pinned = Pinned::of(version, &snapshot);
        Metadata {
            roots: Vec::new(),
            timestamp: self.seal(Role::Timestamp, expires, TimestampDoc { snapshot: pinned }),
            snapshot,
            targets,
        }
    }

    fn seal<T: serde::Serialize>(&self, role: Role, expires: Timestamp, body: T) -> String {
        let signed = Signed {
            role,
            version: self.version,
            expires,
            body,
        };
        seal(&signed, &[&self.key]).unwrap()
    }

    fn store(&self, (name, bytes): &SlotFile) -> Described {
        let folder = self.folder.path().join("files");
        fs::create_dir_all(&folder).unwrap();
        let new = folder.join("new");
        fs::write(&new, bytes).unwrap();
        let (sha256, size) = release::digest_file(&new).unwrap();
        fs::rename(new, folder.join(sha256.as_str())).unwrap();
        Described {
            name: name.clone(),
            size: u32::try_from(size).unwrap(),
            sha256,
        }
    }

    /// Copies what is published to a folder, as a person does to a disk.
    pub fn copy_to(&self, folder: &std::path::Path) {
        fs::create_dir_all(folder.join("files")).unwrap();
        for below in ["", "files"] {
            for file in fs::read_dir(self.folder.path().join(below)).unwrap() {
                let path = file.unwrap().path();
                if path.is_file() {
                    fs::copy(&path, folder.join(below).join(path.file_name().unwrap())).unwrap();
                }
            }
        }
    }

    /// All that is published, to be put back later.
    pub fn copy(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let names = ["timestamp.json", "snapshot.json", "targets.json"];
        let read = |name| {
            let path = self.folder.path().join(name);
            (path.clone(), fs::read(path).unwrap())
        };
        names.map(read).to_vec()
    }

    /// Puts back what was copied.
    pub fn put_back(copy: &[(PathBuf, Vec<u8>)]) {
        for (path, bytes) in copy {
            fs::write(path, bytes).unwrap();
        }
    }

    /// From now on every answer ends after so many bytes of a file; 0: none does.
    pub fn cut_after(&self, bytes: u64) {
        self.faults.cut.store(bytes, Ordering::SeqCst);
    }

    /// Bytes of files sent so far.
    pub fn sent(&self) -> u64 {
        self.faults.sent.load(Ordering::SeqCst)
    }

    /// Replaces the bytes of every file by others of the same length.
    pub fn damage_files(&self) {
        for file in fs::read_dir(self.folder.path().join("files")).unwrap() {
            let path = file.unwrap().path();
            let length = fs::metadata(&path).unwrap().len();
            fs::write(path, vec![b'x'; usize::try_from(length).unwrap()]).unwrap();
        }
    }
}

async fn serve(listener: TcpListener, folder: PathBuf, faults: Arc<Faults>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (folder, faults) = (folder.clone(), Arc::clone(&faults));
        // Whoever hangs up in the midst is no concern of the server's.
        tokio::spawn(async move { answer(stream, folder, &faults).await.ok() });
    }
}

async fn answer(stream: TcpStream, folder: PathBuf, faults: &Faults) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut first = String::new();
    stream.read_line(&mut first).await?;
    let mut from = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        if line.trim().is_empty() {
            break;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(range) = lower.trim().strip_prefix("range: bytes=") {
            from = range.trim_end_matches('-').parse().unwrap();
        }
    }
    let path = first
        .split(' ')
        .nth(1)
        .unwrap_or_default()
        .trim_start_matches('/');
    let Ok(bytes) = fs::read(folder.join(path)) else {
        let none = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        return stream.write_all(none.as_bytes()).await;
    };
    let rest: &[u8] = bytes.get(from..).unwrap_or_default();
    let status = if from > 0 { "206 Partial Content" } else { "200 OK" };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        rest.len()
    );
    stream.write_all(head.as_bytes()).await?;
    let cut = usize::try_from(faults.cut.load(Ordering::SeqCst)).unwrap();
    let is_file = path.starts_with("files/");
    let part = if is_file && cut > 0 {
        &rest[..cut.min(rest.len())]
    } else {
        rest
    };
    stream.write_all(part).await?;
    if is_file {
        faults.sent.fetch_add(part.len() as u64, Ordering::SeqCst);
    }
    stream.shutdown().await
}
