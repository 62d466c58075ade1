// SPDX-License-Identifier: AGPL-3.0-or-later
//! How the supervisor asks the host process.

use async_trait::async_trait;
use std::{io, path::PathBuf, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
};
use types::host::{HostReply, HostRequest};

/// Whoever can carry out host requests: the host process, or a fake.
#[async_trait]
pub trait Host: Send + Sync {
    /// Asks, and returns the answer; a refusal is an error.
    ///
    /// # Errors
    /// When the host process refuses or cannot be reached.
    async fn ask(&self, request: HostRequest) -> Result<HostReply, HostError>;
}

/// Why a host request was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The host process cannot be reached; it restarts by itself, so trying again is right.
    #[error("the host process does not answer at {}", socket.display())]
    Unreachable {
        /// Its socket.
        socket: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It answered with something else than a reply.
    #[error("the host process answered something that cannot be understood")]
    Garbled {
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// It refused.
    #[error("{message}")]
    Refused {
        /// A word for programs.
        code: String,
        /// For people: why, and what to do.
        message: String,
    },
}

/// The host process at its Unix socket. One connection per request: simple, and a restart of either side is harmless.
pub struct HostClient {
    socket: PathBuf,
}

/// Longest a request may take (stopping a service that hangs is the slowest).
const LIMIT: Duration = Duration::from_mins(2);

impl HostClient {
    /// A client for the socket at this path.
    pub fn new(socket: impl Into<PathBuf>) -> Self {
        Self {
            socket: socket.into(),
        }
    }

    async fn exchange(&self, request: &HostRequest) -> io::Result<String> {
        let stream = UnixStream::connect(&self.socket).await?;
        let mut stream = BufReader::new(stream);
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        stream.write_all(&line).await?;
        let mut reply = String::new();
        if stream.read_line(&mut reply).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(reply)
    }
}

#[async_trait]
impl Host for HostClient {
    async fn ask(&self, request: HostRequest) -> Result<HostReply, HostError> {
        let unreachable = |source| HostError::Unreachable {
            socket: self.socket.clone(),
            source,
        };
        let reply = tokio::time::timeout(LIMIT, self.exchange(&request))
            .await
            .map_err(|_| unreachable(io::ErrorKind::TimedOut.into()))?
            .map_err(unreachable)?;
        match serde_json::from_str(&reply).map_err(|source| HostError::Garbled { source })? {
            HostReply::Refused { code, message } => Err(HostError::Refused { code, message }),
            reply => Ok(reply),
        }
    }
}
