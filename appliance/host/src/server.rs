// SPDX-License-Identifier: AGPL-3.0-or-later
//! The socket of the host process: one user may ask, one line a request.

use crate::machine::Machine;
use log::{info, warn};
use std::{io, sync::Arc};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
};
use types::host::{HostReply, HostRequest};

/// Longest request, in bytes.
const LONGEST: u64 = 256 * 1024;

/// Serves for ever. Only processes of `user` (the supervisor's user id) or root are answered.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(machine: Arc<Machine>, listener: UnixListener, user: u32) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let caller = stream.peer_cred()?.uid();
        if caller != user && caller != 0 {
            warn!(uid = caller; "a process of another user asked the host process; not answered");
            continue;
        }
        let machine = Arc::clone(&machine);
        tokio::spawn(async move {
            if let Err(error) = answer(&machine, stream).await {
                warn!("a host connection broke: {error}");
            }
        });
    }
}

async fn answer(machine: &Machine, stream: UnixStream) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    loop {
        let mut line = String::new();
        if (&mut reader).take(LONGEST).read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let reply = match serde_json::from_str::<HostRequest>(&line) {
            Ok(request) => {
                let reply = machine.handle(request).await;
                if let HostReply::Refused { code, message } = &reply {
                    info!(code = code.as_str(); "refused: {message}");
                }
                reply
            }
            Err(error) => HostReply::Refused {
                code: "bad_request".into(),
                message: format!("the request cannot be understood: {error}"),
            },
        };
        let mut bytes = serde_json::to_vec(&reply)?;
        bytes.push(b'\n');
        writer.write_all(&bytes).await?;
    }
}

/// User and group id of the supervisor, `commonhost`.
pub fn supervisor_ids() -> Option<(u32, u32)> {
    let user = nix::unistd::User::from_name("commonhost").ok().flatten()?;
    Some((user.uid.as_raw(), user.gid.as_raw()))
}
