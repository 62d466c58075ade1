// SPDX-License-Identifier: AGPL-3.0-or-later
//! A board: card, firmware and the code of `slots` between them.

use crate::{
    card::EvilCard,
    firmware::{Bootloader, Firmware},
    system::{Contents, Flaw, System},
};
use slots::{
    BootState, Card, CardError, Cause, Disk, Mode, Places, SECTOR, Seen, Selector, Slot, Span, Then, Window,
    at_start, fat::Fat, fat::Volume, save, stage,
};
use std::{io, rc::Rc};

const FIRST: Span = Span {
    start: 8192,
    sectors: 67_000,
};
const SLOTS: [Span; 2] = [
    Span {
        start: 80_000,
        sectors: 67_000,
    },
    Span {
        start: 150_000,
        sectors: 67_000,
    },
];
const SECTORS: u64 = 220_000;
const PLACES: Places = Places {
    selector: Selector::Autoboot,
    first: FIRST,
    slots: SLOTS,
};

/// What a start came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Life {
    /// This version runs from this slot.
    Runs {
        /// Where.
        slot: Slot,
        /// What.
        version: String,
        /// Whether it is on trial.
        trial: bool,
    },
    /// The power failed on the way.
    Cut,
}

/// A board.
#[derive(Clone)]
pub struct Board {
    /// Its card.
    pub card: EvilCard,
    /// Its firmware.
    pub firmware: Firmware,
    systems: Rc<Vec<System>>,
    /// Kernels started, since it was last asked.
    pub starts: u32,
}

impl Board {
    /// A board whose card was just written with version 1 in slot A. `updates` are what may come later.
    pub fn new(bootloader: Bootloader, updates: &[System]) -> Self {
        let one = System::new("1", Flaw::None);
        let mut card = EvilCard::new(SECTORS);
        card.write(0, &partition_table()).expect("a card");
        let first = [("README.TXT".to_owned(), 900), ("autoboot.txt".to_owned(), 512)];
        let volume = Volume::plan(FIRST.sectors, *b"BOOTSEL    ", &first).expect("a plan");
        let mut window = Window::new(&mut card, FIRST.start, FIRST.sectors).expect("a partition");
        volume.write_tables(&mut window).expect("a card");
        window
            .write(volume.files()[1].lba, &Selector::Autoboot.render(Slot::A))
            .expect("a card");
        window.write(0, &volume.boot_sector()).expect("a card");
        save(&mut card, &BootState::new(Slot::A, Some(one.version.clone()))).expect("a card");
        let mut board = Self {
            card,
            firmware: Firmware::new(bootloader),
            systems: Rc::new(
                std::iter::once(one.clone())
                    .chain(updates.iter().cloned())
                    .collect(),
            ),
            starts: 0,
        };
        board.write_whole(Slot::A, &one);
        board.card.settle();
        board
    }

    /// A board that was updated to version 2 as it should be: slot B is committed, and A has version 1.
    pub fn updated(bootloader: Bootloader, updates: &[System]) -> Self {
        let two = System::new("2", Flaw::None);
        let all: Vec<System> = std::iter::once(two.clone())
            .chain(updates.iter().cloned())
            .collect();
        let mut board = Self::new(bootloader, &all);
        assert!(matches!(board.start(), Life::Runs { .. }));
        board.update(Slot::A, &two).expect("an update");
        let Life::Runs {
            slot: Slot::B,
            trial: true,
            ..
        } = board.start()
        else {
            panic!("the trial did not start")
        };
        board.slots().healthy(Slot::B).expect("a commit");
        board.card.settle();
        board.starts = 0;
        board
    }

    /// A whole system as the factory writes it.
    pub fn write_whole(&mut self, slot: Slot, system: &System) {
        let span = SLOTS[usize::from(slot == Slot::B)];
        let volume = Volume::plan(span.sectors, *b"SLOT       ", &system.files()).expect("a plan");
        let mut window = Window::new(&mut self.card, span.start, span.sectors).expect("a partition");
        volume.write_tables(&mut window).expect("a card");
        for file in volume.files() {
            let mut bytes = system.content(&file.name, file.size);
            bytes.resize(bytes.len().next_multiple_of(SECTOR), 0);
            window.write(file.lba, &bytes).expect("a card");
        }
        window.write(0, &volume.boot_sector()).expect("a card");
    }

    /// Its slots.
    pub fn slots(&mut self) -> Card<&mut EvilCard> {
        Card::new(&mut self.card, PLACES)
    }

    /// The first partition.
    pub fn first(&mut self) -> Window<&mut EvilCard> {
        Window::new(&mut self.card, FIRST.start, FIRST.sectors).expect("a partition")
    }

    /// A slot's partition.
    pub fn slot(&mut self, slot: Slot) -> Window<&mut EvilCard> {
        let span = SLOTS[usize::from(slot == Slot::B)];
        Window::new(&mut self.card, span.start, span.sectors).expect("a partition")
    }

