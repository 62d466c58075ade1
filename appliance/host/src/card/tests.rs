// SPDX-License-Identifier: AGPL-3.0-or-later
use super::*;

#[test]
fn the_card_is_where_data_comes_from() {
    let line = "25 1 179:4 / /data rw,noatime shared:1 - ext4 /dev/mmcblk0p4 rw";
    assert_eq!(data_device(line), Some("mmcblk0p4"));
    for other in [
        "25 1 179:4 / /boot ro - vfat /dev/mmcblk0p1 ro",
        "25 1 0:40 / /data rw - overlay overlay rw",
        "nonsense",
    ] {
        assert_eq!(data_device(other), None);
    }
}

#[test]
fn a_board_without_a_card_says_so() {
    let root = tempfile::tempdir().unwrap();
    assert!(find(&Layout::new(root.path())).is_none());
}

#[test]
fn systemd_boot_is_told_in_its_own_words() {
    let variable = firmware::one_shot_variable(Slot::B);
    assert_eq!(variable[..6], [7, 0, 0, 0, b's', 0]);
    assert_eq!(variable.len(), 4 + 2 * "slot-b.conf\0".len());
}
