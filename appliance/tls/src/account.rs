// SPDX-License-Identifier: AGPL-3.0-or-later
//! The board's account at a CA: made once, before any order, and kept.

use crate::{ca::ask, order::Failure, settings::AcmeSettings, store::CertificateStore};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use rustls::ClientConfig;
use rustls_acme::acme::{Account, Directory};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is kept of an account.
#[derive(Serialize, Deserialize)]
struct Stored {
    directory: String,
    /// URL by which the CA knows the account; not there until the CA has answered.
    kid: Option<String>,
    /// PKCS #8, base64.
    key: String,
}

/// An account that is ready for orders.
pub(crate) struct OpenAccount {
    pub(crate) account: Account,
    pub(crate) client: Arc<ClientConfig>,
}

/// Loads the account for this CA, or makes one. The key is stored before the CA hears of it: if power fails in
/// between, the same key leads to the same account (RFC 8555 section 7.3.1).
pub(crate) async fn open(
    store: &CertificateStore,
    settings: &AcmeSettings,
    client: Arc<ClientConfig>,
) -> Result<OpenAccount, Failure> {
    let file = file_of(&settings.directory);
    let directory = ask(|| Directory::discover(&client, &settings.directory)).await?;
    let stored = store
        .read(&file)?
        .and_then(|bytes| serde_json::from_slice::<Stored>(&bytes).ok());
    let mut stored = match stored {
        Some(stored) if stored.directory == settings.directory && key_of(&stored).is_some() => stored,
        _ => {
            let key = data_encoding::BASE64.encode(&Account::generate_key_pair());
            let fresh = Stored {
                directory: settings.directory.clone(),
                kid: None,
                key,
            };
            save(store, &file, &fresh)?;
            fresh
        }
    };
    let key = key_of(&stored).ok_or_else(|| Failure::Other("the account's key cannot be read".into()))?;
    if let Some(kid) = stored.kid {
        let key_pair = pair(&key).ok_or_else(|| Failure::Other("the account's key cannot be used".into()))?;
        return Ok(OpenAccount {
            account: Account {
                key_pair,
                directory,
                kid,
            },
            client,
        });
    }
    let contact: Vec<String> = settings
        .contact
        .iter()
        .map(|mail| format!("mailto:{mail}"))
        .collect();
    let account = ask(|| Account::create_with_keypair(&client, directory.clone(), &contact, &key)).await?;
    stored.kid = Some(account.kid.clone());
    save(store, &file, &stored)?;
    log::info!("the board has an account at {}", settings.directory);
    Ok(OpenAccount { account, client })
}

/// Forgets what the CA called the account, after it said it knows none: the next order registers the key again.
pub(crate) fn forget(store: &CertificateStore, settings: &AcmeSettings) -> Result<(), Failure> {
    let file = file_of(&settings.directory);
    let stored = store
        .read(&file)?
        .and_then(|bytes| serde_json::from_slice::<Stored>(&bytes).ok());
    match stored {
        Some(stored) => save(store, &file, &Stored { kid: None, ..stored }),
        None => Ok(()),
    }
}

fn save(store: &CertificateStore, file: &str, stored: &Stored) -> Result<(), Failure> {
    let json = serde_json::to_vec(stored).map_err(|error| Failure::Other(error.to_string()))?;
    Ok(store.write(file, &json)?)
}

fn key_of(stored: &Stored) -> Option<Vec<u8>> {
    data_encoding::BASE64
        .decode(stored.key.as_bytes())
        .ok()
        .filter(|key| pair(key).is_some())
}

fn pair(key: &[u8]) -> Option<EcdsaKeyPair> {
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key, &SystemRandom::new()).ok()
}

/// One file per CA. A hash, because a URL is no file name.
fn file_of(directory: &str) -> String {
    let hash = ring::digest::digest(&ring::digest::SHA256, directory.as_bytes());
    format!(
        "account-{}.json",
        data_encoding::HEXLOWER.encode(&hash.as_ref()[..8])
    )
}