    /// Power on, until something runs in the end. A system that hangs is switched off and on by its owner.
    pub fn start(&mut self) -> Life {
        self.card.power_on();
        self.go_on()
    }

    /// The power fails, and a cut that was set does not happen any more.
    pub fn power_cut(&mut self) {
        self.firmware.power_cut();
        self.card.power_on();
    }

    /// A restart, until something runs in the end; a cut that was set stays set.
    pub fn go_on(&mut self) -> Life {
        for _ in 0..10 {
            let slot = match self.firmware.start(&mut self.card) {
                Ok(slot) => slot,
                Err(_) if self.card.is_off() => return Life::Cut,
                Err(screen) => panic!("the board is bricked: {screen:?}"),
            };
            self.starts += 1;
            let system = self.whole_system(slot);
            if system.flaw == Flaw::Hangs {
                self.firmware.power_cut();
                continue;
            }
            let mut card = Card::new(&mut self.card, PLACES);
            let seen = Seen {
                booted: Some(slot),
                version: Some(system.version.clone()),
                selector: card.selected(),
                root: (system.flaw != Flaw::Rootless).then_some(slot),
            };
            let decision = at_start(card.load(), &seen);
            let then = card.carry_out(&decision, &seen);
            if self.card.is_off() {
                return Life::Cut;
            }
            match then {
                Then::Run { trial, .. } => match system.flaw {
                    Flaw::Stops => {}
                    Flaw::Unhealthy => {
                        let mut card = self.slots();
                        if let Some(said) = card
                            .load()
                            .and_then(|r| r.unhealthy(Cause::Unhealthy, "no network"))
                        {
                            card.save(&said).expect("a card");
                        }
                    }
                    _ => {
                        return Life::Runs {
                            slot,
                            version: system.version.to_string(),
                            trial,
                        };
                    }
                },
                Then::Restart => {}
                Then::Rescue => panic!("nothing to start: {:?}", decision.record),
            }
        }
        panic!("the board never comes to rest")
    }

    /// The system in a slot that is being started, every byte of it compared.
    fn whole_system(&mut self, slot: Slot) -> System {
        let systems = Rc::clone(&self.systems);
        let mut fat = Fat::open(self.slot(slot)).expect("the firmware has found it");
        let found = fat.find("cmdline.txt").expect("the firmware has found it");
        let line = String::from_utf8(fat.read(&found, 512).expect("a file")).expect("text");
        let system = systems
            .iter()
            .find(|system| line.ends_with(&format!("={}", system.version)))
            .unwrap_or_else(|| panic!("slot {slot} has no system of ours: {line:?}"));
        for (name, size) in system.files() {
            let file = fat
                .find(&name)
                .unwrap_or_else(|error| panic!("slot {slot}: {name}: {error}"));
            let bytes = fat.read(&file, 1 << 20).expect("a file");
            assert_eq!(
                bytes,
                system.content(&name, size),
                "slot {slot} was started with another {name}"
            );
        }
        system.clone()
    }

    /// Writes an update and arms it, as the root process of a board does.
    pub fn update(&mut self, running: Slot, system: &System) -> Result<(), CardError> {
        self.stage(running, system)?;
        self.arm(running)
    }

    /// Writes an update.
    pub fn stage(&mut self, running: Slot, system: &System) -> Result<(), CardError> {
        let mut contents = Contents::of(system);
        stage(
            &mut self.slots(),
            running,
            &system.version,
            &system.files(),
            &mut contents,
        )
    }

    /// From now on this version has a flaw.
    pub fn break_system(&mut self, version: &str, flaw: Flaw) {
        for system in Rc::make_mut(&mut self.systems) {
            if system.version.as_str() == version {
                system.flaw = flaw;
            }
        }
    }

    /// Arms what is in the idle slot.
    pub fn arm(&mut self, running: Slot) -> Result<(), CardError> {
        let mut firmware = self.firmware.clone();
        let armed = self.slots().arm(running, &mut || {
            firmware.arm();
            Ok::<_, io::Error>(Mode::OneShot)
        });
        self.firmware = firmware;
        armed
    }

    /// The record.
    pub fn record(&mut self) -> BootState {
        self.slots().load().expect("a record")
    }
}

fn partition_table() -> [u8; SECTOR] {
    let mut sector = [0; SECTOR];
    for (number, span) in [FIRST, SLOTS[0], SLOTS[1]].into_iter().enumerate() {
        let entry = &mut sector[446 + 16 * number..][..16];
        entry[4] = 0x0c;
        for (at, value) in [(8, span.start), (12, span.sectors)] {
            entry[at..at + 4].copy_from_slice(&u32::try_from(value).expect("a small card").to_le_bytes());
        }
    }
    sector[510..].copy_from_slice(&[0x55, 0xaa]);
    sector
}
