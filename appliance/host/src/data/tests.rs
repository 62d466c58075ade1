// SPDX-License-Identifier: AGPL-3.0-or-later
use super::{copy::Copied, snapshots, take_over};
use crate::{Layout, MachineError};
use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::atomic::AtomicU64,
};
use types::{ServiceName, Timestamp, WorkId, data::SnapshotReason};

struct Board {
    root: tempfile::TempDir,
    layout: Layout,
}

fn board() -> Board {
    let root = tempfile::tempdir().unwrap();
    let layout = Layout::new(root.path());
    fs::create_dir_all(root.path().join("data/services/diary/shelf")).unwrap();
    let board = Board { root, layout };
    board.write("one", "first");
    board.write("shelf/two", "second");
    board
}

fn diary() -> ServiceName {
    "diary".parse().unwrap()
}

fn work() -> WorkId {
    "w1".parse().unwrap()
}

impl Board {
    fn live(&self, path: &str) -> PathBuf {
        self.layout.data(&diary()).join(path)
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.live(path), text).unwrap();
    }

    fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.live(path)).ok()
    }

    fn snapshot(&self, at: i64) -> Result<types::data::Snapshot, MachineError> {
        let done = AtomicU64::new(0);
        let copied = Copied::new(&done, 0);
        let reason = SnapshotReason::Manual;
        snapshots::make(&self.layout, &diary(), Timestamp(at), reason, None, copied)?;
        Ok(snapshots::newest(&self.layout, &diary()).unwrap())
    }

    fn kept(&self, snapshot: &types::data::Snapshot, path: &str) -> PathBuf {
        snapshots::data_of(&self.layout, &snapshot.name).join(path)
    }

    fn make_ready(&self, snapshot: &types::data::Snapshot) {
        let done = AtomicU64::new(0);
        take_over::make_ready(&self.layout, &work(), &snapshot.name, Copied::new(&done, 0)).unwrap();
    }
}

fn inode(path: &Path) -> u64 {
    fs::metadata(path).unwrap().ino()
}

#[test]
fn a_snapshot_shares_with_the_one_before_and_never_with_the_live_data() {
    let board = board();
    fs::hard_link(board.live("one"), board.live("same")).unwrap();
    let first = board.snapshot(100).unwrap();
    board.write("shelf/two", "changed!");
    let second = board.snapshot(200).unwrap();
    assert_eq!((first.files, second.files), (3, 3));
    assert_eq!(
        inode(&board.kept(&first, "one")),
        inode(&board.kept(&second, "one"))
    );
    assert_ne!(inode(&board.live("one")), inode(&board.kept(&first, "one")));
    assert_eq!(
        inode(&board.kept(&first, "one")),
        inode(&board.kept(&first, "same")),
        "names of one file stay names of one file"
    );
    assert!(second.own_bytes < first.own_bytes);
    // Changed in place, as a database is: both copies keep what they saw.
    fs::OpenOptions::new()
        .append(true)
        .open(board.live("one"))
        .map(|mut file| std::io::Write::write_all(&mut file, b" and more"))
        .unwrap()
        .unwrap();
    assert_eq!(fs::read_to_string(board.kept(&second, "one")).unwrap(), "first");
    snapshots::drop_snapshot(&board.layout, &first.name).unwrap();
    assert_eq!(
        fs::read_to_string(board.kept(&second, "shelf/two")).unwrap(),
        "changed!"
    );
    assert_eq!(snapshots::snapshots(&board.layout).unwrap().len(), 1);
}

#[test]
fn a_snapshot_that_was_cut_short_is_not_one_and_goes_on() {
    let board = board();
    let unfinished = board.layout.snapshots().join(".diary.new/data");
    fs::create_dir_all(&unfinished).unwrap();
    fs::write(unfinished.join("one"), "fir").unwrap();
    fs::write(unfinished.join("vanished"), "old").unwrap();
    assert!(snapshots::snapshots(&board.layout).unwrap().is_empty());
    let snapshot = board.snapshot(100).unwrap();
    assert_eq!(fs::read_to_string(board.kept(&snapshot, "one")).unwrap(), "first");
    assert!(!board.kept(&snapshot, "vanished").exists());
}

#[test]
fn without_room_nothing_is_copied_and_the_numbers_are_told() {
    let board = board();
    let done = AtomicU64::new(0);
    let copied = Copied::new(&done, u64::MAX / 2);
    let reason = SnapshotReason::Update;
    let error = snapshots::make(&board.layout, &diary(), Timestamp(1), reason, None, copied).unwrap_err();
    assert_eq!(error.code(), "no_room");
    assert!(snapshots::snapshots(&board.layout).unwrap().is_empty());
}

#[test]
fn what_is_taken_over_can_be_taken_back() {
    let board = board();
    let before = board.snapshot(100).unwrap();
    board.write("one", "later");
    board.make_ready(&before);
    take_over::take_over(&board.layout, &diary(), &work(), Timestamp(200)).unwrap();
    assert_eq!(board.read("one").as_deref(), Some("first"));
    // Asked again after a restart: nothing.
    take_over::take_over(&board.layout, &diary(), &work(), Timestamp(201)).unwrap();
    assert_eq!(board.read("one").as_deref(), Some("first"));
    let newest = snapshots::newest(&board.layout, &diary()).unwrap();
    assert_eq!(newest.reason, SnapshotReason::Restore);
    assert_eq!(fs::read_to_string(board.kept(&newest, "one")).unwrap(), "later");
    assert_ne!(
        inode(&board.live("one")),
        inode(&board.kept(&before, "one")),
        "the snapshot is not what the service writes to"
    );
    assert!(!board.layout.ready(&work()).exists());
}

#[test]
fn power_lost_right_after_the_exchange_does_not_exchange_back() {
    let board = board();
    let before = board.snapshot(100).unwrap();
    board.write("one", "later");
    board.make_ready(&before);
    // The exchange alone, as if power was lost then.
    let (waiting, live) = (
        board.layout.ready(&work()).join("data"),
        board.layout.data(&diary()),
    );
    let aside = board.root.path().join("aside");
    fs::rename(&live, &aside).unwrap();
    fs::rename(&waiting, &live).unwrap();
    fs::rename(&aside, &waiting).unwrap();
    take_over::take_over(&board.layout, &diary(), &work(), Timestamp(200)).unwrap();
    assert_eq!(board.read("one").as_deref(), Some("first"));
    let newest = snapshots::newest(&board.layout, &diary()).unwrap();
    assert_eq!(fs::read_to_string(board.kept(&newest, "one")).unwrap(), "later");
}

#[test]
fn data_of_one_service_never_take_the_place_of_anothers() {
    let board = board();
    let snapshot = board.snapshot(100).unwrap();
    board.make_ready(&snapshot);
    let other: ServiceName = "wall".parse().unwrap();
    let error = take_over::take_over(&board.layout, &other, &work(), Timestamp(2)).unwrap_err();
    assert!(error.to_string().contains("of diary"), "{error}");
}
