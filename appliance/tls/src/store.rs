// SPDX-License-Identifier: AGPL-3.0-or-later
//! The folder that keys and certificates live in.

use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

/// What can go wrong here.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The folder could not be made private.
    #[error("making {path} a private folder")]
    Folder {
        /// Folder.
        path: PathBuf,
        /// Cause.
        #[source]
        source: io::Error,
    },
    /// A file could not be read.
    #[error("reading {path}")]
    Read {
        /// File.
        path: PathBuf,
        /// Cause.
        #[source]
        source: io::Error,
    },
    /// A file could not be written.
    #[error("writing {path}")]
    Write {
        /// File.
        path: PathBuf,
        /// Cause.
        #[source]
        source: io::Error,
    },
    /// A certificate could not be made.
    #[error("making a certificate for {name}")]
    Make {
        /// For whom.
        name: String,
        /// Cause.
        #[source]
        source: rcgen::Error,
    },
    /// A certificate or key could not be used.
    #[error("the certificate for {name} cannot be used: {reason}")]
    Unusable {
        /// For whom.
        name: String,
        /// Why.
        reason: String,
    },
    /// The TLS library refused its settings.
    #[error("setting up TLS")]
    Tls(#[from] rustls::Error),
}

/// A folder (0700) of small files (0600), each written whole or not at all.
#[derive(Clone, Debug)]
pub struct CertificateStore {
    folder: PathBuf,
}

impl CertificateStore {
    /// Opens `folder`, making it if it is not there, and takes it away from everybody else.
    ///
    /// # Errors
    /// [`TlsError::Folder`].
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, TlsError> {
        let folder = folder.into();
        private_folder(&folder).map_err(|source| TlsError::Folder {
            path: folder.clone(),
            source,
        })?;
        Ok(Self { folder })
    }

    /// A store in a folder below.
    ///
    /// # Errors
    /// [`TlsError::Folder`].
    pub fn below(&self, name: &str) -> Result<Self, TlsError> {
        Self::open(self.folder.join(name))
    }

    /// Reads a file; `None` when it is not there.
    ///
    /// # Errors
    /// [`TlsError::Read`].
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, TlsError> {
        let path = self.folder.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(TlsError::Read { path, source }),
        }
    }

    /// Writes a file so that after a power cut either the old or the new content is there.
    ///
    /// # Errors
    /// [`TlsError::Write`]; the old content is then still in place.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), TlsError> {
        let path = self.folder.join(name);
        write_atomic(&self.folder, &path, bytes).map_err(|source| TlsError::Write { path, source })
    }

    /// Removes a file; it is fine if it is not there.
    ///
    /// # Errors
    /// [`TlsError::Write`].
    pub fn remove(&self, name: &str) -> Result<(), TlsError> {
        let path = self.folder.join(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(TlsError::Write { path, source }),
            _ => Ok(()),
        }
    }

    /// Removes a store below, with all that is in it; it is fine if it is not there.
    ///
    /// # Errors
    /// [`TlsError::Write`].
    pub fn remove_below(&self, name: &str) -> Result<(), TlsError> {
        let path = self.folder.join(name);
        match fs::remove_dir_all(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(TlsError::Write { path, source }),
            _ => Ok(()),
        }
    }
}

fn private_folder(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

fn write_atomic(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".new");
    let temporary = PathBuf::from(temporary);
    // A leftover of a power cut may have other rights: start anew.
    let _ = fs::remove_file(&temporary);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_can_read_what_is_stored() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("tls");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(folder.join("key.new"), "leftover").unwrap();
        let store = CertificateStore::open(&folder).unwrap();
        store.write("key", b"secret").unwrap();
        store.write("key", b"newer").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&folder.join("key")), 0o600);
        assert_eq!(store.read("key").unwrap().unwrap(), b"newer");
        assert!(!folder.join("key.new").exists());
        store.remove("key").unwrap();
        store.remove("key").unwrap();
        assert_eq!(store.read("key").unwrap(), None);
    }

    #[test]
    fn an_error_names_the_file() {
        let home = tempfile::tempdir().unwrap();
        let store = CertificateStore::open(home.path()).unwrap();
        fs::create_dir(home.path().join("key")).unwrap();
        let error = store.write("key", b"x").unwrap_err();
        assert!(error.to_string().ends_with("/key"), "{error}");
    }
}
