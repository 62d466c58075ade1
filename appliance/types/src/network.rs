// SPDX-License-Identifier: AGPL-3.0-or-later
//! How a board joins its network, where that is not just a cable and DHCP.

use serde::{Deserialize, Serialize};
use std::{fmt, net::IpAddr, str::FromStr};

/// The network a board joins. Empty: any cable, and an address by DHCP.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Network {
    /// A wireless network to join, beside the cable.
    pub wifi: Option<Wifi>,
    /// A fixed address instead of one by DHCP: of the wireless network when there is one, or else of the cable.
    pub fixed: Option<FixedAddress>,
}

/// A wireless network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wifi {
    /// Where the board stands: it decides which channels may be used.
    pub country: Country,
    /// The network's name.
    pub name: WifiName,
    /// Its password; `None` for an open network.
    #[serde(default)]
    pub password: Option<WifiPassword>,
}

/// An address that does not change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixedAddress {
    /// With the length of the network's prefix: `192.168.1.20/24`.
    pub address: AddressWithPrefix,
    /// The way out.
    #[serde(default)]
    pub gateway: Option<IpAddr>,
    /// Who is asked for names.
    #[serde(default)]
    pub dns: Vec<IpAddr>,
}

/// Why a text is none of these. The message says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// Not a country.
    #[error("the country is two capital letters, such as DE")]
    Country,
    /// Not the name of a wireless network.
    #[error("the name of a wireless network has 1 to 32 bytes and no line break")]
    WifiName,
    /// Not a password for one.
    #[error("the password of a wireless network has 8 to 63 ASCII characters")]
    WifiPassword,
    /// Not an address with prefix.
    #[error("an address is written with the length of its prefix, such as 192.168.1.20/24")]
    Address,
}

macro_rules! text {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = NetworkError;
            fn try_from(text: String) -> Result<Self, NetworkError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl $name {
            /// As text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

/// A country's two letters (ISO 3166-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country(String);
text!(Country);

impl FromStr for Country {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let right = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        right.then(|| Self(text.into())).ok_or(NetworkError::Country)
    }
}

/// The name of a wireless network (SSID), UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WifiName(String);
text!(WifiName);

impl FromStr for WifiName {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let right = (1..=32).contains(&text.len()) && !text.contains(char::is_control);
        right.then(|| Self(text.into())).ok_or(NetworkError::WifiName)
    }
}

/// The password of a wireless network (WPA passphrase). It is not shown when it is printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WifiPassword(String);
text!(WifiPassword);

impl FromStr for WifiPassword {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let right = (8..=63).contains(&text.len()) && text.bytes().all(|b| (b' '..=b'~').contains(&b));
        right.then(|| Self(text.into())).ok_or(NetworkError::WifiPassword)
    }
}

impl fmt::Debug for WifiPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WifiPassword(…)")
    }
}

/// An IP address and the length of its network's prefix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AddressWithPrefix(String);
text!(AddressWithPrefix);

impl FromStr for AddressWithPrefix {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let parts = text.split_once('/').and_then(|(address, prefix)| {
            Some((address.parse::<IpAddr>().ok()?, prefix.parse::<u8>().ok()?))
        });
        match parts {
            Some((IpAddr::V4(address), prefix @ 1..=32)) => Ok(Self(format!("{address}/{prefix}"))),
            Some((IpAddr::V6(address), prefix @ 1..=128)) => Ok(Self(format!("{address}/{prefix}"))),
            _ => Err(NetworkError::Address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_break_out_of_a_configuration_file_is_refused() {
        assert!("home\n[Match]".parse::<WifiName>().is_err());
        assert!("Café du coin".parse::<WifiName>().is_ok());
        assert!("a".repeat(33).parse::<WifiName>().is_err());
        assert!("12345678\nx".parse::<WifiPassword>().is_err());
        assert!("short".parse::<WifiPassword>().is_err());
        assert!("de".parse::<Country>().is_err());
        for wrong in [
            "192.168.1.20",
            "192.168.1.20/33",
            "192.168.1.20/0",
            "x/24",
            "::1/129",
        ] {
            assert!(wrong.parse::<AddressWithPrefix>().is_err(), "{wrong}");
        }
        let address: AddressWithPrefix = "FD00:0::1/64".parse().unwrap();
        assert_eq!(address.as_str(), "fd00::1/64");
    }

    #[test]
    fn a_password_is_not_printed() {
        let password: WifiPassword = "correct horse".parse().unwrap();
        assert!(!format!("{password:?}").contains("horse"));
    }
}
