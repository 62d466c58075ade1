// SPDX-License-Identifier: AGPL-3.0-or-later
//! The board's account at a CA: made once, before any order, and kept.

use crate::{
    ca::{Client, ask},
    order::Failure,
    settings::AcmeSettings,
    store::CertificateStore,
};
use instant_acme::{Account, ExternalAccountKey, Key, NewAccount};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde::{Deserialize, Serialize};

/// What is kept of an account.
#[derive(Serialize, Deserialize)]
struct Stored {
    directory: String,
    /// URL by which the CA knows the account; not there until the CA has answered.
    kid: Option<String>,
    /// PKCS #8, base64.
    key: String,
    /// The address that the CA was told.
    #[serde(default)]
    contact: Option<String>,
    /// Name of the contract's key that it is bound to.
    #[serde(default)]
    contract: Option<String>,
}

/// Loads the account for this CA, or makes one. The key is stored before the CA hears of it: if power fails in
/// between, the same key leads to the same account (RFC 8555 section 7.3.1). Where a contract is bound to the account,
/// the key is made with it, and a cut in between costs a second account of the same contract.
pub(crate) async fn open(
    store: &CertificateStore,
    settings: &AcmeSettings,
    client: &Client,
) -> Result<Account, Failure> {
    let file = file_of(&settings.directory);
    let stored = load(store, &file)?.filter(|stored| stored.directory == settings.directory);
    let bound_by = settings.external_account.as_ref().map(|account| &account.kid);
    let stored = stored
        .filter(|stored| key_of(stored).is_some())
        // Another contract is another account.
        .filter(|stored| bound_by.is_none_or(|kid| stored.contract.as_ref() == Some(kid)));
    let (account, stored) = match stored {
        Some(stored) if stored.kid.is_some() => (reopen(&stored, client).await?, stored),
        stored => register(store, settings, client, stored).await?,
    };
    if stored.contact != settings.contact {
        let contact: Vec<String> = settings
            .contact
            .iter()
            .map(|mail| format!("mailto:{mail}"))
            .collect();
        let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
        ask!(account.update_contacts(&contact))?;
        let contact = settings.contact.clone();
        save(store, &file, &Stored { contact, ..stored })?;
    }
    Ok(account)
}

async fn reopen(stored: &Stored, client: &Client) -> Result<Account, Failure> {
    let kid = stored.kid.clone().unwrap_or_default();
    let key = key_of(stored).ok_or_else(unreadable)?;
    ask!(async {
        Account::builder_with_http(Box::new(client.clone()))
            .from_parts(kid.clone(), key.clone_key(), stored.directory.clone())
            .await
    })
}

async fn register(
    store: &CertificateStore,
    settings: &AcmeSettings,
    client: &Client,
    stored: Option<Stored>,
) -> Result<(Account, Stored), Failure> {
    let file = file_of(&settings.directory);
    let directory = || settings.directory.clone();
    let builder = || Account::builder_with_http(Box::new(client.clone()));
    let made = if let Some(eab) = &settings.external_account {
        let secret = eab
            .secret()
            .ok_or_else(|| Failure::Other("the contract's key is no base64url".into()))?;
        let key = ExternalAccountKey::new(eab.kid.clone(), &secret);
        let new = NewAccount {
            contact: &[],
            terms_of_service_agreed: true,
            only_return_existing: false,
        };
        let made = ask!(builder().create(&new, directory(), Some(&key)));
        made.map_err(Failure::of_contract)?
    } else {
        let stored = if let Some(stored) = stored {
            stored
        } else {
            let (_, key) = Key::generate_pkcs8().map_err(Failure::Ca)?;
            let fresh = Stored {
                directory: directory(),
                kid: None,
                key: data_encoding::BASE64.encode(key.secret_pkcs8_der()),
                contact: None,
                contract: None,
            };
            save(store, &file, &fresh)?;
            fresh
        };
        let pkcs8 = key_of(&stored).ok_or_else(unreadable)?;
        ask!(async {
            let key = Key::from_pkcs8_der(pkcs8.clone_key())?;
            let key = (key, PrivateKeyDer::Pkcs8(pkcs8.clone_key()));
            builder().create_from_key(key, directory()).await
        })?
    };
    let (account, credentials) = made;
    let stored = Stored {
        directory: directory(),
        kid: Some(account.id().to_owned()),
        key: data_encoding::BASE64.encode(credentials.private_key().secret_pkcs8_der()),
        contact: None,
        contract: settings
            .external_account
            .as_ref()
            .map(|account| account.kid.clone()),
    };
    save(store, &file, &stored)?;
    log::info!("the board has an account at {}", settings.directory);
    Ok((account, stored))
}

/// Forgets what the CA called the account, after it said it knows none: the next order registers the key again.
pub(crate) fn forget(store: &CertificateStore, directory: &str) -> Result<(), Failure> {
    let file = file_of(directory);
    match load(store, &file)? {
        Some(stored) => {
            let (kid, contact) = (None, None);
            save(
                store,
                &file,
                &Stored {
                    kid,
                    contact,
                    ..stored
                },
            )
        }
        None => Ok(()),
    }
}

fn load(store: &CertificateStore, file: &str) -> Result<Option<Stored>, Failure> {
    let bytes = store.read(file)?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

fn save(store: &CertificateStore, file: &str, stored: &Stored) -> Result<(), Failure> {
    let json = serde_json::to_vec(stored).map_err(|error| Failure::Other(error.to_string()))?;
    Ok(store.write(file, &json)?)
}

fn key_of(stored: &Stored) -> Option<PrivatePkcs8KeyDer<'static>> {
    let bytes = data_encoding::BASE64.decode(stored.key.as_bytes()).ok()?;
    let key = PrivatePkcs8KeyDer::from(bytes);
    Key::from_pkcs8_der(key.clone_key()).is_ok().then_some(key)
}

fn unreadable() -> Failure {
    Failure::Other("the account's key cannot be used".into())
}

/// One file per CA. A hash, because a URL is no file name.
fn file_of(directory: &str) -> String {
    let hash = ring::digest::digest(&ring::digest::SHA256, directory.as_bytes());
    format!(
        "account-{}.json",
        data_encoding::HEXLOWER.encode(&hash.as_ref()[..8])
    )
}
