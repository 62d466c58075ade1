// SPDX-License-Identifier: AGPL-3.0-or-later
//! The board's own certificate authority, for names and addresses that no public CA can know.
//!
//! Members install its certificate once. It is constrained (RFC 5280 section 4.2.1.10) to `.local` names and
//! private addresses, so that whoever steals its key cannot pose as anybody's bank.

use crate::{
    leaf::{Leaf, Validity},
    store::{CertificateStore, TlsError},
};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType, date_time_ymd,
};
use ring::digest;
use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};
use types::{BoardName, Timestamp};

const DAY: Duration = Duration::from_hours(24);
/// 2020-01-01: boards start with clocks that are years behind, and so may a member's old device.
const CA_NOT_BEFORE: (i32, u8, u8) = (2020, 1, 1);
const CA_LIFE: Duration = DAY.saturating_mul(3653);
/// 2026-11-01: no board runs before this software was written. A clock that says so is wrong.
pub(crate) const EARLIEST: Timestamp = Timestamp(1_793_491_200);
/// A leaf begins this long before it is made, and ends this long after: 390 days together, below the 397 that
/// clients take from public CAs and the 825 that Apple takes from private ones.
const BACK_SECONDS: i64 = 60 * 24 * 3600;
const AHEAD: Duration = DAY.saturating_mul(330);
/// Certificate and key of the authority, in one file so that they cannot come apart.
const FILE: &str = "authority.pem";

/// Private, loopback and link-local ranges (RFC 1918, 6598, 3927, 4193, 4291), with their prefix lengths.
const V4: [([u8; 4], u8); 6] = [
    ([10, 0, 0, 0], 8),
    ([172, 16, 0, 0], 12),
    ([192, 168, 0, 0], 16),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([100, 64, 0, 0], 10),
];
const V6: [(Ipv6Addr, u8); 3] = [
    (Ipv6Addr::LOCALHOST, 128),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
];

/// The board's own certificate authority: ECDSA P-256, made once, valid for ten years.
pub struct LocalAuthority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    leaves: CertificateStore,
}

impl LocalAuthority {
    /// Loads the authority from `store`, or makes one named after `board`. It keeps its name when the board is
    /// renamed later, so that members need not install it again. A file that cannot be read as an authority is kept
    /// beside the new one, as `authority.pem.damaged`.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn open(store: &CertificateStore, board: &BoardName, now: Timestamp) -> Result<Self, TlsError> {
        if let Some(stored) = store.read(FILE)? {
            match load(&stored) {
                Ok((issuer, pem)) => return Self::with(store, issuer, pem),
                Err(error) => {
                    log::error!("the local authority cannot be read, a new one is made: {error}");
                    store.write("authority.pem.damaged", &stored)?;
                }
            }
        }
        Self::replace(store, &make(board, now)?)
    }

    /// Puts another authority, key and certificate in PEM, in the place of the one that is stored.
    ///
    /// # Errors
    /// When it cannot be used or stored; the old one is then still in place.
    pub(crate) fn replace(store: &CertificateStore, made: &str) -> Result<Self, TlsError> {
        let (issuer, pem) = load(made.as_bytes())?;
        store.write(FILE, made.as_bytes())?;
        Self::with(store, issuer, pem)
    }

    /// Removes what this authority has certified, with the keys.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub(crate) fn forget_leaves(&self, store: &CertificateStore) -> Result<(), TlsError> {
        store.below("local")?.remove_below(&id(&self.pem))
    }

    fn with(
        store: &CertificateStore,
        issuer: Issuer<'static, KeyPair>,
        pem: String,
    ) -> Result<Self, TlsError> {
        // Leaves of another authority are never found again.
        let leaves = store.below("local")?.below(&id(&pem))?;
        Ok(Self { issuer, pem, leaves })
    }

    /// The authority's certificate, to be installed by members.
    pub fn ca_pem(&self) -> &str {
        &self.pem
    }

    /// The leaf stored as `file`, if it is still right; else a new one, stored. Names that are not local and
    /// addresses that are not private are left out: one of them would spoil the whole certificate.
    ///
    /// # Errors
    /// When it cannot be made or stored.
    pub(crate) fn leaf(
        &self,
        file: &str,
        names: &BTreeSet<String>,
        addresses: &BTreeSet<IpAddr>,
        now: Timestamp,
    ) -> Result<Leaf, TlsError> {
        let names = names.iter().filter(|name| is_local(name)).cloned();
        let addresses = addresses
            .iter()
            .map(IpAddr::to_canonical)
            .filter(|address| is_private(*address));
        let wanted: BTreeSet<String> = names
            .chain(addresses.map(|address| address.to_string()))
            .collect();
        let file = format!("{file}.pem");
        let stored = self
            .leaves
            .read(&file)?
            .and_then(|pem| Leaf::parse(&file, &pem).ok());
        if let Some(leaf) = stored
            && leaf.covers.iter().collect::<BTreeSet<_>>() == wanted.iter().collect()
            && !is_due(&leaf.validity, now)
        {
            return Ok(leaf);
        }
        let pem = self.issue(&wanted, now).map_err(|source| TlsError::Make {
            name: file.clone(),
            source,
        })?;
        self.leaves.write(&file, pem.as_bytes())?;
        Leaf::parse(&file, pem.as_bytes())
    }

    /// Key and chain of the leaf stored as `file`, in PEM.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn stored(&self, file: &str) -> Result<Option<Vec<u8>>, TlsError> {
        self.leaves.read(&format!("{file}.pem"))
    }

    /// Addresses on the leaf stored as `file`: those the board had when it was switched off.
    pub(crate) fn stored_addresses(&self, file: &str) -> BTreeSet<IpAddr> {
        let file = format!("{file}.pem");
        let stored = self
            .leaves
            .read(&file)
            .ok()
            .flatten()
            .and_then(|pem| Leaf::parse(&file, &pem).ok());
        let covers = stored.map(|leaf| leaf.covers).unwrap_or_default();
        covers.iter().filter_map(|name| name.parse().ok()).collect()
    }

    fn issue(&self, covers: &BTreeSet<String>, now: Timestamp) -> Result<String, rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        let base = now.max(EARLIEST);
        params.not_before = date_time_ymd(1970, 1, 1) + since_1970(Timestamp(base.0 - BACK_SECONDS));
        params.not_after = date_time_ymd(1970, 1, 1) + (since_1970(base) + AHEAD);
        params.distinguished_name = rcgen::DistinguishedName::new();
        if let Some(name) = covers.iter().find(|name| is_local(name) && name.len() <= 64) {
            params.distinguished_name.push(DnType::CommonName, name.as_str());
        }
        for name in covers {
            params.subject_alt_names.push(match name.parse::<IpAddr>() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName(name.as_str().try_into()?),
            });
        }
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(key.serialize_pem() + &certificate.pem() + &self.pem)
    }
}

