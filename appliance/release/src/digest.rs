// SPDX-License-Identifier: AGPL-3.0-or-later
//! SHA-256 of files, read piece by piece.

use ring::digest::{Context, SHA256};
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};
use types::{Digest, catalog::Bundle};

/// Why a bundle image is not mounted.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It could not be read.
    #[error("cannot read the bundle {path}: fetch it again")]
    Read {
        /// The image.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Its size is not what was signed.
    #[error(
        "the bundle {path} has {found} bytes instead of {expected}: it is damaged or incomplete, fetch it again"
    )]
    Size {
        /// The image.
        path: PathBuf,
        /// Bytes there.
        found: u64,
        /// Bytes signed.
        expected: u64,
    },
    /// Its bytes are not what was signed.
    #[error("the bundle {path} is not what the catalog names: it is damaged or was changed, fetch it again")]
    Digest {
        /// The image.
        path: PathBuf,
    },
}

pub(crate) fn finish(context: Context) -> Digest {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    Digest::from_bytes(&bytes)
}

/// The SHA-256 and the size in bytes of a file of any length.
///
/// # Errors
/// When it cannot be read.
pub fn digest_file(path: &Path) -> io::Result<(Digest, u64)> {
    digest_reader(File::open(path)?)
}

fn digest_reader(mut reader: impl Read) -> io::Result<(Digest, u64)> {
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; 128 * 1024];
    let mut size = 0;
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok((finish(context), size)),
            Ok(length) => {
                context.update(&buffer[..length]);
                size += length as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Whether the file is the very image the catalog names.
///
/// # Errors
/// When it cannot be read, or size or digest differ. The size is compared first: an incomplete copy is found at once.
pub fn verify_bundle(path: &Path, bundle: &Bundle) -> Result<(), BundleError> {
    let read = |source| BundleError::Read {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(read)?;
    let wrong_size = |found| BundleError::Size {
        path: path.to_owned(),
        found,
        expected: bundle.size,
    };
    let length = file.metadata().map_err(read)?.len();
    if length != bundle.size {
        return Err(wrong_size(length));
    }
    let (digest, size) = digest_reader(file.take(bundle.size)).map_err(read)?;
    if size != bundle.size {
        return Err(wrong_size(size));
    }
    if digest != bundle.digest {
        return Err(BundleError::Digest {
            path: path.to_owned(),
        });
    }
    Ok(())
}
