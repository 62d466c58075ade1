// SPDX-License-Identifier: AGPL-3.0-or-later
//! What this board believes about releases: the root that came with the image, and the newest metadata it has accepted.

use host::{Layout, ReleaseSource, write_atomic};
use release::system::{Metadata, TrustError, Trusted};
use std::{fs, path::PathBuf};
use types::{
    Timestamp,
    release::{Release, ReleaseVersion, Releases},
};

/// Where it is kept. Both processes read it, each with its own eyes.
#[derive(Clone, Debug)]
pub struct Trust {
    root: Option<String>,
    accepted: PathBuf,
    /// Where files of releases are put.
    pub downloads: PathBuf,
    /// Where other disks are mounted.
    pub disks: PathBuf,
    /// Where releases come from, as the image says; may be empty.
    pub source: String,
}

impl Trust {
    /// Of the board below this layout.
    pub fn load(layout: &Layout) -> Self {
        let text = |path: PathBuf| fs::read_to_string(path).ok();
        Self {
            root: text(layout.release_root()),
            accepted: layout.accepted_releases(),
            downloads: layout.downloads(),
            disks: layout.disks(),
            source: text(layout.release_source())
                .unwrap_or_default()
                .trim()
                .to_owned(),
        }
    }

    /// What is trusted now: the root of the image, and what was accepted before.
    fn trusted(&self) -> Option<Result<Trusted, TrustError>> {
        let image = Trusted::from_image(self.root.as_ref()?);
        Some(image.map(|image| {
            // What cannot be read again is fetched again.
            let accepted = self.accepted();
            accepted
                .and_then(|accepted| image.load(&accepted).ok())
                .unwrap_or(image)
        }))
    }

    fn accepted(&self) -> Option<Metadata> {
        serde_json::from_slice(&fs::read(&self.accepted).ok()?).ok()
    }

    /// The number of the next root that may be offered.
    pub(super) fn next_root(&self) -> u64 {
        match self.trusted() {
            Some(Ok(trusted)) => trusted.versions()[0] + 1,
            _ => 2,
        }
    }

    /// Takes over what is offered, if it may be believed at `now`. `offered` holds the roots after the one trusted.
    ///
    /// # Errors
    /// In words: why it is not believed, or could not be kept.
    pub(super) fn accept(&self, mut offered: Metadata, now: Timestamp) -> Result<(), String> {
        let trusted = self.trusted().ok_or(
            "this image was made without a key for releases: write an image that has one to the card",
        )?;
        let trusted = trusted.map_err(|error| host::chain(&error))?;
        trusted
            .advance(&offered, now)
            .map_err(|error| host::chain(&error))?;
        // Kept together with the roots on the way, so that it can be read from the image's root again.
        let mut roots = self.accepted().map(|accepted| accepted.roots).unwrap_or_default();
        roots.append(&mut offered.roots);
        offered.roots = roots;
        let bytes = serde_json::to_vec(&offered).map_err(|error| error.to_string())?;
        if let Some(folder) = self.accepted.parent() {
            fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        }
        write_atomic(&self.accepted, &bytes, 0o644).map_err(|error| host::chain(&error))
    }

    /// The releases that are known.
    pub(super) fn releases(&self) -> Releases {
        match self.trusted() {
            Some(Ok(trusted)) => trusted.releases().clone(),
            _ => Releases::default(),
        }
    }
}

impl ReleaseSource for Trust {
    fn release(&self, version: &ReleaseVersion, kind: &str) -> Option<Release> {
        let fits = |release: &Release| {
            release.version.as_str() == version.as_str() && release.boards.iter().any(|b| b == kind)
        };
        self.releases().releases.into_iter().find(fits)
    }
}
