// SPDX-License-Identifier: AGPL-3.0-or-later
//! What checks are called, and what they are about.

use crate::i18n::T;
use types::Language;

/// What a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// The way to the internet and back.
    Network,
    /// Domains and certificates.
    Names,
    /// The hardware, and what it has left.
    Machine,
    /// Services and their versions.
    Services,
    /// Copies of the data.
    Data,
    /// Other boards.
    Peers,
    /// The people, and the board's own records.
    Cooperative,
}

impl Area {
    /// In the order they are shown.
    pub const ALL: [Self; 7] = [
        Self::Network,
        Self::Names,
        Self::Machine,
        Self::Services,
        Self::Data,
        Self::Peers,
        Self::Cooperative,
    ];

    /// The word for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Names => "names",
            Self::Machine => "machine",
            Self::Services => "services",
            Self::Data => "data",
            Self::Peers => "peers",
            Self::Cooperative => "cooperative",
        }
    }

    pub(crate) fn title(self, t: T) -> &'static str {
        match self {
            Self::Network => t.check_area_network(),
            Self::Names => t.check_area_names(),
            Self::Machine => t.check_area_machine(),
            Self::Services => t.check_area_services(),
            Self::Data => t.check_area_data(),
            Self::Peers => t.check_area_peers(),
            Self::Cooperative => t.check_area_cooperative(),
        }
    }
}

/// One function a check: what it is called, in a language.
macro_rules! titles {
    ($($(#[$doc:meta])* $name:ident => $text:ident),* $(,)?) => {
        /// What each check is called.
        pub mod title {
            use super::{Language, T};
            $($(#[$doc])* pub fn $name(language: Language) -> &'static str {
                T(language).$text()
            })*
        }
    };
}

titles! {
    /// The public address.
    address => check_address,
    /// The audit log.
    audit => check_audit,
    /// Backups elsewhere.
    backups => check_backups,
    /// The catalog of services.
    catalog => check_catalog,
    /// Certificates.
    certificates => check_certificates,
    /// The clock.
    clock => check_clock,
    /// DNS.
    dns => check_dns,
    /// Storage.
    disk => check_disk,
    /// The host process.
    host => check_host,
    /// The way round, at home.
    hairpin => check_hairpin,
    /// The connection to the router.
    link => check_link,
    /// Memory.
    memory => check_memory,
    /// Other boards.
    peers => check_peers,
    /// Ports from outside.
    ports => check_ports,
    /// The power supply.
    power => check_power,
    /// The cooperative's profile.
    profile => check_profile,
    /// How long domains are paid for.
    registration => check_registration,
    /// Services.
    services => check_services,
    /// Stewards.
    stewards => check_stewards,
    /// Health of the card or disk.
    storage => check_storage,
    /// Temperature.
    temperature => check_temperature,
    /// Updates of services.
    updates => check_updates,
}
