// SPDX-License-Identifier: AGPL-3.0-or-later
//! Asks a service whether it is ready, over its own socket.

use http::{Request, header};
use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use std::{path::Path, time::Duration};
use tokio::net::UnixStream;
use types::manifest::Ready;

/// Longest a ready service takes to answer.
const LIMIT: Duration = Duration::from_secs(5);

/// Whether the service answers as its manifest says; else why not.
pub(crate) async fn ask(socket: &Path, ready: &Ready) -> Result<(), String> {
    let answer = tokio::time::timeout(LIMIT, status(socket, &ready.path)).await;
    match answer {
        Ok(Ok(status)) if ready.status.contains(&status) => Ok(()),
        Ok(Ok(status)) => Err(format!("answers its health check with status {status}")),
        Ok(Err(reason)) => Err(reason),
        Err(_) => Err(format!(
            "does not answer its health check within {} seconds",
            LIMIT.as_secs()
        )),
    }
}

async fn status(socket: &Path, path: &str) -> Result<u16, String> {
    let failed = |error: &dyn std::error::Error| format!("does not answer its health check: {error}");
    let stream = UnixStream::connect(socket)
        .await
        .map_err(|error| failed(&error))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| failed(&error))?;
    let driver = tokio::spawn(connection);
    let request = Request::get(path)
        .header(header::HOST, "localhost")
        .header(header::USER_AGENT, "commonhost-health")
        .body(Empty::<bytes::Bytes>::new())
        .map_err(|error| failed(&error))?;
    let answer = sender.send_request(request).await.map_err(|error| failed(&error));
    driver.abort();
    Ok(answer?.status().as_u16())
}
