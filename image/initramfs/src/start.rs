// SPDX-License-Identifier: AGPL-3.0-or-later
//! A start, as a script.

use crate::{
    card::{Card, mount_vfat},
    data, modules,
    say::{say, say_loud},
    table,
    watchdog::Watchdog,
    words::{Words, slot_of_property},
};
use nix::{
    mount::{MsFlags, mount},
    sys::reboot::{RebootMode, reboot},
    unistd::{chdir, chroot, execv, sync},
};
use slots::{BootState, Cause, Seen, Slot, Then, at_start, load, save};
use std::{convert::Infallible, fs, io, path::Path, thread, time::Duration};

/// Where the root is mounted before it becomes `/`.
const ROOT: &str = "/root";
/// Disks may take that long to be found: USB ones do.
const PATIENCE: Duration = Duration::from_secs(30);
const TURN: Duration = Duration::from_millis(100);

/// What ended a start: what was being done, and why it failed.
#[derive(Debug)]
pub(crate) struct Failure {
    doing: &'static str,
    reason: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.doing, self.reason)
    }
}

trait Doing<T> {
    fn doing(self, what: &'static str) -> Result<T, Failure>;
}

impl<T, E: std::fmt::Display> Doing<T> for Result<T, E> {
    fn doing(self, what: &'static str) -> Result<T, Failure> {
        self.map_err(|error| Failure {
            doing: what,
            reason: error.to_string(),
        })
    }
}

/// Starts the board. Returns only when it cannot.
pub(crate) fn run() -> Result<Infallible, Failure> {
    mount_kernel_file_systems().doing("mount /dev, /proc, /sys and /run")?;
    let mut watchdog = Watchdog::default();
    modules::load(&mut || watchdog.open());
    let keeper = watchdog.keep();
    let words = Words::parse(&fs::read_to_string("/proc/cmdline").unwrap_or_default());
    let root_hash = words
        .root_hash
        .clone()
        .ok_or("the command line has none")
        .doing("read the root hash")?;

    let (mut card, found) = find(&words, &root_hash)?;
    let seen = Seen {
        booted: booted(&words),
        version: words.version.clone(),
        // What cannot be read is not whole: it is written anew.
        selector: card.selected().unwrap_or(None),
        root: found,
    };
    let mut disk = card.disk().doing("open the card")?;
    let decision = at_start(load(&mut disk), &seen);
    let then = match carry_out(&mut card, &decision) {
        Ok(()) => decision.then,
        Err(error) => {
            say(&format!("the card cannot be written: {error}"));
            decision.without_saving(&seen)
        }
    };
    match then {
        Then::Run { root, trial } => {
            say(&format!(
                "{} from slot {root} of {}{}",
                words
                    .version
                    .as_ref()
                    .map_or("a system", |version| version.as_str()),
                card.name(),
                if trial { ", on trial" } else { "" }
            ));
            mark(trial)
                .doing("mark the trial")
                .and_then(|()| prepare(&card, root, &root_hash))
                .and_then(|()| {
                    drop(keeper);
                    hand_over().doing("start systemd")
                })
                .inspect_err(|failure| note(&card, failure))
        }
        Then::Restart => {
            say_loud("the other slot is started");
            restart();
            Err("it goes on").doing("restart")
        }
        Then::Rescue => rescue(),
    }
}

/// Restarts at once.
pub(crate) fn restart() {
    sync();
    let _ = reboot(RebootMode::RB_AUTOBOOT);
}

fn mount_kernel_file_systems() -> io::Result<()> {
    for (kind, target, flags, options) in [
        ("devtmpfs", "/dev", MsFlags::MS_NOSUID, "mode=0755"),
        (
            "proc",
            "/proc",
            MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC,
            "",
        ),
        (
            "sysfs",
            "/sys",
            MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC,
            "",
        ),
        (
            "tmpfs",
            "/run",
            MsFlags::MS_NOSUID | MsFlags::MS_NODEV,
            "mode=0755,size=20%",
        ),
    ] {
        fs::create_dir_all(target)?;
        mount(Some(kind), target, Some(kind), flags, Some(options))?;
    }
    Ok(())
}

/// The card whose slot holds the system of this kernel; or, after some patience, any card.
fn find(words: &Words, root_hash: &str) -> Result<(Card, Option<Slot>), Failure> {
    let first = booted(words).unwrap_or(Slot::A);
    let mut waited = Duration::ZERO;
    loop {
        let mut cards = Card::all();
        for _ in 0..cards.len() {
            let card = cards.remove(0);
            if let Some(slot) = card.find_root(root_hash, first) {
                return Ok((card, Some(slot)));
            }
            cards.push(card);
        }
        // A card is there: another one with the right system may yet be found, but not for long.
        let patience = if cards.is_empty() { PATIENCE } else { PATIENCE / 6 };
        if waited >= patience {
            let card = cards.into_iter().next();
            return card
                .map(|card| (card, None))
                .ok_or("none was found")
                .doing("look for the card");
        }
        thread::sleep(TURN);
        waited += TURN;
    }
}

/// The slot this kernel came from, if the loader or the firmware tells.
fn booted(words: &Words) -> Option<Slot> {
    let property = fs::read("/proc/device-tree/chosen/bootloader/partition");
    words.slot.or_else(|| slot_of_property(&property.ok()?))
}

/// In the order that [`slots::Decision`] asks for: cut in between, the next start does the rest.
fn carry_out(card: &mut Card, decision: &slots::Decision) -> io::Result<()> {
    if let Some(slot) = decision.select {
        card.select(slot)?;
    }
    save(&mut card.disk()?, &decision.record)?;
    match decision.hide {
        Some(slot) => card.hide(slot),
        None => Ok(()),
    }
}

/// Says to the system that is about to start whether it is on trial: if nothing takes the mark away, it restarts the
/// board by itself (commonhost-trial.service).
fn mark(trial: bool) -> io::Result<()> {
    if trial {
        fs::write("/run/commonhost-trial", "")
    } else {
        Ok(())
    }
}

/// Everything that systemd expects to be there.
fn prepare(card: &Card, slot: Slot, root_hash: &str) -> Result<(), Failure> {
    let root = Path::new(ROOT);
    Card::open_root(slot, root_hash, root).doing("mount the root file system")?;
    let device = card.partition(table::DATA);
    let sectors = match card.grow() {
        Ok(extent) => extent.sectors,
        Err(error) => {
            say(&format!("the data partition stays as long as it is: {error}"));
            0
        }
    };
    let mended = data::check(root, &device).doing("check the data partition")?;
    let target = root.join("data");
    data::open(&device, &target, sectors).doing("mount the data partition")?;
    if let Some(log) = mended {
        say("the data partition was damaged and has been mended");
        data::keep(&target, "mended.log", &log).doing("keep the log of the repair")?;
    }
    let identity = data::identity(&target).doing("make the board's identity")?;
    fs::write("/run/machine-id", identity).doing("write the board's identity")?;
    let bind = MsFlags::MS_BIND;
    mount(
        Some("/run/machine-id"),
        &root.join("etc/machine-id"),
        None::<&str>,
        bind,
        None::<&str>,
    )
    .doing("show the board's identity")?;
    // Read-only: the host process makes it writable for the moment it writes.
    if let Err(error) = mount_vfat(&card.partition(1), &root.join("boot"), MsFlags::MS_RDONLY) {
        say(&format!("the boot partition cannot be read: {error}"));
    }
    for target in ["dev", "proc", "sys", "run"] {
        let from = Path::new("/").join(target);
        mount(
            Some(&from),
            &root.join(target),
            None::<&str>,
            MsFlags::MS_MOVE,
            None::<&str>,
        )
        .doing("move /dev, /proc, /sys and /run into the root")?;
    }
    Ok(())
}

/// The reason goes into the record when an update is being tried; otherwise the next start counts this one.
fn note(card: &Card, failure: &Failure) {
    let written = card.disk().and_then(|mut disk| {
        let record = load(&mut disk)
            .and_then(|record: BootState| record.unhealthy(Cause::Unhealthy, &failure.to_string()));
        record.map_or(Ok(()), |record| save(&mut disk, &record).map(|_| ()))
    });
    if let Err(error) = written {
        say(&format!("the reason cannot be written down: {error}"));
    }
}

/// The root becomes `/`, and systemd the first process.
fn hand_over() -> io::Result<Infallible> {
    // What is left of the initramfs takes memory.
    let _ = fs::remove_file("/init");
    chdir(ROOT)?;
    mount(Some("."), "/", None::<&str>, MsFlags::MS_MOVE, None::<&str>)?;
    chroot(".")?;
    chdir("/")?;
    Ok(execv(c"/usr/lib/systemd/systemd", &[c"/sbin/init"])?)
}

/// Nothing can be started. It stays so until the watchdog is no longer kept, a quarter of an hour, and tries again.
fn rescue() -> ! {
    loop {
        say_loud(
            "neither slot of this card holds a whole system. Write the image to the card again; the data partition can be copied off it first",
        );
        thread::sleep(Duration::from_mins(1));
    }
}
