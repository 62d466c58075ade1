// SPDX-License-Identifier: AGPL-3.0-or-later
//! Which certificate authority is asked.

use serde::{Deserialize, Serialize};

/// Let's Encrypt, production (<https://letsencrypt.org/docs/acme-protocol-updates/>).
pub const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";
/// Let's Encrypt, staging: same behaviour, certificates that nobody trusts, generous limits.
pub const LETS_ENCRYPT_STAGING: &str = "https://acme-staging-v02.api.letsencrypt.org/directory";

/// What a steward can set about ACME. May change while running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcmeSettings {
    /// Directory URL of the CA.
    pub directory: String,
    /// Roots (PEM) that the CA's own server is checked against; `None`: the public ones.
    pub root_pem: Option<String>,
    /// Mail address the CA may write to.
    pub contact: Option<String>,
    /// Whether certificates are ordered at all.
    pub enabled: bool,
}

impl AcmeSettings {
    /// The name by which CAA records mean this CA (RFC 8659), where it is known.
    pub fn caa_issuer(&self) -> Option<String> {
        let known = [LETS_ENCRYPT, LETS_ENCRYPT_STAGING].contains(&self.directory.as_str());
        known.then(|| "letsencrypt.org".to_owned())
    }
}

impl Default for AcmeSettings {
    /// Let's Encrypt production, switched off: a person agrees to its terms first.
    fn default() -> Self {
        Self {
            directory: LETS_ENCRYPT.to_owned(),
            root_pem: None,
            contact: None,
            enabled: false,
        }
    }
}
