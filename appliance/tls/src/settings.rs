// SPDX-License-Identifier: AGPL-3.0-or-later
//! Which certificate authority is asked.

/// Let's Encrypt, production (<https://letsencrypt.org/docs/acme-protocol-updates/>).
pub const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";
/// Let's Encrypt, staging: same behaviour, certificates that nobody trusts, generous limits.
pub const LETS_ENCRYPT_STAGING: &str = "https://acme-staging-v02.api.letsencrypt.org/directory";

/// What a steward can set about ACME. May change while running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcmeSettings {
    /// Directory URL of the CA.
    pub directory: String,
    /// Roots (PEM) that the CA's own server is checked against; `None`: the public ones.
    pub root_pem: Option<String>,
    /// Mail address the CA may write to.
    pub contact: Option<String>,
    /// Directory of a CA for rehearsals: before its first certificate a name is tried there, where mistakes are not
    /// counted. `None`: no rehearsal.
    pub staging: Option<String>,
    /// A contract that the account is bound to (RFC 8555 section 7.3.4), for CAs that want one.
    pub external_account: Option<ExternalAccount>,
    /// Whether certificates are ordered at all.
    pub enabled: bool,
}

/// A contract with a CA: what it handed out to prove it.
#[derive(Clone, PartialEq, Eq)]
pub struct ExternalAccount {
    /// The key's name.
    pub kid: String,
    /// The key, in base64url as CAs hand it out.
    pub key: String,
}

impl ExternalAccount {
    /// The key itself; `None` when it is no base64url.
    pub fn secret(&self) -> Option<Vec<u8>> {
        let key = self
            .key
            .trim()
            .trim_end_matches('=')
            .replace('+', "-")
            .replace('/', "_");
        let secret = data_encoding::BASE64URL_NOPAD.decode(key.as_bytes()).ok()?;
        (!secret.is_empty()).then_some(secret)
    }
}

impl std::fmt::Debug for ExternalAccount {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ExternalAccount({})", self.kid)
    }
}

/// The CA for rehearsals that belongs to a CA, where one is known.
pub fn staging_of(directory: &str) -> Option<String> {
    (directory == LETS_ENCRYPT).then(|| LETS_ENCRYPT_STAGING.to_owned())
}

impl AcmeSettings {
    /// Whether it is Let's Encrypt, whose terms are known without asking.
    pub(crate) fn is_usual(&self) -> bool {
        self.directory == LETS_ENCRYPT
    }

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
            staging: staging_of(LETS_ENCRYPT),
            external_account: None,
            enabled: false,
        }
    }
}
