// SPDX-License-Identifier: AGPL-3.0-or-later
//! The place that releases are taken from, opened: a web server, or a folder of a disk somebody brought.

use super::fetch::{self, FOLDER, FetchError, Place};
use crate::App;
use host::{HostError, chain};
use http::Uri;
use std::path::{Path, PathBuf};
use tokio::io::AsyncReadExt;
use types::{Digest, host::HostRequest};

/// A place that can be read.
pub(super) enum Source {
    Web(Uri),
    Folder(PathBuf),
}

/// Why a place cannot be opened or read, in words.
pub(super) type Words = String;

impl Source {
    /// Opens what a text names.
    pub(super) async fn open(app: &App, text: &str) -> Result<Self, Words> {
        match fetch::place(text) {
            None => Err("nobody has told this board where releases come from: enter an address".into()),
            Some(Place::Web(uri)) => Ok(Self::Web(uri)),
            Some(Place::Disk(disk)) => {
                let folder = app.updates.trust.disks.join(disk.as_str()).join(FOLDER);
                let opened = app.host.ask(HostRequest::OpenDisk { disk }).await;
                opened.map_err(|error: HostError| chain(&error))?;
                if folder.is_dir() {
                    Ok(Self::Folder(folder))
                } else {
                    Err(format!(
                        "the disk has no folder {FOLDER}: copy what is published there to it"
                    ))
                }
            }
        }
    }

    /// A small file; `None` when there is none of this name.
    pub(super) async fn small(&self, name: &str, limit: u64) -> Result<Option<String>, Words> {
        match self {
            Self::Web(uri) => fetch::small(uri, name, limit)
                .await
                .map_err(|error| chain(&error)),
            Self::Folder(folder) => read(&folder.join(name), limit).await,
        }
    }

    /// Takes a file of a release into the folder of downloads, whole and checked.
    pub(super) async fn file(
        &self,
        downloads: &Path,
        digest: &Digest,
        size: u64,
        told: &(dyn Fn(u64) + Sync),
    ) -> Result<(), Words> {
        match self {
            Self::Web(uri) => {
                let taken = fetch::file(uri, downloads, digest, size, told).await;
                taken.map_err(|error| chain(&error))
            }
            Self::Folder(folder) => {
                let from = folder.join("files").join(digest.as_str());
                let (downloads, digest) = (downloads.to_owned(), digest.clone());
                let copied = tokio::task::spawn_blocking(move || copy(&from, &downloads, &digest, size));
                copied.await.map_err(|error| error.to_string())??;
                told(size);
                Ok(())
            }
        }
    }
}

async fn read(path: &Path, limit: u64) -> Result<Option<String>, Words> {
    let failed = |error: std::io::Error| format!("{} cannot be read: {error}", path.display());
    let file = match tokio::fs::File::open(path).await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(failed)?,
    };
    let mut text = String::new();
    file.take(limit + 1)
        .read_to_string(&mut text)
        .await
        .map_err(failed)?;
    if text.len() as u64 > limit {
        return Err(format!("{} is longer than it can be", path.display()));
    }
    Ok(Some(text))
}

fn copy(from: &Path, downloads: &Path, digest: &Digest, size: u64) -> Result<(), Words> {
    let failed = |error: std::io::Error| format!("{} cannot be copied: {error}", from.display());
    std::fs::create_dir_all(downloads).map_err(failed)?;
    let part = downloads.join(format!("{digest}.part"));
    // What is longer than it can be does not fill the card.
    let mut input = std::io::Read::take(std::fs::File::open(from).map_err(failed)?, size + 1);
    let mut output = std::fs::File::create(&part).map_err(failed)?;
    std::io::copy(&mut input, &mut output).map_err(failed)?;
    output.sync_all().map_err(failed)?;
    if release::digest_file(&part).map_err(failed)? != (digest.clone(), size) {
        let _ = std::fs::remove_file(&part);
        let name = digest.short().to_owned();
        return Err(FetchError::Changed { name }.to_string());
    }
    std::fs::rename(&part, downloads.join(digest.as_str())).map_err(failed)
}
