// SPDX-License-Identifier: AGPL-3.0-or-later
//! The supervisor's daemon: `commonhost.service`.

use std::io;
use supervisor::{
    cli::{logging, ready},
    daemon::{Listeners, Options, Supervisor},
};
use tokio::net::{TcpListener, UnixListener};

fn main() -> anyhow::Result<()> {
    logging();
    // Two threads: a board has few cores, and each thread costs memory.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(1024 * 1024)
        .max_blocking_threads(8)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let supervisor = Supervisor::prepare(Options::board()).await?;
        supervisor.start(listeners()?);
        ready("serving");
        ended().await?;
        supervisor.ingress.shutdown();
        let _ = tokio::time::timeout(std::time::Duration::from_secs(5), supervisor.ingress.closed()).await;
        Ok(())
    })
}

/// The listeners that systemd opened: told apart by kind and port.
fn listeners() -> io::Result<Listeners> {
    let mut listeners = Listeners {
        http: None,
        https: None,
        control: None,
    };
    let mut handed = listenfd::ListenFd::from_env();
    for index in 0..handed.len() {
        if let Ok(Some(listener)) = handed.take_unix_listener(index) {
            listener.set_nonblocking(true)?;
            listeners.control = Some(UnixListener::from_std(listener)?);
        } else if let Some(listener) = handed.take_tcp_listener(index)? {
            listener.set_nonblocking(true)?;
            let port = listener.local_addr()?.port();
            let listener = Some(TcpListener::from_std(listener)?);
            if port == 443 {
                listeners.https = listener;
            } else {
                listeners.http = listener;
            }
        }
    }
    Ok(listeners)
}

async fn ended() -> io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted,
    }
}
