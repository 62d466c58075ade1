// SPDX-License-Identifier: AGPL-3.0-or-later
//! Messages between paired boards on a connection: the length in four bytes, then JSON.

use cluster::talk::{LONGEST, Message};
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Writes one.
pub(super) async fn write(stream: &mut (impl AsyncWrite + Unpin), message: &Message) -> io::Result<()> {
    let body = serde_json::to_vec(message)?;
    let length = u32::try_from(body.len()).map_err(|_| io::ErrorKind::InvalidData)?;
    let framed = [&length.to_be_bytes()[..], &body].concat();
    stream.write_all(&framed).await?;
    stream.flush().await
}

/// Reads one; an error when there is none, or it is longer than any may be.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Message> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).await?;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > LONGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(serde_json::from_slice(&body)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_message_arrives_and_a_giant_is_not_waited_for() {
        let mut wire = Vec::new();
        write(&mut wire, &Message::Unpaired {}).await.unwrap();
        assert_eq!(read(&mut &wire[..]).await.unwrap(), Message::Unpaired {});
        assert!(read(&mut &wire[..wire.len() - 1]).await.is_err());
        let giant = u32::MAX.to_be_bytes();
        let refused = read(&mut &giant[..]).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidData);
    }
}
