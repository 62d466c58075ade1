// SPDX-License-Identifier: AGPL-3.0-or-later
//! How long local snapshots stay.

use types::{ServiceName, SnapshotName, Timestamp, data::Snapshot};

/// Days a snapshot is kept.
pub const SNAPSHOT_DAYS: i64 = 14;
/// Snapshots may take this share of the disk, as a divisor: one fifth.
const SHARE: u64 = 5;
/// This share of the disk stays free for the board itself, as a divisor: one twentieth (5 %).
const RESERVE: u64 = 20;

/// More than this is never kept free for the board, in bytes: on a large disk 5 % would be many times what it needs.
const RESERVE_MOST: u64 = 2 << 30;

/// Bytes that no copy may take, on a disk of `total` bytes: 5 %, at most 2 GiB.
pub fn reserve(total: u64) -> u64 {
    (total / RESERVE).min(RESERVE_MOST)
}

/// Which snapshots go: those older than 14 days, then the oldest until all together take at most a fifth of the disk
/// and the reserve is free. The newest of each service stays unless its age is over. With a clock that cannot be right
/// (`now` is `None`) nothing goes for its age.
pub fn snapshots_to_drop(
    snapshots: &[Snapshot],
    now: Option<Timestamp>,
    disk_total: u64,
    disk_free: u64,
) -> Vec<SnapshotName> {
    let mut oldest_first: Vec<&Snapshot> = snapshots.iter().collect();
    oldest_first.sort_by_key(|snapshot| (snapshot.at, &snapshot.name));
    let over = |snapshot: &Snapshot| {
        now.is_some_and(|now| now.since(snapshot.at).as_secs() > SNAPSHOT_DAYS.unsigned_abs() * 86_400)
    };
    let newest = |service: &ServiceName| {
        let mut mine = oldest_first
            .iter()
            .filter(|snapshot| snapshot.service == *service);
        mine.next_back().map(|snapshot| &snapshot.name)
    };
    let mut taken: u64 = snapshots.iter().map(|snapshot| snapshot.own_bytes).sum();
    let mut free = disk_free;
    let mut gone = Vec::new();
    for snapshot in &oldest_first {
        let crowded = taken > disk_total / SHARE || free < reserve(disk_total);
        let last = newest(&snapshot.service) == Some(&snapshot.name);
        if over(snapshot) || (crowded && !last) {
            taken = taken.saturating_sub(snapshot.own_bytes);
            free = free.saturating_add(snapshot.own_bytes);
            gone.push(snapshot.name.clone());
        }
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use types::data::SnapshotReason;

    const DAY: i64 = 86_400;

    fn snapshot(service: &str, at: i64, own_bytes: u64) -> Snapshot {
        let service: ServiceName = service.parse().unwrap();
        Snapshot {
            name: SnapshotName::new(&service, Timestamp(at)),
            service,
            at: Timestamp(at),
            reason: SnapshotReason::Manual,
            before: None,
            from: None,
            files: 1,
            bytes: own_bytes,
            own_bytes,
        }
    }

    fn names(snapshots: &[SnapshotName]) -> Vec<&str> {
        snapshots.iter().map(SnapshotName::as_str).collect()
    }

    #[test]
    fn two_weeks_are_kept_and_a_wrong_clock_drops_nothing() {
        let all = [snapshot("a", 0, 1), snapshot("a", 2 * DAY, 1)];
        let now = Timestamp(15 * DAY);
        assert_eq!(names(&snapshots_to_drop(&all, Some(now), 1000, 900)), ["a-0"]);
        assert!(snapshots_to_drop(&all, None, 1000, 900).is_empty());
    }

    #[test]
    fn the_oldest_make_room_but_each_service_keeps_its_newest() {
        let all = [
            snapshot("a", 1, 100),
            snapshot("a", 2, 100),
            snapshot("b", 3, 100),
            snapshot("a", 4, 100),
        ];
        let gone = snapshots_to_drop(&all, Some(Timestamp(9)), 1000, 500);
        assert_eq!(names(&gone), ["a-1", "a-2"]);
        let gone = snapshots_to_drop(&all, Some(Timestamp(9)), 10_000, 100);
        assert_eq!(names(&gone), ["a-1", "a-2"], "the reserve counts as well");
    }

    #[test]
    fn a_large_disk_keeps_no_more_free_than_the_board_needs() {
        assert_eq!(reserve(20 << 30), 1 << 30);
        assert_eq!(reserve(1 << 40), 2 << 30);
    }

    proptest! {
        #[test]
        fn what_is_young_and_fits_is_never_dropped(
            list in prop::collection::vec((0u8..3, 0i64..13, 1u64..10), 0..20)
        ) {
            let all: Vec<Snapshot> = list
                .iter()
                .enumerate()
                .map(|(i, (service, day, bytes))| {
                    let second = i64::try_from(i).unwrap();
                    snapshot(["a", "b", "c"][usize::from(*service)], day * DAY + second, *bytes)
                })
                .collect();
            prop_assert!(snapshots_to_drop(&all, Some(Timestamp(14 * DAY)), 1000, 900).is_empty());
        }
    }
}
