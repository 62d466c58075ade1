// SPDX-License-Identifier: AGPL-3.0-or-later
//! Kernel modules: those that lie in the initramfs, in the order the build worked out.

use crate::say::say;
use nix::{
    errno::Errno,
    kmod::{ModuleInitFlags, finit_module},
};
use std::fs::{self, File};

const FOLDER: &str = "/modules";

/// Loads all of them. Whichever does not fit this board says so and is left out.
pub(crate) fn load(after_each: &mut dyn FnMut()) {
    let order = fs::read_to_string(format!("{FOLDER}/order")).unwrap_or_default();
    for name in order.lines() {
        let Ok(file) = File::open(format!("{FOLDER}/{name}.ko")) else {
            say(&format!("the module {name} is missing"));
            continue;
        };
        match finit_module(&file, c"", ModuleInitFlags::empty()) {
            Ok(()) | Err(Errno::EEXIST | Errno::ENODEV | Errno::EBUSY) => {}
            Err(error) => say(&format!("the module {name} cannot be loaded: {error}")),
        }
        after_each();
    }
    // Their memory is free again; the files were copies.
    let _ = fs::remove_dir_all(FOLDER);
}
