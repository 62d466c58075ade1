// SPDX-License-Identifier: AGPL-3.0-or-later
//! Lists of files, one folder at a time: however many there are, few are in memory.

use crate::{
    name::{Kind, Name},
    shelf::Shelf,
};
use bytes::Bytes;
use futures_util::{Stream, stream};
use hyper::body::Frame;
use serde_json::json;
use std::{fs, io, path::PathBuf, sync::Arc};

/// The list of one kind; with sizes, or names alone (the first version of the protocol).
pub(crate) fn list(
    shelf: &Arc<Shelf>,
    kind: Kind,
    sizes: bool,
) -> impl Stream<Item = io::Result<Frame<Bytes>>> + Send + use<> {
    let folder = shelf.folder.join(kind.word());
    let mut folders: Vec<PathBuf> = match kind {
        Kind::Data => (0..=255u8)
            .map(|first| folder.join(format!("{first:02x}")))
            .collect(),
        _ => vec![folder],
    };
    folders.reverse();
    stream::try_unfold((folders, State::Begin), move |(mut folders, state)| async move {
        let text = match (state, folders.pop()) {
            (State::Ended, _) => return Ok(None),
            (_, None) => {
                let text = if state == State::Begin { "[]" } else { "]" };
                return Ok(Some((frame(text.to_owned()), (folders, State::Ended))));
            }
            (_, Some(folder)) => {
                let part = tokio::task::spawn_blocking(move || part(&folder, sizes));
                part.await.map_err(io::Error::other)??
            }
        };
        let (before, state) = match (state, text.is_empty()) {
            (state, true) => ("", state),
            (State::Begin, false) => ("[", State::Within),
            (_, false) => (",", State::Within),
        };
        Ok(Some((frame(format!("{before}{text}")), (folders, state))))
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Begin,
    Within,
    Ended,
}

fn frame(text: String) -> Frame<Bytes> {
    Frame::data(text.into())
}

/// The files of one folder, as they stand between brackets.
fn part(folder: &PathBuf, sizes: bool) -> io::Result<String> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        other => other?,
    };
    let mut items = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str().and_then(Name::parse) else {
            continue;
        };
        let item = if sizes {
            json!({ "name": name.as_str(), "size": entry.metadata()?.len() })
        } else {
            json!(name.as_str())
        };
        items.push(item.to_string());
    }
    Ok(items.join(","))
}
