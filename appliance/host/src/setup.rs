// SPDX-License-Identifier: AGPL-3.0-or-later
//! `setup.toml` on the boot partition: what a person wrote before the first start. Consumed once.

use crate::{
    atomic::write_atomic,
    error::{At, MachineError},
    layout::Layout,
};
use std::{fs, io::ErrorKind};
use types::host::Setup;

const CONSUMED: &str =
    "# This board has read its setup.toml. What stood here was taken over; secrets were removed.\n";

/// Reads `setup.toml` and replaces it by a note. Absent: an empty setup.
///
/// # Errors
/// When it cannot be read or understood: it then stays as it is, so that the person can mend it.
pub(crate) fn consume(layout: &Layout) -> Result<Setup, MachineError> {
    let path = layout.boot("setup.toml");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Setup::default()),
        Err(error) => return Err(error).at("read", path),
    };
    let setup = toml::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| MachineError::Refused(format!("setup.toml cannot be used: {error}")))?;
    if text != CONSUMED {
        write_atomic(&path, CONSUMED.as_bytes(), 0o644)?;
    }
    Ok(setup)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_once_and_a_mistake_leaves_it_in_place() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path());
        fs::create_dir(root.path().join("boot")).unwrap();
        assert_eq!(consume(&layout).unwrap(), Setup::default());
        fs::write(
            layout.boot("setup.toml"),
            "\u{feff}[host]\r\nname = \"oak\"\r\n[claim]\r\ncode = \"7k3m-q9td\"\r\n",
        )
        .unwrap();
        let setup = consume(&layout).unwrap();
        assert_eq!(setup.host.name.unwrap().as_str(), "oak");
        assert_eq!(setup.claim.code.unwrap().as_str(), "7K3MQ9TD");
        assert_eq!(consume(&layout).unwrap(), Setup::default());
        fs::write(layout.boot("setup.toml"), "[hots]\nname = \"oak\"\n").unwrap();
        assert!(consume(&layout).is_err());
        assert!(
            fs::read_to_string(layout.boot("setup.toml"))
                .unwrap()
                .contains("hots")
        );
    }
}