/// Whether a local leaf is to be made anew: at two thirds of its life, or when the clock was set to before its start.
pub(crate) fn is_due(validity: &Validity, now: Timestamp) -> bool {
    let now = now.max(EARLIEST);
    let life = validity.not_after.0 - validity.not_before.0;
    now < validity.not_before || now.0 >= validity.not_before.0 + life / 3 * 2
}

/// Names the folder of an authority's leaves.
fn id(pem: &str) -> String {
    let digest = digest::digest(&digest::SHA256, pem.as_bytes());
    data_encoding::HEXLOWER.encode(&digest.as_ref()[..8])
}

/// Makes an authority: key and certificate in PEM. Its name says from when it is, so that two of a board can be told
/// apart in a list.
///
/// # Errors
/// When there is no randomness.
pub(crate) fn make(board: &BoardName, now: Timestamp) -> Result<String, TlsError> {
    let day = jiff::Timestamp::from_second(now.max(EARLIEST).0).unwrap_or_default();
    let name = format!("{board} local authority, {}", day.strftime("%Y-%m-%d"));
    generate(&name, now).map_err(|source| TlsError::Make { name, source })
}

fn generate(name: &str, now: Timestamp) -> Result<String, rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    let (year, month, day) = CA_NOT_BEFORE;
    params.not_before = date_time_ymd(year, month, day);
    params.not_after = date_time_ymd(1970, 1, 1) + (since_1970(now.max(EARLIEST)) + CA_LIFE);
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let names = ["local", "localhost"].map(|name| GeneralSubtree::DnsName(name.into()));
    let v4 =
        V4.map(|(address, prefix)| GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix(address, prefix)));
    let v6 = V6.map(|(address, prefix)| {
        GeneralSubtree::IpAddress(CidrSubnet::from_v6_prefix(address.octets(), prefix))
    });
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: names.into_iter().chain(v4).chain(v6).collect(),
        excluded_subtrees: Vec::new(),
    });
    let certificate = params.self_signed(&key)?;
    Ok(key.serialize_pem() + &certificate.pem())
}

fn load(stored: &[u8]) -> Result<(Issuer<'static, KeyPair>, String), TlsError> {
    let unusable = |reason: String| TlsError::Unusable {
        name: "the local authority".into(),
        reason,
    };
    let text = std::str::from_utf8(stored).map_err(|error| unusable(error.to_string()))?;
    let start = text
        .find("-----BEGIN CERTIFICATE")
        .ok_or_else(|| unusable("no certificate".into()))?;
    let (key, pem) = text.split_at(start);
    let key = KeyPair::from_pem(key).map_err(|error| unusable(error.to_string()))?;
    let issuer = Issuer::from_ca_cert_pem(pem, key).map_err(|error| unusable(error.to_string()))?;
    // Also checks that the key is the certificate's.
    Leaf::parse("the local authority", stored)?;
    Ok((issuer, pem.to_owned()))
}

/// Whether the authority may certify this name: `*.local` or `localhost`, and usable as a file name.
pub(crate) fn is_local(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let labels = || {
        name.split('.')
            .all(|label| (1..=63).contains(&label.len()) && label.bytes().all(plain))
    };
    name.len() <= 253 && (name == "localhost" || name.strip_suffix(".local").is_some()) && labels()
}

fn is_private(address: IpAddr) -> bool {
    let within = |bits: u128, network: u128, prefix: u8, width: u8| {
        let shift = u32::from(width - prefix);
        bits >> shift == network >> shift
    };
    match address {
        IpAddr::V4(four) => V4.iter().any(|(network, prefix)| {
            within(
                four.to_bits().into(),
                u32::from_be_bytes(*network).into(),
                *prefix,
                32,
            )
        }),
        IpAddr::V6(six) => V6
            .iter()
            .any(|(network, prefix)| within(six.to_bits(), network.to_bits(), *prefix, 128)),
    }
}

/// The time from 1970 to `at`, to be added to a date of the library's own type.
fn since_1970(at: Timestamp) -> Duration {
    at.since(Timestamp(0))
}
