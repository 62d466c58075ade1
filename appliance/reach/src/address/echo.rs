// SPDX-License-Identifier: AGPL-3.0-or-later
//! Echo services: web addresses that answer with the address they see. None is built in: a steward names them.

use super::{Observation, Source};
use crate::http::{self, Family};
use std::{net::IpAddr, sync::Arc, time::Duration};

/// The echo services to ask, in order.
#[derive(Clone, Debug)]
pub struct Echo {
    urls: Vec<String>,
    within: Duration,
    tls: Arc<rustls::ClientConfig>,
}

impl Echo {
    /// Asks `urls`, each for at most `within`.
    pub fn new(urls: Vec<String>, within: Duration) -> Self {
        let tls = http::public_tls();
        Self { urls, within, tls }
    }

    /// The addresses seen, at most one of each family: that of the first service that answers.
    pub async fn ask(&self) -> Vec<Observation> {
        let (v4, v6) = tokio::join!(self.first(Family::V4), self.first(Family::V6));
        v4.into_iter().chain(v6).collect()
    }

    async fn first(&self, family: Family) -> Option<Observation> {
        for url in &self.urls {
            match http::get(url, &[], family, &self.tls, self.within).await {
                Ok((status, text)) if status.is_success() => {
                    let right = |a: &IpAddr| {
                        matches!(
                            (family, a),
                            (Family::V4, IpAddr::V4(_)) | (Family::V6, IpAddr::V6(_))
                        )
                    };
                    if let Some(address) = parse(&text).filter(right) {
                        let source = Source::Echo { url: url.clone() };
                        return Some(Observation { address, source });
                    }
                    log::info!("{url} did not answer with an address");
                }
                Ok((status, _)) => log::info!("{url} answered {status}"),
                Err(error) => log::debug!("{url}: {error}"),
            }
        }
        None
    }
}

/// The address in an echo service's answer: the first word that is one. `Current IP Address: 192.0.2.1` counts too.
fn parse(text: &str) -> Option<IpAddr> {
    text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | ','))
        .find_map(|word| word.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn an_address_is_found_in_what_services_answer() {
        for text in [
            "192.0.2.1\n",
            "Current IP Address: 192.0.2.1",
            "{\"ip\":\"192.0.2.1\"}",
            "<b>192.0.2.1</b>",
        ] {
            assert_eq!(parse(text), Some([192, 0, 2, 1].into()), "{text}");
        }
        assert_eq!(parse("<html>sign in to the hotspot</html>"), None);
    }
}
