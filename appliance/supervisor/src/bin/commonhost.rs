// SPDX-License-Identifier: AGPL-3.0-or-later
//! The command line: the same words as the API.

use std::process::ExitCode;

fn main() -> ExitCode {
    supervisor::cli::main()
}
