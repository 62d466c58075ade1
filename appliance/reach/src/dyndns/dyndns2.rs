// SPDX-License-Identifier: AGPL-3.0-or-later
//! The dyndns2 protocol, as most providers speak it (<https://help.dyn.com/remote-access-api/>).

use super::Outcome;
use crate::{
    http::{self, Family},
    records::Addresses,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use std::{fmt, sync::Arc, time::Duration};
use types::Domain;

/// An account at a provider.
#[derive(Clone)]
pub struct Dyndns2 {
    /// The provider's address up to, and without, the path: `https://members.dyndns.org`.
    pub server: String,
    /// The name to keep.
    pub name: Domain,
    /// User name.
    pub user: String,
    /// Password or token.
    pub password: String,
    /// Time for the whole exchange.
    pub within: Duration,
    tls: Arc<rustls::ClientConfig>,
}

impl Dyndns2 {
    /// An account. Nothing is sent yet.
    pub fn new(server: String, name: Domain, user: String, password: String) -> Self {
        Self {
            server,
            name,
            user,
            password,
            within: Duration::from_secs(20),
            tls: http::public_tls(),
        }
    }

    /// Sends an update that [`super::State::decide`] asked for. A broken connection is [`Outcome::Unreachable`], with
    /// the reason in the log.
    pub async fn update(&self, addresses: &Addresses) -> Outcome {
        let base = self.server.trim_end_matches('/');
        let addresses: Vec<String> = addresses.iter().map(|address| address.to_string()).collect();
        let url = format!(
            "{base}/nic/update?hostname={}&myip={}",
            self.name,
            addresses.join(",")
        );
        let secret = BASE64_STANDARD.encode(format!("{}:{}", self.user, self.password));
        let headers = [
            (::http::header::AUTHORIZATION, format!("Basic {secret}")),
            (
                ::http::header::USER_AGENT,
                concat!("Commonhost/", env!("CARGO_PKG_VERSION")).to_owned(),
            ),
        ];
        match http::get(&url, &headers, Family::Any, &self.tls, self.within).await {
            Ok((status, text)) => {
                let outcome = read(status.as_u16(), &text);
                log::info!("dynamic DNS for {}: {outcome}", self.name);
                outcome
            }
            Err(error) => {
                log::warn!("dynamic DNS for {}: {error}", self.name);
                Outcome::Unreachable
            }
        }
    }
}

impl fmt::Debug for Dyndns2 {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (server, name, user) = (&self.server, &self.name, &self.user);
        write!(
            f,
            "Dyndns2 {{ server: {server:?}, name: {name:?}, user: {user:?}, .. }}"
        )
    }
}

/// Reads an answer: its first word counts, the status only where there is no word.
#[expect(
    clippy::match_same_arms,
    reason = "two tables: of words, and of statuses without one"
)]
fn read(status: u16, text: &str) -> Outcome {
    let word = text
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    match (word.as_str(), status) {
        ("good", _) => Outcome::Good,
        ("nochg", _) => Outcome::Unchanged,
        ("badauth", _) => Outcome::BadAuth,
        ("notfqdn", _) => Outcome::NotFqdn,
        ("nohost" | "!yours", _) => Outcome::NoHost,
        ("numhost", _) => Outcome::NumHost,
        ("abuse", _) => Outcome::Abuse,
        ("badagent", _) => Outcome::BadAgent,
        ("!donator", _) => Outcome::NotPaid,
        ("dnserr", _) => Outcome::DnsError,
        ("911", _) => Outcome::ServerDown,
        (_, 401 | 403) => Outcome::BadAuth,
        (_, 429) => Outcome::ServerDown,
        (_, status) if status >= 500 => Outcome::ServerDown,
        _ => Outcome::Garbled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_is_understood() {
        for (text, outcome) in [
            ("good 192.0.2.1", Outcome::Good),
            ("nochg 192.0.2.1\n", Outcome::Unchanged),
            ("BADAUTH", Outcome::BadAuth),
            ("notfqdn", Outcome::NotFqdn),
            ("nohost", Outcome::NoHost),
            ("numhost", Outcome::NumHost),
            ("abuse", Outcome::Abuse),
            ("badagent", Outcome::BadAgent),
            ("!donator", Outcome::NotPaid),
            ("dnserr", Outcome::DnsError),
            ("911", Outcome::ServerDown),
            ("<html>hotspot</html>", Outcome::Garbled),
            ("", Outcome::Garbled),
        ] {
            assert_eq!(read(200, text), outcome, "{text}");
        }
        assert_eq!(read(401, "Unauthorized"), Outcome::BadAuth);
        assert_eq!(read(502, "<html>"), Outcome::ServerDown);
    }
}
