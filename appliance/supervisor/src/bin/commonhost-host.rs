// SPDX-License-Identifier: AGPL-3.0-or-later
//! The host process: `commonhost-host.service`. Root, without a network, one small vocabulary.

use anyhow::Context as _;
use host::{Bus, Layout, Machine};
use std::sync::Arc;
use supervisor::{
    catalogs::Catalogs,
    cli::{logging, ready},
    system::Trust,
};
use tokio::net::UnixListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    logging();
    let (user, group) = host::supervisor_ids().context("there is no user commonhost")?;
    let layout = Layout::new("/");
    let catalogs = Catalogs::load(&layout);
    let releases = Box::new(Trust::load(&layout));
    let machine = Machine::new(layout, Arc::new(Bus::new()), Box::new(catalogs), releases, group);
    let listener = listenfd::ListenFd::from_env()
        .take_unix_listener(0)?
        .context("systemd handed in no socket")?;
    listener.set_nonblocking(true)?;
    ready("waiting for requests");
    host::serve(Arc::new(machine), UnixListener::from_std(listener)?, user).await?;
    Ok(())
}
