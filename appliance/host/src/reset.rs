// SPDX-License-Identifier: AGPL-3.0-or-later
//! `RESET-STEWARD` on the boot partition: whoever holds the card asks for a way back in. What stands in the file does
//! not matter, nor does an ending that an editor adds by itself.

use crate::{
    boot,
    error::{At, MachineError},
    layout::Layout,
};
use std::{ffi::OsString, fs, io::ErrorKind};

const NAME: &str = "RESET-STEWARD";

/// Whether it is there.
pub(crate) fn asked(layout: &Layout) -> Result<bool, MachineError> {
    Ok(!found(layout)?.is_empty())
}

/// Takes it off.
pub(crate) fn take(layout: &Layout) -> Result<(), MachineError> {
    for file in found(layout)? {
        boot::remove(layout, &file.to_string_lossy())?;
    }
    Ok(())
}

fn found(layout: &Layout) -> Result<Vec<OsString>, MachineError> {
    let folder = layout.boot("");
    let entries = match fs::read_dir(&folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.at("read", &folder)?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let name = entry.at("read", &folder)?.file_name();
        let text = name.to_string_lossy().to_ascii_uppercase();
        let stem = text.strip_suffix(".TXT").unwrap_or(&text);
        if stem == NAME {
            found.push(name);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_however_it_was_written_and_nothing_else_is_taken() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path());
        assert!(!asked(&layout).unwrap());
        fs::create_dir(layout.boot("")).unwrap();
        for name in ["RESET-STEWARD", "reset-steward.txt", "Reset-Steward"] {
            fs::write(layout.boot(name), "").unwrap();
            assert!(asked(&layout).unwrap(), "{name}");
            take(&layout).unwrap();
            assert!(!asked(&layout).unwrap(), "{name}");
        }
        fs::write(layout.boot("RESET-STEWARDS"), "").unwrap();
        fs::write(layout.boot("setup.toml"), "").unwrap();
        assert!(!asked(&layout).unwrap());
        take(&layout).unwrap();
        assert_eq!(fs::read_dir(layout.boot("")).unwrap().count(), 2);
    }
}
