// SPDX-License-Identifier: AGPL-3.0-or-later
//! The network a board joins: files for systemd-networkd and iwd, in memory, written at every start from what the
//! supervisor keeps.

use crate::{
    atomic::write_atomic,
    error::{At, MachineError},
    layout::Layout,
    systemd::Systemd,
};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};
use types::{Network, network::Wifi};

const NETWORKD: &str = "systemd-networkd.service";
const IWD: &str = "iwd.service";
/// The file for networkd: before the image's own, which say DHCP.
const LINK: &str = "run/systemd/network/70-commonhost.network";
/// What iwd is started with (`iwd.service.d/10-commonhost.conf`).
const WIRELESS: &str = "run/commonhost/iwd";

/// Writes what has changed, and has it read.
pub(crate) async fn join(
    layout: &Layout,
    systemd: &dyn Systemd,
    network: &Network,
) -> Result<(), MachineError> {
    let wanted = render(network);
    let links = replace(layout, &wanted, &[PathBuf::from(LINK)])?;
    let present = present(layout, Path::new(WIRELESS))?;
    let wireless: Vec<_> = wanted
        .keys()
        .filter(|path| path.starts_with(WIRELESS))
        .cloned()
        .chain(present)
        .collect();
    if replace(layout, &wanted, &wireless)? {
        if network.wifi.is_some() {
            systemd.restart(IWD).await?;
        } else {
            systemd.stop(IWD).await?;
        }
    }
    if links {
        systemd.restart(NETWORKD).await?;
    }
    Ok(())
}

/// Files that are there, in a folder and the folders in it.
fn present(layout: &Layout, folder: &Path) -> Result<Vec<PathBuf>, MachineError> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(layout.root().join(folder)) else {
        return Ok(found);
    };
    for entry in entries {
        let entry = entry.at("read", folder)?;
        let path = folder.join(entry.file_name());
        if entry.path().is_dir() {
            found.extend(present(layout, &path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

/// Makes these paths as wanted. Whether anything had to be changed.
fn replace(
    layout: &Layout,
    wanted: &BTreeMap<PathBuf, String>,
    paths: &[PathBuf],
) -> Result<bool, MachineError> {
    let mut changed = false;
    for path in paths {
        let file = layout.root().join(path);
        match wanted.get(path) {
            Some(text) if fs::read_to_string(&file).is_ok_and(|present| present == *text) => {}
            Some(text) => {
                let folder = file.parent().unwrap_or(layout.root());
                fs::create_dir_all(folder).at("create", folder)?;
                // networkd is not root; what iwd reads holds a password.
                let mode = if path.starts_with(WIRELESS) { 0o600 } else { 0o644 };
                write_atomic(&file, text.as_bytes(), mode)?;
                changed = true;
            }
            None if file.exists() => {
                fs::remove_file(&file).at("remove", &file)?;
                changed = true;
            }
            None => {}
        }
    }
    Ok(changed)
}

/// All files of a network, by their path below the root.
fn render(network: &Network) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    if let Some(fixed) = &network.fixed {
        let kind = if network.wifi.is_some() { "wlan" } else { "ether" };
        let mut text = format!(
            "# From setup.toml.\n[Match]\nType={kind}\nKind=!*\n\n[Network]\nAddress={}\nIPv6AcceptRA=yes\nMulticastDNS=resolve\nLLMNR=no\n",
            fixed.address.as_str()
        );
        if let Some(gateway) = &fixed.gateway {
            let _ = writeln!(text, "Gateway={gateway}");
        }
        for server in &fixed.dns {
            let _ = writeln!(text, "DNS={server}");
        }
        files.insert(LINK.into(), text);
    }
    if let Some(wifi) = &network.wifi {
        let folder = Path::new(WIRELESS);
        // networkd gives addresses, as on the cable.
        let main = format!(
            "[General]\nEnableNetworkConfiguration=false\nCountry={}\n",
            wifi.country.as_str()
        );
        files.insert(folder.join("main.conf"), main);
        let (kind, text) = match &wifi.password {
            Some(password) => (
                "psk",
                format!("[Security]\nPassphrase={}\n", escaped(password.as_str())),
            ),
            None => ("open", "[Settings]\nAutoConnect=true\n".to_owned()),
        };
        files.insert(
            folder.join("state").join(format!("{}.{kind}", file_name(wifi))),
            text,
        );
    }
    files
}

/// iwd names a network's file by its name, or by the name's bytes where that could not be a file's (iwd.network(5)).
fn file_name(wifi: &Wifi) -> String {
    let name = wifi.name.as_str();
    let plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_ ".contains(&byte));
    if plain {
        return name.to_owned();
    }
    name.bytes().fold("=".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A value of iwd's files: a backslash and a leading space have to be written otherwise (iwd.network(5)).
fn escaped(value: &str) -> String {
    let value = value.replace('\\', "\\\\");
    match value.strip_prefix(' ') {
        Some(rest) => format!("\\s{rest}"),
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::FakeSystemd;

    fn network(text: &str) -> Network {
        toml::from_str(text).unwrap()
    }

    fn home() -> Network {
        network(
            "[wifi]\ncountry = \"DE\"\nname = \"Café\"\npassword = \" back\\\\slash\"\n\
             [fixed]\naddress = \"192.168.1.20/24\"\ngateway = \"192.168.1.1\"\ndns = [\"192.168.1.1\"]\n",
        )
    }

    #[test]
    fn a_network_becomes_three_files() {
        let files = render(&home());
        let text = |path: &str| files[Path::new(path)].as_str();
        assert!(text(LINK).contains("Type=wlan\n"));
        assert!(text(LINK).ends_with("Gateway=192.168.1.1\nDNS=192.168.1.1\n"));
        assert!(text("run/commonhost/iwd/main.conf").contains("Country=DE\n"));
        assert_eq!(
            text("run/commonhost/iwd/state/=436166c3a9.psk"),
            "[Security]\nPassphrase=\\sback\\\\slash\n"
        );
        assert!(render(&Network::default()).is_empty());
    }

    #[tokio::test]
    async fn files_are_written_once_and_go_with_the_network() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path());
        let systemd = FakeSystemd::new(root.path());
        fs::create_dir_all(layout.units()).unwrap();
        for unit in [IWD, NETWORKD] {
            fs::write(layout.units().join(unit), "[Service]\n").unwrap();
        }
        join(&layout, &systemd, &home()).await.unwrap();
        let file = root.path().join("run/commonhost/iwd/state/=436166c3a9.psk");
        assert!(file.exists());
        let before = fs::metadata(&file).unwrap().modified().unwrap();
        join(&layout, &systemd, &home()).await.unwrap();
        assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), before);
        join(&layout, &systemd, &Network::default()).await.unwrap();
        assert!(!file.exists() && !root.path().join(LINK).exists());
    }
}
