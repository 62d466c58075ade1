// SPDX-License-Identifier: AGPL-3.0-or-later
//! Turns `locales/*/*.toml` into one method per text and `assets/*` into hashed, compressed files.

mod assets;
mod translations;

use std::{env, path::PathBuf};

#[expect(clippy::print_stdout, reason = "how a build script speaks to cargo")]
fn main() {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=locales");
    println!("cargo::rerun-if-changed=assets");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    translations::generate(&out);
    assets::generate(&out);
}
