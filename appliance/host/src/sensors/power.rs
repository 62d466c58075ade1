// SPDX-License-Identifier: AGPL-3.0-or-later
//! The power supply, and whether memory ran out: what the kernel counted since the start.

use std::{fs, path::Path};

/// Whether the voltage fell below what the board needs since the start. `None` where no sensor tells: only Raspberry
/// Pis have `rpi_volt` (drivers/hwmon/raspberrypi-hwmon.c; its alarm stays once raised).
pub(super) fn undervoltage(root: &Path) -> Option<bool> {
    let sensors = fs::read_dir(root.join("sys/class/hwmon")).ok()?;
    let sensor = sensors
        .flatten()
        .map(|entry| entry.path())
        .find(|sensor| fs::read_to_string(sensor.join("name")).is_ok_and(|name| name.trim() == "rpi_volt"))?;
    let alarm = fs::read_to_string(sensor.join("in0_lcrit_alarm")).ok()?;
    Some(alarm.trim() != "0")
}

/// How often the kernel ended a program because memory ran out, since the start.
pub(super) fn out_of_memory(root: &Path) -> Option<u64> {
    let counters = fs::read_to_string(root.join("proc/vmstat")).ok()?;
    let count = counters.lines().find_map(|line| line.strip_prefix("oom_kill "))?;
    count.trim().parse().ok()
}

/// Whether the kernel enforces memory limits: its control groups (version 2) were started with them.
pub(super) fn memory_limits(root: &Path) -> Option<bool> {
    let controllers = fs::read_to_string(root.join("sys/fs/cgroup/cgroup.controllers")).ok()?;
    Some(
        controllers
            .split_whitespace()
            .any(|controller| controller == "memory"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_does_not_tell_is_not_known() {
        let root = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        assert_eq!(undervoltage(root.path()), None);
        put("sys/class/hwmon/hwmon0/name", "cpu_thermal\n");
        assert_eq!(undervoltage(root.path()), None);
        put("sys/class/hwmon/hwmon1/name", "rpi_volt\n");
        put("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n");
        assert_eq!(undervoltage(root.path()), Some(true));
        assert_eq!(out_of_memory(root.path()), None);
        put("proc/vmstat", "pgfault 12\noom_kill 2\n");
        assert_eq!(out_of_memory(root.path()), Some(2));
        put("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io pids\n");
        assert_eq!(memory_limits(root.path()), Some(false));
    }
}
