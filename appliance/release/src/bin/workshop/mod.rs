// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the programs that sign have in common. They run on a builder's machine, never on a board.

use anyhow::{Context, Result};
use release::SigningKey;
use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};
use types::Timestamp;

/// Makes a key in a file only its owner reads; one that is there is never overwritten.
pub(crate) fn new_key(path: &Path) -> Result<SigningKey> {
    let secret = SigningKey::generate()?;
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(&secret))
        .with_context(|| format!("cannot make {}", path.display()))?;
    Ok(SigningKey::from_pkcs8(&secret)?)
}

/// The key in a file.
pub(crate) fn key(path: &Path) -> Result<SigningKey> {
    Ok(SigningKey::from_pkcs8(&read(path)?)?)
}

/// A file's bytes.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Whole or not at all.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, bytes)
        .and_then(|()| fs::rename(&new, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// `SOURCE_DATE_EPOCH` if set (<https://reproducible-builds.org/specs/source-date-epoch/>), else this machine's time.
#[expect(
    clippy::disallowed_methods,
    reason = "a tool on a builder's machine, whose clock is right"
)]
pub(crate) fn now() -> Result<Timestamp> {
    if let Ok(epoch) = std::env::var("SOURCE_DATE_EPOCH") {
        return Ok(Timestamp(
            epoch.parse().context("SOURCE_DATE_EPOCH is not a number")?,
        ));
    }
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    Ok(Timestamp(i64::try_from(seconds)?))
}
