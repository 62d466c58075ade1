// SPDX-License-Identifier: AGPL-3.0-or-later
//! A restic that only pretends: it keeps copies of folders in memory, and can be told to fail.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Exit statuses of restic (<https://restic.readthedocs.io/en/v0.18.0/075_scripting.html#exit-codes>).
const NO_REPOSITORY: i32 = 10;
const WRONG_PASSWORD: i32 = 12;

/// A restic that only pretends.
#[derive(Default)]
pub struct FakeRestic {
    /// The key each repository was made with, by its address.
    keys: BTreeMap<String, String>,
    /// What was backed up: tags and files with their bytes, oldest first.
    kept: Vec<(String, BTreeMap<PathBuf, Vec<u8>>)>,
    /// From now on every run ends with this status.
    pub broken: Option<i32>,
    /// From now on a check finds damaged data.
    pub damaged: bool,
}

impl FakeRestic {
    /// The key of a repository changed behind our back.
    pub fn change_keys(&mut self) {
        for key in self.keys.values_mut() {
            key.push('x');
        }
    }

    /// Runs what stands in a unit; returns the exit status and what is written.
    pub(super) fn run(&mut self, unit: &str) -> (i32, String) {
        let value = |key: &str| {
            unit.lines()
                .find_map(|line| line.strip_prefix(key))
                .unwrap_or_default()
        };
        let read = |key: &str| fs::read_to_string(value(key)).unwrap_or_default();
        let (key, place) = (read("LoadCredential=key:"), read("LoadCredential=repository:"));
        let command = unit
            .lines()
            .find(|line| line.starts_with("ExecStart=/usr/bin/restic"))
            .unwrap_or_default();
        if let Some(status) = self.broken {
            return (status, String::new());
        }
        if command.ends_with(" init") {
            self.keys.insert(place, key);
            return (0, String::new());
        }
        match self.keys.get(&place) {
            None => return (NO_REPOSITORY, String::new()),
            Some(right) if *right != key => return (WRONG_PASSWORD, String::new()),
            Some(_) => {}
        }
        let word = |after: &str| {
            let rest = command.split_once(after).map_or("", |(_, rest)| rest);
            rest.split(' ').next().unwrap_or_default().to_owned()
        };
        if command.contains(" backup ") {
            let mut files = BTreeMap::new();
            for line in unit.lines() {
                let bound = line.strip_prefix("BindReadOnlyPaths=");
                let bound = bound.and_then(|bound| bound.split_once(':'));
                let Some((from, to)) = bound else { continue };
                let (_, to) = to.split_once("/source/").unwrap_or_default();
                let mut found = BTreeMap::new();
                collect(Path::new(from), Path::new(""), &mut found);
                files.extend(
                    found
                        .into_iter()
                        .map(|(path, bytes)| (Path::new(to).join(path), bytes)),
                );
            }
            self.kept.push((word("--tag commonhost --tag "), files));
            let id = id(self.kept.len());
            let summary = format!(
                r#"{{"message_type":"summary","snapshot_id":"{id}","data_added":7,"total_bytes_processed":9,"total_duration":0.5}}"#
            );
            return (0, summary + "\n");
        }
        if command.contains(" restore ") {
            let wanted = word(" restore ");
            let target = PathBuf::from(word("--target "));
            let found = (1..=self.kept.len()).find(|number| id(*number) == wanted);
            let Some(found) = found else {
                return (1, String::new());
            };
            let _ = fs::create_dir_all(&target);
            for (path, bytes) in &self.kept[found - 1].1 {
                let path = target.join(path);
                let _ = path.parent().map(fs::create_dir_all);
                let _ = fs::write(path, bytes);
            }
            return (0, String::new());
        }
        if command.contains(" check ") && self.damaged {
            return (1, "Fatal: repository contains errors\n".into());
        }
        if command.contains(" snapshots ") {
            let one = |(at, (tag, _)): (usize, &(String, BTreeMap<PathBuf, Vec<u8>>))| {
                let id = id(at + 1);
                format!(
                    r#"{{"id":"{id}","time":"2026-11-25T11:0{at}:59.7Z","tags":["commonhost","{tag}"],"summary":{{"total_bytes_processed":9,"data_added":7}}}}"#
                )
            };
            let all: Vec<String> = self.kept.iter().enumerate().map(one).collect();
            return (0, format!("[{}]\n", all.join(",")));
        }
        (0, String::new())
    }
}

fn id(number: usize) -> String {
    format!("{number:064x}")
}

fn collect(root: &Path, below: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(root.join(below)).into_iter().flatten().flatten() {
        let path = below.join(entry.file_name());
        if entry.path().is_dir() {
            collect(root, &path, files);
        } else if let Ok(bytes) = fs::read(entry.path()) {
            files.insert(path, bytes);
        }
    }
}
