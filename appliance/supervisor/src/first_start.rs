// SPDX-License-Identifier: AGPL-3.0-or-later
//! What every start begins with beside serving: `setup.toml` and `RESET-STEWARD` are taken over, the network joined, the
//! code and the screen shown.

use crate::{
    App,
    access::secret,
    checks::{self, Severity},
    daemon::acme_settings,
    state::AcmeChoice,
};
use std::{net::IpAddr, time::Duration};
use types::host::{HostReply, HostRequest, ProofCode, Screen, Setup};

/// How often a start that failed is tried again.
const AGAIN: Duration = Duration::from_secs(2);
/// How often the screen is looked at: an address by DHCP comes some seconds after the start.
const SCREEN: Duration = Duration::from_secs(10);

/// Runs for ever. What it does first is tried until the host process answers.
pub(crate) async fn run(app: App) {
    let mistake = loop {
        match welcome(&app).await {
            Ok(mistake) => break mistake,
            Err(error) => log::warn!("the start is not complete: {error:#}"),
        }
        tokio::time::sleep(AGAIN).await;
    };
    loop {
        if let Err(error) = show(&app, mistake.as_deref()).await {
            log::warn!("the screen could not be drawn: {error:#}");
        }
        tokio::time::sleep(SCREEN).await;
    }
}

/// Returns what is wrong with `setup.toml`, if something is.
async fn welcome(app: &App) -> anyhow::Result<Option<String>> {
    let mut mistake = None;
    match app.host.ask(HostRequest::Setup).await {
        Ok(HostReply::Setup(setup)) => {
            take_over(app, *setup).await?;
            // Only now: a power cut before this line loses nothing.
            app.host.ask(HostRequest::SetupStored).await?;
        }
        Ok(_) => {}
        Err(host::HostError::Refused { message, .. }) => {
            log::warn!("{message}");
            mistake = Some(message);
        }
        Err(error) => return Err(error.into()),
    }
    let network = app.store.network().await?;
    app.host.ask(HostRequest::Network(network)).await?;
    let board = app.store.board_name().await?;
    app.host
        .ask(HostRequest::HostName { board: board.clone() })
        .await?;
    way_back(app).await?;
    let code = proof(app).await?;
    app.host.ask(HostRequest::ClaimCode { code, board }).await?;
    Ok(mistake)
}

/// Somebody with the card in their hands asked for a way back in. An unclaimed board has another.
async fn way_back(app: &App) -> anyhow::Result<()> {
    let asked = app.host.ask(HostRequest::ResetAsked).await?;
    if asked == (HostReply::ResetAsked { asked: true }) {
        if app.store.is_claimed().await? {
            app.store.open_reset(secret::claim_code(), app.now()).await?;
        }
        app.host.ask(HostRequest::ResetStored).await?;
    }
    Ok(())
}

/// The code that is good for something now.
async fn proof(app: &App) -> anyhow::Result<Option<ProofCode>> {
    if app.store.is_claimed().await? {
        let code = app.store.reset_code(app.now()).await?;
        return Ok(code.map(ProofCode::NewPassword));
    }
    let code = app.store.claim_code(secret::claim_code).await?;
    Ok(Some(ProofCode::FirstSteward(code)))
}

/// A board that has stewards takes its network from `setup.toml` and nothing else: without a network nobody reaches it,
/// and whoever can write the card is not yet a steward.
async fn take_over(app: &App, setup: Setup) -> anyhow::Result<()> {
    if let Some(network) = setup.joined() {
        app.store.set_network(network).await?;
    }
    if app.store.is_claimed().await? {
        return Ok(());
    }
    if let Some(name) = setup.host.name {
        app.store.set_board_name(name).await?;
        app.wake.now();
    }
    if let Some(code) = setup.claim.code {
        app.store.set_claim_code(code).await?;
    }
    if setup.acme.directory.is_some() || setup.acme.contact.is_some() {
        let choice = AcmeChoice {
            directory: setup.acme.directory.unwrap_or_default(),
            root: setup.acme.root.unwrap_or_default(),
            contact: setup.acme.contact.unwrap_or_default(),
            // Who writes the directory into setup.toml chose it knowingly.
            terms_accepted: true,
            ..AcmeChoice::default()
        };
        app.store.set_acme(choice.clone()).await?;
        app.certificates.set_acme(acme_settings(choice));
    }
    Ok(())
}

async fn show(app: &App, mistake: Option<&str>) -> anyhow::Result<()> {
    let serious = checks::findings(app)
        .await
        .unwrap_or_default()
        .into_iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| finding.what);
    let screen = Screen {
        board: app.store.board_name().await?,
        addresses: reachable(host::sensors::addresses()),
        code: proof(app).await?,
        trouble: mistake.map(str::to_owned).into_iter().chain(serious).collect(),
    };
    app.host.ask(HostRequest::Screen(screen)).await?;
    Ok(())
}

/// Addresses that other devices can use, the ones people can type first.
fn reachable(mut addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    addresses.retain(|address| match address {
        IpAddr::V4(address) => !address.is_loopback() && !address.is_link_local(),
        IpAddr::V6(address) => !address.is_loopback(),
    });
    addresses.sort_by_key(|address| (address.is_ipv6(), *address));
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_screen_names_addresses_that_others_can_use() {
        let all =
            ["127.0.0.1", "fd00::5", "::1", "169.254.3.3", "192.168.1.20"].map(|text| text.parse().unwrap());
        let shown: Vec<_> = reachable(all.to_vec()).iter().map(IpAddr::to_string).collect();
        assert_eq!(shown, ["192.168.1.20", "fd00::5"]);
    }
}
