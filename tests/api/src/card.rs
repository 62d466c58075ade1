// SPDX-License-Identifier: AGPL-3.0-or-later
//! A card with two slots below a board's root, and the power button: what firmware and initramfs do at a start.

use crate::Board;
use slots::{
    BootState, Card, Decision, Disk, FileDisk, Places, SECTOR, Seen, Selector, Slot, Span, Then, Window,
    at_start, fat::Fat, fat::Volume, save,
};
use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

/// Sectors of the first partition and of each slot: the least FAT32 needs, and a little.
const SECTORS: u64 = 67_000;
const STARTS: [u64; 3] = [8192, 80_000, 150_000];
const FLAG: &str = "sys/module/rpi_tryboot/parameters/tryboot";

/// A file of a slot.
pub type SlotFile = (String, Vec<u8>);

/// The files of a system of this version. Its kernel is the same in all of them.
pub fn system(version: &str) -> Vec<SlotFile> {
    vec![
        ("root.erofs".into(), version.as_bytes().repeat(20_000)),
        ("kernel8.img".into(), b"kernel".repeat(1000)),
        (
            "cmdline.txt".into(),
            format!("commonhost.version={version}").into_bytes(),
        ),
    ]
}

/// Puts a card with this version in slot A below a root.
pub fn insert(root: &Path, version: &str) {
    write(root, "usr/share/commonhost/board", "pi\n");
    write(
        root,
        "proc/self/mountinfo",
        "25 1 179:4 / /data rw - ext4 /dev/mmcblk0p4 rw\n",
    );
    write(root, FLAG, "0\n");
    let device = |name: &str, sectors: u64| {
        let path = root.join("dev").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        File::create(path)
            .unwrap()
            .set_len(sectors * SECTOR as u64)
            .unwrap();
    };
    device("mmcblk0", STARTS[2] + SECTORS);
    for (number, start) in (1..).zip(STARTS) {
        device(&format!("mmcblk0p{number}"), SECTORS);
        let folder = format!("sys/class/block/mmcblk0p{number}");
        write(root, &format!("{folder}/start"), &format!("{start}\n"));
        write(root, &format!("{folder}/size"), &format!("{SECTORS}\n"));
    }
    let selector = Selector::Autoboot.render(Slot::A).to_vec();
    let mut disk = Parts::open(root);
    lay(&mut disk, STARTS[0], &[("autoboot.txt".into(), selector)]);
    lay(&mut disk, STARTS[1], &system(version));
    save(&mut disk, &BootState::new(Slot::A, version.parse().ok())).unwrap();
    tell_kernel(root, Slot::A, version);
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn tell_kernel(root: &Path, slot: Slot, version: &str) {
    let words = format!("quiet commonhost.version={version} commonhost.slot={slot}\n");
    write(root, "proc/cmdline", &words);
}

fn lay(disk: &mut Parts, start: u64, files: &[SlotFile]) {
    let sizes: Vec<(String, u32)> = files
        .iter()
        .map(|(name, bytes)| (name.clone(), u32::try_from(bytes.len()).unwrap()))
        .collect();
    let volume = Volume::plan(SECTORS, *b"SLOT       ", &sizes).unwrap();
    let mut window = Window::new(disk, start, SECTORS).unwrap();
    volume.write_tables(&mut window).unwrap();
    for (placed, (_, bytes)) in volume.files().iter().zip(files) {
        let mut bytes = bytes.clone();
        bytes.resize(bytes.len().next_multiple_of(SECTOR), 0);
        window.write(placed.lba, &bytes).unwrap();
    }
    window.write(0, &volume.boot_sector()).unwrap();
}

/// The disk and its partitions, each a file.
struct Parts {
    whole: FileDisk,
    parts: Vec<(u64, FileDisk)>,
}

impl Parts {
    fn open(root: &Path) -> Self {
        let open = |name: String| {
            let path: PathBuf = root.join("dev").join(name);
            let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
            FileDisk::open(file).unwrap()
        };
        let part = |(number, start)| (start, open(format!("mmcblk0p{number}")));
        Self {
            whole: open("mmcblk0".into()),
            parts: (1..).zip(STARTS).map(part).collect(),
        }
    }

    fn route(&mut self, lba: u64) -> (&mut FileDisk, u64) {
        for (start, disk) in &mut self.parts {
            if (*start..*start + SECTORS).contains(&lba) {
                return (disk, lba - *start);
            }
        }
        (&mut self.whole, lba)
    }
}

impl Disk for Parts {
    fn read(&mut self, lba: u64, into: &mut [u8]) -> io::Result<()> {
        let (disk, lba) = self.route(lba);
        disk.read(lba, into)
    }

    fn write(&mut self, lba: u64, from: &[u8]) -> io::Result<()> {
        let (disk, lba) = self.route(lba);
        disk.write(lba, from)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn sectors(&self) -> u64 {
        self.whole.sectors()
    }
}

fn card(root: &Path) -> Card<Parts> {
    let span = |start| Span {
        start,
        sectors: SECTORS,
    };
    let places = Places {
        selector: Selector::Autoboot,
        first: span(STARTS[0]),
        slots: [span(STARTS[1]), span(STARTS[2])],
    };
    Card::new(Parts::open(root), places)
}

/// What stands in a slot, read from its file system.
pub fn slot_files(root: &Path, slot: Slot) -> Vec<SlotFile> {
    let mut card = card(root);
    let mut fat = Fat::open(card.slot(slot).unwrap()).unwrap();
    let mut read = |name: &str| {
        let found = fat.find(name).unwrap();
        (name.to_owned(), fat.read(&found, 1 << 24).unwrap())
    };
    ["root.erofs", "kernel8.img", "cmdline.txt"]
        .iter()
        .map(|name| read(name))
        .collect()
}

/// What becomes of the kernel in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// It starts.
    Starts,
    /// It does not: the watchdog or a person restarts the board.
    Hangs,
    /// It starts, and its root is not whole.
    Rootless,
}

/// Restarts the board, as its firmware and its initramfs do; `other` is what happens in slot B. Returns how many
/// kernels were started.
pub async fn restart(board: &Board, other: Kernel) -> u32 {
    board.kill().await;
    let root = board.root().to_owned();
    let mut kernels = 0;
    loop {
        let mut card = card(&root);
        let flag = fs::read_to_string(root.join(FLAG)).unwrap();
        // It is forgotten before anything is started.
        write(&root, FLAG, "0\n");
        let selected = card.selected().unwrap_or(Slot::A);
        let slot = if flag.trim() == "1" {
            selected.other()
        } else {
            selected
        };
        kernels += 1;
        assert!(kernels < 10, "the board never comes to rest");
        if slot == Slot::B && other == Kernel::Hangs {
            continue;
        }
        let mut fat = Fat::open(card.slot(slot).unwrap()).unwrap();
        let words = fat.find("cmdline.txt").unwrap();
        let words = String::from_utf8(fat.read(&words, 1000).unwrap()).unwrap();
        let version = words.strip_prefix("commonhost.version=").unwrap();
        let seen = Seen {
            booted: Some(slot),
            version: version.parse().ok(),
            selector: card.selected(),
            root: (slot == Slot::A || other == Kernel::Starts).then_some(slot),
        };
        let decision: Decision = at_start(card.load(), &seen);
        match card.carry_out(&decision, &seen) {
            Then::Run { .. } => {
                tell_kernel(&root, slot, version);
                break;
            }
            Then::Restart => {}
            // Nothing to go on with: the initramfs restarts.
            Then::Rescue => assert_eq!(other, Kernel::Rootless, "nothing can be started"),
        }
    }
    board.start_again().await;
    kernels
}
