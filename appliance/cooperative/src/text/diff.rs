// SPDX-License-Identifier: AGPL-3.0-or-later
//! What changed between two texts, sentence by sentence: paragraphs of prose are long lines, and a person wants to see
//! the sentence that is new.

use schemars::JsonSchema;
use serde::Serialize;

/// A piece of text and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "change", content = "text", rename_all = "lowercase")]
pub enum Change {
    /// In both.
    Kept(String),
    /// Only in the new text.
    Added(String),
    /// Only in the old text.
    Removed(String),
}

/// From `old` to `new`: kept and added pieces put together are `new`, kept and removed ones `old`.
///
/// A longest common subsequence over sentences (Hunt and `McIlroy` 1976, in its plain quadratic form); texts are at most
/// 20 000 characters, so a table of sentences is small.
pub fn diff(old: &str, new: &str) -> Vec<Change> {
    let (old, new) = (pieces(old), pieces(new));
    let mut table = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            table[i][j] = if a == b {
                table[i + 1][j + 1] + 1
            } else {
                table[i + 1][j].max(table[i][j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut changes = Vec::new();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            push(&mut changes, Change::Kept(old[i].to_owned()));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && table[i + 1][j] >= table[i][j + 1]) {
            push(&mut changes, Change::Removed(old[i].to_owned()));
            i += 1;
        } else {
            push(&mut changes, Change::Added(new[j].to_owned()));
            j += 1;
        }
    }
    changes
}

/// Joins neighbours of one kind.
fn push(changes: &mut Vec<Change>, next: Change) {
    match (changes.last_mut(), &next) {
        (Some(Change::Kept(text)), Change::Kept(more))
        | (Some(Change::Added(text)), Change::Added(more))
        | (Some(Change::Removed(text)), Change::Removed(more)) => text.push_str(more),
        _ => changes.push(next),
    }
}

/// Sentences and line breaks, with all blanks: put together they are the text.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        // The end of a sentence is its blank, so that it stays with it.
        let sentence = c == ' ' && text[..at].ends_with(['.', '!', '?', ':']);
        if sentence || (c == '\n' && next != Some('\n')) {
            let end = at + c.len_utf8();
            pieces.push(&text[start..end]);
            start = end;
        }
    }
    if start < text.len() {
        pieces.push(&text[start..]);
    }
    pieces
}
