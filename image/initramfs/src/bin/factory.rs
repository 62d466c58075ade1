// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a build writes for the initramfs to find, with the same code that reads it.
//!
//! `factory selector autoboot|loader FILE` writes the file that makes the firmware start slot A;
//! `factory record IMAGE VERSION` writes the boot-state record of a new card into its image.

use slots::{BootState, FileDisk, Selector, Slot, save};
use std::{env, fs, fs::OpenOptions, io, process::ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match *words {
        ["selector", "autoboot", file] => fs::write(file, Selector::Autoboot.render(Slot::A)),
        ["selector", "loader", file] => fs::write(file, Selector::Loader.render(Slot::A)),
        ["record", image, version] => record(image, version),
        _ => Err(io::Error::other(
            "wrong arguments; the head of this program's source says which there are",
        )),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "a program of the build")]
            {
                eprintln!("factory: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

fn record(image: &str, version: &str) -> io::Result<()> {
    let version = version
        .parse()
        .map_err(|()| io::Error::other("that is no version"))?;
    let file = OpenOptions::new().read(true).write(true).open(image)?;
    save(
        &mut FileDisk::open(file)?,
        &BootState::new(Slot::A, Some(version)),
    )
    .map(|_| ())
}
