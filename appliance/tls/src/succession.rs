// SPDX-License-Identifier: AGPL-3.0-or-later
//! How another local authority follows this one: because its key may have been seen, or its ten years are nearly over.
//!
//! Devices trust a root only once a person has installed it. So the next one is made and shown first, members install
//! it beside the old one, and at a set moment the board changes over; nobody who did so sees a warning. The old key is
//! then gone from the board, its certificate is kept to be shown: devices should forget it.
//!
//! The old authority cannot vouch for the new one, because it may certify no authorities (path length 0), and whoever
//! stole its key could do as much.

use crate::{
    TlsError,
    authority::{self, LocalAuthority},
    certificates::{Certificates, Inner},
    store::CertificateStore,
};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, MutexGuard, PoisonError};
use types::Timestamp;

/// Key, certificate and time of the next authority, in one file so that they cannot come apart.
const NEXT: &str = "authority-next.json";
/// Certificate of the one before, and when it was followed.
const FORMER: &str = "authority-former.json";

/// The root of an authority that is not in force, in PEM, and when the change is, or was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherRoot {
    /// Its certificate.
    pub pem: String,
    /// When the board changes over to it, or when it changed over from it.
    pub at: Timestamp,
}

/// Who follows and who went before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Succession {
    /// The next authority: to be installed before the board changes over.
    pub next: Option<OtherRoot>,
    /// The one before.
    pub former: Option<OtherRoot>,
}

/// The next authority as it is stored: with its key.
#[derive(Serialize, Deserialize)]
struct Stored {
    pem: String,
    at: Timestamp,
}

impl Succession {
    /// Loads it. What a power cut left half done is ended: `current` is the certificate of the authority in force.
    pub(crate) fn load(store: &CertificateStore, current: &str) -> Result<Self, TlsError> {
        let next = read::<Stored>(store, NEXT)?.map(|stored| OtherRoot {
            pem: certificate_of(&stored.pem).to_owned(),
            at: stored.at,
        });
        let former = read::<OtherRoot>(store, FORMER)?.filter(|former| former.pem != current);
        if next.as_ref().is_some_and(|next| next.pem == current) {
            store.remove(NEXT)?;
            return Ok(Self { next: None, former });
        }
        Ok(Self { next, former })
    }
}

/// A file that cannot be read counts as absent.
fn read<T: for<'a> Deserialize<'a>>(store: &CertificateStore, file: &str) -> Result<Option<T>, TlsError> {
    let Some(bytes) = store.read(file)? else {
        return Ok(None);
    };
    Ok(serde_json::from_slice(&bytes)
        .inspect_err(|error| log::error!("{file} cannot be read: {error}"))
        .ok())
}

fn write(store: &CertificateStore, file: &str, content: &impl Serialize) -> Result<(), TlsError> {
    // Texts and numbers: this cannot fail.
    store.write(file, &serde_json::to_vec(content).unwrap_or_default())
}

fn certificate_of(stored: &str) -> &str {
    let start = stored.find("-----BEGIN CERTIFICATE").unwrap_or(0);
    &stored[start..]
}

impl Certificates {
    /// Who follows the local authority and who went before.
    pub fn succession(&self) -> Succession {
        self.inner.succession().clone()
    }

    /// Lets another authority follow at `at`: makes it, or, if there is one already, sets another time. A time that has
    /// come means at once.
    ///
    /// # Errors
    /// When it cannot be made or stored; the one in force then stays.
    pub fn renew_authority(&self, at: Timestamp) -> Result<(), TlsError> {
        let inner = &self.inner;
        let mut succession = inner.succession();
        let pem = match read::<Stored>(&inner.root, NEXT)? {
            Some(stored) => stored.pem,
            None => authority::make(&inner.board(), (inner.clock)())?,
        };
        let root = certificate_of(&pem).to_owned();
        write(&inner.root, NEXT, &Stored { pem, at })?;
        succession.next = Some(OtherRoot { pem: root, at });
        drop(succession);
        inner.changed();
        inner.succeed_if_due()
    }

    /// Forgets the next authority. `false`: there was none.
    ///
    /// # Errors
    /// When its file cannot be removed.
    pub fn keep_authority(&self) -> Result<bool, TlsError> {
        let mut succession = self.inner.succession();
        self.inner.root.remove(NEXT)?;
        let was = succession.next.take().is_some();
        drop(succession);
        self.inner.changed();
        Ok(was)
    }
}

impl Inner {
    pub(crate) fn succession(&self) -> MutexGuard<'_, Succession> {
        self.succession.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes over to the next authority when its time has come: local certificates are made anew by it.
    ///
    /// # Errors
    /// When something cannot be read, made or stored. It is taken up again at the next time, or start.
    pub(crate) fn succeed_if_due(&self) -> Result<(), TlsError> {
        let now = (self.clock)();
        let mut succession = self.succession();
        if succession.next.as_ref().is_none_or(|next| next.at > now) {
            return Ok(());
        }
        let Some(stored) = read::<Stored>(&self.root, NEXT)? else {
            succession.next = None;
            return Ok(());
        };
        let before = self.authority.load_full();
        let former = OtherRoot {
            pem: before.ca_pem().to_owned(),
            at: now,
        };
        write(&self.root, FORMER, &former)?;
        // From here on it is done, whatever happens.
        let next = LocalAuthority::replace(&self.root, &stored.pem)?;
        self.root.remove(NEXT)?;
        self.authority.store(Arc::new(next));
        *succession = Succession {
            next: None,
            former: Some(former),
        };
        drop(succession);
        log::info!("another local authority is in force");
        self.refresh_local()?;
        before.forget_leaves(&self.root)
    }
}
