// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a service uses: control group files (cgroups(7)) and, where the kernel was started without the memory
//! controller, the proportional set size of its processes (`smaps_rollup`, proc(5)).

use crate::layout::Layout;
use std::{fs, os::unix::fs::MetadataExt, path::Path};
use types::{ProcessId, ServiceName, host::Usage};

pub(crate) fn usage(layout: &Layout, service: &ServiceName, processes: &[ProcessId]) -> Usage {
    let mut total = Usage {
        disk_bytes: disk_bytes(&layout.data(service)),
        ..Usage::default()
    };
    for process in processes {
        let group = layout.control_group(service, process);
        let pids = pids(&group);
        if let Some(bytes) = number(&group.join("memory.current")) {
            total.memory_enforced = true;
            add(&mut total.memory_bytes, bytes);
        } else {
            let bytes: Option<u64> = pids.iter().map(|pid| proportional_set_size(layout, *pid)).sum();
            if let Some(bytes) = bytes.filter(|_| !pids.is_empty()) {
                add(&mut total.memory_bytes, bytes);
            }
        }
        if let Some(usec) = cpu_usec(&group) {
            add(&mut total.cpu_usec, usec);
        }
        let threads: u64 = pids.iter().map(|pid| threads(layout, *pid)).sum();
        if !pids.is_empty() {
            total.tasks = Some(total.tasks.unwrap_or(0) + u32::try_from(threads).unwrap_or(u32::MAX));
        }
    }
    total
}

fn add(sum: &mut Option<u64>, value: u64) {
    *sum = Some(sum.unwrap_or(0).saturating_add(value));
}

fn number(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

fn pids(group: &Path) -> Vec<u32> {
    let text = fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default();
    text.lines().filter_map(|line| line.parse().ok()).collect()
}

fn cpu_usec(group: &Path) -> Option<u64> {
    let text = fs::read_to_string(group.join("cpu.stat")).ok()?;
    text.lines()
        .find_map(|line| line.strip_prefix("usage_usec ")?.parse().ok())
}

fn proportional_set_size(layout: &Layout, pid: u32) -> Option<u64> {
    let text = fs::read_to_string(layout.process(pid).join("smaps_rollup")).ok()?;
    let kib: u64 = text.lines().find_map(|line| {
        line.strip_prefix("Pss:")?
            .trim()
            .strip_suffix(" kB")?
            .parse()
            .ok()
    })?;
    Some(kib * 1024)
}

fn threads(layout: &Layout, pid: u32) -> u64 {
    let text = fs::read_to_string(layout.process(pid).join("status")).unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix("Threads:")?.trim().parse().ok())
        .unwrap_or(1)
}

/// Bytes on disk below a folder (blocks, so that sparse files count what they use); links are not followed.
pub(crate) fn disk_bytes(folder: &Path) -> u64 {
    let mut bytes = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            bytes += metadata.blocks() * 512;
            if metadata.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    bytes
}
