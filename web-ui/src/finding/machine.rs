// SPDX-License-Identifier: AGPL-3.0-or-later
//! Findings about the machine. Sizes are in bytes.

use super::{Text, Words};

/// The clock was not set by the network since the start.
pub fn clock_not_set() -> Words {
    Words::new(|t| {
        Text::new(
            t.finding_clock(),
            t.finding_clock_meaning(),
            t.finding_clock_remedy(),
        )
    })
}

/// Little memory left.
pub fn memory_low(free: u64, total: u64) -> Words {
    Words::new(|t| {
        let what = t.finding_memory_low(t.bytes(free), t.bytes(total));
        Text::new(
            what,
            t.finding_memory_low_meaning(),
            t.finding_memory_low_remedy(),
        )
    })
}

/// The kernel does not enforce memory limits.
pub fn memory_limits_off() -> Words {
    Words::new(|t| {
        let what = t.finding_limits_off();
        Text::new(
            what,
            t.finding_limits_off_meaning(),
            t.finding_limits_off_remedy(),
        )
    })
}

/// Little space left on `/data`.
pub fn disk_full(free: u64, total: u64) -> Words {
    let words = Words::new(|t| {
        let what = t.finding_disk_full(t.bytes(free), t.bytes(total));
        Text::new(what, t.finding_disk_full_meaning(), t.finding_disk_full_remedy())
    });
    words.at("/archives")
}

/// The processor is hot, in degrees Celsius.
pub fn hot(celsius: u16) -> Words {
    Words::new(|t| {
        Text::new(
            t.finding_hot(celsius),
            t.finding_hot_meaning(),
            t.finding_hot_remedy(),
        )
    })
}

/// The power supply is too weak: the voltage fell below what the board needs.
pub fn undervoltage() -> Words {
    Words::new(|t| {
        let what = t.machine_undervoltage();
        Text::new(
            what,
            t.machine_undervoltage_meaning(),
            t.machine_undervoltage_remedy(),
        )
    })
}

/// The file system counted errors of the card or disk.
pub fn storage_errors(count: u64) -> Words {
    Words::new(|t| {
        let what = t.machine_storage_errors(count);
        Text::new(
            what,
            t.machine_storage_errors_meaning(),
            t.machine_storage_errors_remedy(),
        )
    })
}

/// The card says that so many percent of its life are used up.
pub fn card_worn(percent: u8, written: Option<u64>) -> Words {
    Words::new(|t| {
        let what = match written {
            Some(written) => t.machine_card_worn_written(percent, t.bytes(written)),
            None => t.machine_card_worn(percent),
        };
        Text::new(what, t.machine_card_worn_meaning(), t.machine_card_worn_remedy())
    })
}

/// More was written to a card that does not tell its health than such cards are known to bear.
pub fn card_written(written: u64) -> Words {
    Words::new(|t| {
        let what = t.machine_card_written(t.bytes(written));
        Text::new(
            what,
            t.machine_card_written_meaning(),
            t.machine_card_written_remedy(),
        )
    })
}

/// The file system that holds the data can only be read.
pub fn storage_read_only() -> Words {
    Words::new(|t| {
        let what = t.machine_read_only();
        Text::new(what, t.machine_read_only_meaning(), t.machine_read_only_remedy())
    })
}

/// The kernel ended programs because memory ran out, so many since the start.
pub fn memory_ran_out(times: u64) -> Words {
    Words::new(|t| {
        let what = t.machine_oom(times);
        Text::new(what, t.machine_oom_meaning(), t.machine_oom_remedy())
    })
}

/// The host process does not answer.
pub fn host_silent() -> Words {
    Words::new(|t| {
        let what = t.finding_host_silent();
        Text::new(
            what,
            t.finding_host_silent_meaning(),
            t.finding_host_silent_remedy(),
        )
    })
}
