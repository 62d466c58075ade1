// SPDX-License-Identifier: AGPL-3.0-or-later
//! `setup.toml` on the boot partition: what a person wrote before the first start. It is read, and taken out only when
//! the supervisor has stored what stood there: a power cut in between loses nothing.

use crate::{
    boot,
    error::{At, MachineError},
    layout::Layout,
};
use std::{fs, io::ErrorKind};
use types::host::Setup;

const FILE: &str = "setup.toml";
const CONSUMED: &str =
    "# This board has read its setup.toml. What stood here was taken over; secrets were removed.\n";

/// Reads it. Absent, or taken out before: an empty setup.
///
/// # Errors
/// When it cannot be read or understood: it then stays as it is, so that the person can mend it.
pub(crate) fn read(layout: &Layout) -> Result<Setup, MachineError> {
    let path = layout.boot(FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Setup::default()),
        Err(error) => return Err(error).at("read", path),
    };
    // The parser's own message quotes the line, and a line may hold a password.
    toml::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
        let line = error.span().map_or(1, |span| {
            text[..span.start.min(text.len())].lines().count().max(1)
        });
        MachineError::Refused(format!(
            "setup.toml cannot be used, see its line {line}: {}",
            error.message()
        ))
    })
}

/// Takes it out: a note stands there instead.
pub(crate) fn consume(layout: &Layout) -> Result<(), MachineError> {
    match fs::read_to_string(layout.boot(FILE)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Ok(text) if text == CONSUMED => Ok(()),
        _ => boot::scrub(layout, FILE, CONSUMED.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> (tempfile::TempDir, Layout) {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path());
        fs::create_dir(root.path().join("boot")).unwrap();
        (root, layout)
    }

    #[test]
    fn it_is_read_until_it_is_stored_and_a_mistake_leaves_it_in_place() {
        let (_root, layout) = card();
        assert_eq!(read(&layout).unwrap(), Setup::default());
        consume(&layout).unwrap();
        fs::write(
            layout.boot(FILE),
            "\u{feff}[host]\r\nname = \"oak\"\r\n[claim]\r\ncode = \"7k3m-q9td\"\r\n",
        )
        .unwrap();
        for _ in 0..2 {
            let setup = read(&layout).unwrap();
            assert_eq!(setup.host.name.unwrap().as_str(), "oak");
            assert_eq!(setup.claim.code.unwrap().as_str(), "7K3MQ9TD");
        }
        consume(&layout).unwrap();
        assert_eq!(read(&layout).unwrap(), Setup::default());
        fs::write(layout.boot(FILE), "[hots]\nname = \"oak\"\n").unwrap();
        assert!(read(&layout).is_err());
        assert!(fs::read_to_string(layout.boot(FILE)).unwrap().contains("hots"));
    }

    #[test]
    fn a_network_is_read_and_a_wrong_password_is_not_repeated() {
        let (_root, layout) = card();
        let text = "[wifi]\ncountry = \"DE\"\nname = \"our network\"\npassword = \"its password\"\n\
                    [network]\naddress = \"192.168.1.20/24\"\ngateway = \"192.168.1.1\"\n";
        fs::write(layout.boot(FILE), text).unwrap();
        let network = read(&layout).unwrap().joined().unwrap();
        assert_eq!(network.wifi.unwrap().country.as_str(), "DE");
        assert_eq!(network.fixed.unwrap().address.as_str(), "192.168.1.20/24");
        fs::write(layout.boot(FILE), text.replace("its password", "geheim")).unwrap();
        let error = read(&layout).unwrap_err().to_string();
        assert!(error.contains("line 4") && !error.contains("geheim"), "{error}");
    }
}
