// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether the board is connected to the router.

use super::{Check, Finding, Outcome, Pace};
use host::sensors::{Link, Network};
use web_ui::{Area, finding, title};

pub(super) const CHECK: Check = Check {
    name: "link",
    area: Area::Network,
    title: title::link,
    pace: Pace::Always,
    look: |app| {
        let outcome = app.readings().network.as_ref().map_or(Outcome::Unknown, judge);
        Box::pin(async move { Ok(outcome) })
    },
};

/// Every board of the last ten years does a gigabit; 100 Mbit/s is a damaged cable or an old router, and worth a word.
const SLOW: u32 = 100;

fn judge(network: &Network) -> Outcome {
    if network.links.is_empty() {
        return Outcome::Unknown;
    }
    let words = if !network.links.iter().any(|link| link.up) {
        Some(("no-link", finding::network::no_link()))
    } else if network.addresses.is_empty() {
        Some(("no-address", finding::network::no_address()))
    } else if network.gateway.is_none() && !network.gateway_v6 {
        Some(("no-gateway", finding::network::no_gateway()))
    } else {
        None
    };
    if let Some((code, words)) = words {
        return Some(Finding::error(code, words)).into();
    }
    Outcome::Found(network.links.iter().filter_map(slow).collect())
}

fn slow(link: &Link) -> Option<Finding> {
    let mbit = link
        .mbit
        .filter(|mbit| *mbit <= SLOW && link.up && !link.wireless)?;
    let words = finding::network::slow_link(&link.name, mbit);
    Some(Finding::info("slow-link", words).about(&link.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_thing_that_is_missing_on_the_way_is_named() {
        let code = |network: &Network| match judge(network) {
            Outcome::Found(found) => found
                .first()
                .map(|finding| finding.code.clone())
                .unwrap_or_default(),
            Outcome::Unknown => "unknown".into(),
        };
        let cable = |up, mbit| Link {
            name: "end0".into(),
            up,
            wireless: false,
            mbit,
        };
        let mut network = Network::default();
        assert_eq!(code(&network), "unknown");
        network.links = vec![cable(false, None)];
        assert_eq!(code(&network), "no-link");
        network.links = vec![cable(true, Some(100))];
        assert_eq!(code(&network), "no-address");
        network.addresses = vec![[192, 168, 1, 7].into()];
        assert_eq!(code(&network), "no-gateway");
        network.gateway = Some([192, 168, 1, 1].into());
        assert_eq!(code(&network), "slow-link");
        network.links = vec![cable(true, Some(1000))];
        assert_eq!(code(&network), "");
    }
}
