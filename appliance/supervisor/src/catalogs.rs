// SPDX-License-Identifier: AGPL-3.0-or-later
//! The signed catalogs on this board, verified and parsed: the one that came with the image, and newer ones.
//!
//! What already runs goes on running from an expired catalog; only new things are refused, because a board without
//! network must not stop serving its members.

use arc_swap::ArcSwap;
use host::{EntrySource, Layout};
use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc};
use types::{Catalog, CatalogEntry, Digest, Language, Manifest, ServiceName, Timestamp};

/// A service of a catalog.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What names this version.
    pub digest: Digest,
    /// As signed.
    pub catalog: CatalogEntry,
    /// Its manifest, parsed.
    pub manifest: Manifest,
}

/// All catalogs that verify.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Every entry of every catalog.
    entries: BTreeMap<(ServiceName, Digest), Arc<Entry>>,
    /// What is offered: the entries of the newest catalog.
    current: BTreeMap<ServiceName, Arc<Entry>>,
    /// Version of the newest catalog; 0 without one.
    pub version: u64,
    /// When the newest catalog was made.
    pub created: Timestamp,
    /// When the newest catalog expires.
    pub expires: Timestamp,
    /// Why a catalog was refused, in words; it was left aside and nothing else changed.
    pub problems: Vec<String>,
}

impl Loaded {
    /// What is offered, by name.
    pub fn current(&self) -> &BTreeMap<ServiceName, Arc<Entry>> {
        &self.current
    }

    /// A version of a service.
    pub fn entry(&self, service: &ServiceName, digest: &Digest) -> Option<&Arc<Entry>> {
        self.entries.get(&(service.clone(), digest.clone()))
    }

    /// What people call a service: its title, or its name when the catalog no longer has it.
    pub fn title(&self, service: &ServiceName, language: Language) -> String {
        self.current.get(service).map_or_else(
            || service.to_string(),
            |entry| entry.manifest.service.title.get(language).to_owned(),
        )
    }

    /// Whether new things may be taken from it.
    pub fn is_current(&self, now: Timestamp) -> bool {
        now < self.expires
    }

    /// Entries that were not signed: for tests of everything behind the signature.
    pub fn danger_unsigned(catalogs: Vec<Catalog>) -> Self {
        let mut loaded = Self::default();
        for catalog in catalogs {
            loaded.add(&catalog);
        }
        loaded
    }

    fn add(&mut self, catalog: &Catalog) {
        let mut current = BTreeMap::new();
        for (name, entry) in &catalog.services {
            let manifest = match entry.manifest() {
                Ok(manifest) if manifest.service.name == *name => manifest,
                Ok(_) => {
                    self.problems.push(format!(
                        "the catalog calls a service {name} that calls itself otherwise"
                    ));
                    continue;
                }
                Err(error) => {
                    self.problems.push(format!(
                        "{name} in the catalog cannot be used by this release: {error}"
                    ));
                    continue;
                }
            };
            let digest = release::entry_digest(entry);
            let entry = Arc::new(Entry {
                digest: digest.clone(),
                catalog: entry.clone(),
                manifest,
            });
            self.entries.insert((name.clone(), digest), Arc::clone(&entry));
            current.insert(name.clone(), entry);
        }
        if catalog.version > self.version {
            self.version = catalog.version;
            self.created = catalog.created;
            self.expires = catalog.expires;
            self.current = current;
        }
    }
}

/// The catalogs of a board. All clones of the `Arc` see a reload at once.
pub struct Catalogs {
    folders: Vec<PathBuf>,
    key: PathBuf,
    loaded: ArcSwap<Loaded>,
}

impl Catalogs {
    /// Reads and verifies the catalogs below this layout.
    pub fn load(layout: &Layout) -> Self {
        let catalogs = Self {
            folders: layout.bundle_folders().to_vec(),
            key: layout.catalog_key(),
            loaded: ArcSwap::default(),
        };
        catalogs.reload();
        catalogs
    }

    /// Catalogs that are handed in: for tests.
    pub fn fixed(loaded: Loaded) -> Self {
        Self {
            folders: Vec::new(),
            key: PathBuf::new(),
            loaded: ArcSwap::from_pointee(loaded),
        }
    }

    /// What verified at the last (re)load.
    pub fn get(&self) -> Arc<Loaded> {
        self.loaded.load_full()
    }

    /// Replaces what is loaded: for tests.
    pub fn set(&self, loaded: Loaded) {
        self.loaded.store(Arc::new(loaded));
    }

    /// Reads the folders again. A catalog that does not verify is left aside with a problem; the others stay.
    pub fn reload(&self) {
        if self.folders.is_empty() {
            return;
        }
        let mut loaded = Loaded::default();
        let text = fs::read_to_string(&self.key).map_err(|error| error.to_string());
        let key = text.and_then(|text| {
            text.trim()
                .parse()
                .map_err(|error: release::KeyError| error.to_string())
        });
        let key: release::PublicKey = match key {
            Ok(key) => key,
            Err(error) => {
                let path = self.key.display();
                loaded
                    .problems
                    .push(format!("the catalogs' public key {path} cannot be used: {error}"));
                self.loaded.store(Arc::new(loaded));
                return;
            }
        };
        for folder in self
            .folders
            .iter()
            .filter(|folder| folder.join(release::CATALOG_FILE).exists())
        {
            match release::load_folder(folder, &key) {
                Ok(catalog) => loaded.add(&catalog),
                Err(error) => {
                    let reason = host::chain(&error);
                    log::warn!("the catalog in {} is refused: {reason}", folder.display());
                    loaded.problems.push(reason);
                }
            }
        }
        self.loaded.store(Arc::new(loaded));
    }
}

impl EntrySource for Catalogs {
    fn entry(&self, service: &ServiceName, digest: &Digest) -> Option<CatalogEntry> {
        let find = || {
            self.get()
                .entry(service, digest)
                .map(|entry| entry.catalog.clone())
        };
        find().or_else(|| {
            self.reload();
            find()
        })
    }
}

/// Catalogs that are shared between the supervisor and its host in one process (tests).
pub struct SharedCatalogs(pub Arc<Catalogs>);

impl EntrySource for SharedCatalogs {
    fn entry(&self, service: &ServiceName, digest: &Digest) -> Option<CatalogEntry> {
        self.0.entry(service, digest)
    }
}
