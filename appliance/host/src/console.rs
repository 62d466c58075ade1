// SPDX-License-Identifier: AGPL-3.0-or-later
//! What people see on the screen and on the boot partition while the board waits to be claimed.

use crate::{
    atomic::write_atomic,
    error::{At, MachineError},
    layout::Layout,
};
use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
};
use types::{BoardName, ClaimCode};

/// The file on the boot partition.
const FILE: &str = "CLAIM-CODE.TXT";

/// Shows the code, or takes it away.
pub(crate) fn show_claim_code(
    layout: &Layout,
    board: &BoardName,
    code: Option<&ClaimCode>,
) -> Result<(), MachineError> {
    let path = layout.boot(FILE);
    let Some(code) = code else {
        return match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error).at("remove", path),
            _ => Ok(()),
        };
    };
    let text = format!(
        "This board waits for its community.\r\n\r\n  Open   http://{board}.local\r\n  Code   {}\r\n\r\n\
         Whoever types this code becomes the first steward.\r\n",
        code.grouped()
    );
    // A console that is not there is no reason to fail: the file on the boot partition tells it as well.
    if let Ok(mut console) = OpenOptions::new().write(true).open(layout.console()) {
        let _ = write!(console, "\r\n{text}\r\n");
    }
    write_atomic(&path, text.as_bytes(), 0o644)
}
