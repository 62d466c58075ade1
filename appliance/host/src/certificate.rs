// SPDX-License-Identifier: AGPL-3.0-or-later
//! The certificate that a service finds beside it, for what it speaks besides HTTP.

use crate::{
    atomic::write_atomic,
    error::{At, MachineError},
    layout::Layout,
    machine::Entry,
    render::unit_name,
    systemd::Systemd,
};
use ring::digest::{SHA256, digest};
use std::{fs, os::unix::fs::PermissionsExt};
use types::{Active, Digest, ServiceName, host::HandedCertificate, manifest::CERTIFICATE_FILE};

/// Beside the certificate: the digest of the one that the service was told of.
const TOLD: &str = ".told";

/// By which a certificate is known again.
pub fn certificate_digest(certificate: &HandedCertificate) -> Digest {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, certificate.pem().as_bytes()).as_ref());
    Digest::from_bytes(&hash)
}

/// The folder that the service's unit binds. Only root comes through the one above; the service, whose user has no
/// fixed number, reads what is in its own.
pub(crate) fn prepare(layout: &Layout, service: &ServiceName) -> Result<(), MachineError> {
    let folder = layout.certificate(service);
    fs::create_dir_all(&folder).at("create", &folder)?;
    let modes = [(folder.parent(), 0o700), (Some(folder.as_path()), 0o755)];
    for (path, mode) in modes.into_iter().filter_map(|(path, mode)| Some((path?, mode))) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).at("set the mode of", path)?;
    }
    Ok(())
}

/// The certificate that a service was told of.
pub(crate) fn handed(layout: &Layout, service: &ServiceName) -> Option<Digest> {
    let text = fs::read_to_string(layout.certificate(service).join(TOLD)).ok()?;
    text.trim_end().parse().ok()
}

/// Writes it, tells the process, and only then notes that it was told: cut in between, all is done again.
pub(crate) async fn hand(
    layout: &Layout,
    systemd: &dyn Systemd,
    entry: &Entry,
    certificate: &HandedCertificate,
) -> Result<(), MachineError> {
    let service = &entry.manifest.service.name;
    let Some(uses) = entry.manifest.certificate else {
        return Err(MachineError::Refused(format!("{service} takes no certificate")));
    };
    let told = certificate_digest(certificate);
    if handed(layout, service).as_ref() == Some(&told) {
        return Ok(());
    }
    let folder = layout.certificate(service);
    write_atomic(
        &folder.join(CERTIFICATE_FILE),
        certificate.pem().as_bytes(),
        0o644,
    )?;
    let main = "main"
        .parse()
        .unwrap_or_else(|_| unreachable!("main is a process id"));
    let unit = unit_name(service, &main);
    let runs = systemd.services().await?.iter().any(|((owner, process), state)| {
        owner == service && *process == main && state.active == Active::Active
    });
    match uses.renewed {
        Some(signal) if runs => systemd.signal(&unit, signal).await?,
        None if runs => systemd.restart(&unit).await?,
        _ => {}
    }
    write_atomic(&folder.join(TOLD), told.as_str().as_bytes(), 0o600)
}

#[cfg(test)]
mod tests;
