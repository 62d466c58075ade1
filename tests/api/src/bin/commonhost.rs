// SPDX-License-Identifier: AGPL-3.0-or-later
//! The board's command line, built beside the tests that run it.

use std::process::ExitCode;

fn main() -> ExitCode {
    supervisor::cli::main()
}
