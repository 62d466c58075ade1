// SPDX-License-Identifier: AGPL-3.0-or-later
//! A file that arrives: counted while it comes, and named only when it is whole and what it says it is.

use crate::{
    Rights,
    name::File,
    shelf::{ARRIVING, Shelf, cost, lock, settle},
};
use bytes::Bytes;
use data_encoding::HEXLOWER;
use http_body_util::BodyExt as _;
use hyper::body::Body;
use ring::digest::{Context, SHA256};
use std::{
    fs, io,
    path::{Path, PathBuf},
    pin::pin,
    sync::Arc,
    time::Duration,
};
use tokio::io::AsyncWriteExt as _;

/// How long a body may stand still.
const STALL: Duration = if cfg!(test) {
    Duration::from_millis(50)
} else {
    Duration::from_mins(1)
};
/// Room is taken in steps of this many bytes.
const STEP: u64 = 1 << 20;

/// Why a file was not taken.
#[derive(Debug)]
pub(crate) enum NotTaken {
    /// It is longer than any such file, or there are too many of its kind.
    TooMuch,
    /// What was agreed is used up, or the disk is.
    NoRoom,
    /// Its bytes do not have the hash it is named by.
    WrongHash,
    /// There is another of this name, and nothing is ever changed.
    Exists,
    /// It did not come to its end.
    Cut,
    /// The disk.
    Disk(io::Error),
}

impl From<io::Error> for NotTaken {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoRoom,
            _ => Self::Disk(error),
        }
    }
}

/// Room that is taken while a file comes. Dropped: given back, and what was written of it removed.
struct Arriving {
    shelf: Arc<Shelf>,
    path: PathBuf,
    taken: u64,
    named: bool,
}

impl Drop for Arriving {
    fn drop(&mut self) {
        if self.named {
            return;
        }
        let _ = fs::remove_file(&self.path);
        self.shelf.give_back(self.taken);
    }
}

/// Takes a file in.
pub(crate) async fn write<B>(shelf: &Arc<Shelf>, file: &File, body: B, rights: Rights) -> Result<(), NotTaken>
where
    B: Body<Data = Bytes>,
{
    let declared = body.size_hint().lower();
    if declared > file.longest() {
        return Err(NotTaken::TooMuch);
    }
    if let File::Named(kind, _) = file
        && !shelf.takes_another(*kind)
    {
        return Err(NotTaken::TooMuch);
    }
    let first = cost(declared);
    if !shelf.take(first, false, rights.room) {
        return Err(NotTaken::NoRoom);
    }
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let folder = shelf.folder.join(ARRIVING);
    let mut arriving = Arriving {
        shelf: Arc::clone(shelf),
        path: folder.join(HEXLOWER.encode(&random)),
        taken: first,
        named: false,
    };
    tokio::fs::create_dir_all(&folder).await?;
    let mut out = tokio::fs::File::create_new(&arriving.path).await?;
    let (mut hash, mut length) = (Context::new(&SHA256), 0u64);
    let mut body = pin!(body);
    loop {
        let frame = tokio::time::timeout(STALL, body.frame()).await;
        let Some(frame) = frame.map_err(|_| NotTaken::Cut)? else {
            break;
        };
        let Ok(bytes) = frame.map_err(|_| NotTaken::Cut)?.into_data() else {
            continue;
        };
        length = length.saturating_add(bytes.len() as u64);
        if length > file.longest() {
            return Err(NotTaken::TooMuch);
        }
        if cost(length) > arriving.taken {
            let more = (cost(length) - arriving.taken).max(STEP.min(file.longest()));
            if !shelf.take(more, true, rights.room) {
                return Err(NotTaken::NoRoom);
            }
            arriving.taken += more;
        }
        hash.update(&bytes);
        out.write_all(&bytes).await?;
    }
    if let File::Named(_, name) = file
        && HEXLOWER.encode(hash.finish().as_ref()) != name.as_str()
    {
        return Err(NotTaken::WrongHash);
    }
    out.sync_all().await?;
    drop(out);
    let place = file.below(&shelf.folder);
    tokio::task::spawn_blocking(move || name(arriving, &place, length))
        .await
        .map_err(io::Error::other)?
}

/// Gives a whole file its name. One of that name that is there already has the same bytes, if it is named by them.
fn name(mut arriving: Arriving, place: &Path, length: u64) -> Result<(), NotTaken> {
    let shelf = Arc::clone(&arriving.shelf);
    let _naming = lock(&shelf.naming);
    if place.exists() {
        return match place.file_name() {
            Some(name) if name == "config" => Err(NotTaken::Exists),
            _ => Ok(()),
        };
    }
    let folder = place.parent().unwrap_or(&shelf.folder);
    fs::create_dir_all(folder)?;
    fs::rename(&arriving.path, place)?;
    // The file counts from now on as what it is; what was taken beyond that is given back.
    let kept = cost(length);
    let beyond = arriving.taken - kept;
    arriving.named = true;
    drop(arriving);
    shelf.trim(beyond);
    settle(folder)?;
    Ok(())
}
