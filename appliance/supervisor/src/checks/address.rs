// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether anybody outside can reach the board: shared addresses, two routers, ports, the name that follows the address.

use super::{Check, Finding, Outcome, Pace};
use crate::{ApiError, App, outside};
use reach::address::{Reachability, V4, V6};
use web_ui::{Area, finding::network, title};

pub(super) const CHECK: Check = Check {
    name: "address",
    area: Area::Network,
    title: title::address,
    pace: Pace::Always,
    look: |app| Box::pin(look(app)),
};

async fn look(app: &App) -> Result<Outcome, ApiError> {
    // Whoever has no domain does not want to be reached.
    if app.store.domains().await?.is_empty() {
        return Ok(Outcome::Found(Vec::new()));
    }
    let (Some(reachability), _) = app.outside.reachability() else {
        return Ok(Outcome::Unknown);
    };
    if reachability.v4 == V4::Unknown && reachability.v6 == V6::None {
        return Ok(Outcome::Unknown);
    }
    let mut found: Vec<Finding> = judge(&reachability).into_iter().collect();
    for port in outside::port_views(app).await? {
        if let Some(problem) = port.problem {
            let words = network::port_refused(port.port, &problem);
            found.push(Finding::warning("port-refused", words).about(port.port.to_string()));
        }
    }
    let dynamic = app.store.dynamic_state().await?;
    if let (true, Some(outcome)) = (dynamic.stopped, dynamic.last) {
        let words = network::dynamic_stopped(&outcome.to_string());
        found.push(Finding::error("dynamic-name-stopped", words));
    }
    Ok(Outcome::Found(found))
}

fn judge(reachability: &Reachability) -> Option<Finding> {
    let by_v6 = matches!(reachability.v6, V6::Public { .. });
    match reachability.v4 {
        V4::Cgnat { router, .. } if by_v6 => Some(Finding::warning(
            "shared-address",
            network::shared_address(&router.to_string()),
        )),
        V4::Cgnat { router, .. } => Some(Finding::error(
            "shared-address",
            network::shared_address(&router.to_string()),
        )),
        V4::DoubleNat { router, .. } => Some(Finding::warning(
            "two-routers",
            network::two_routers(&router.to_string()),
        )),
        V4::Direct { .. } | V4::BehindRouter { .. } | V4::Seen { .. } | V4::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::*;

    #[test]
    fn a_shared_address_is_worse_without_ipv6() {
        let router = [100, 64, 1, 1].into();
        let of = |v4, v6| judge(&Reachability { v4, v6 }).map(|finding| finding.severity);
        let shared = V4::Cgnat { router, public: None };
        assert_eq!(of(shared, V6::None), Some(Severity::Error));
        let public = V6::Public {
            public: "2a00::7".parse().unwrap(),
            seen_outside: true,
        };
        assert_eq!(of(shared, public), Some(Severity::Warning));
        assert_eq!(
            of(
                V4::BehindRouter {
                    public: [203, 0, 113, 7].into()
                },
                V6::None
            ),
            None
        );
    }
}
