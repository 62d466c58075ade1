// SPDX-License-Identifier: AGPL-3.0-or-later
//! The messages of PCP (RFC 6887) and NAT-PMP (RFC 6886), and one question over UDP. Own code because a lease must
//! outlive a restart, nonce included, and the known crate keeps both to itself, with the machine's clock.

use super::{Mapping, RouterError, Way};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};
use tokio::net::UdpSocket;

const TCP: u8 = 6;
/// PCP's result for a version it does not speak; NAT-PMP's is the same (RFC 6887 section 9).
const UNSUPPORTED_VERSION: u16 = 1;

/// What was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Granted {
    pub(super) external_port: u16,
    pub(super) external_address: Option<IpAddr>,
    /// In seconds.
    pub(super) lifetime: u32,
}

/// A PCP MAP request (RFC 6887 sections 7.1 and 11.1) for TCP. A lifetime of 0 removes.
pub(super) fn pcp_request(mapping: Mapping, client: Ipv4Addr, nonce: [u8; 12], lifetime: u32) -> Vec<u8> {
    let mut bytes = vec![2, 1, 0, 0];
    bytes.extend(lifetime.to_be_bytes());
    bytes.extend(client.to_ipv6_mapped().octets());
    bytes.extend(nonce);
    bytes.extend([TCP, 0, 0, 0]);
    bytes.extend(mapping.internal.to_be_bytes());
    let external = if lifetime == 0 { 0 } else { mapping.external };
    bytes.extend(external.to_be_bytes());
    bytes.extend(Ipv4Addr::UNSPECIFIED.to_ipv6_mapped().octets());
    bytes
}

/// Reads a PCP answer to the request with `nonce`. `None`: it is not for us.
pub(super) fn pcp_answer(
    bytes: &[u8],
    mapping: Mapping,
    nonce: [u8; 12],
) -> Option<Result<Granted, RouterError>> {
    if bytes.first() == Some(&0) {
        // A NAT-PMP router: eight bytes with result 1 (RFC 6886 section 3.5).
        return (u16_at(bytes, 2)? == UNSUPPORTED_VERSION).then_some(Err(RouterError::Unsupported(Way::Pcp)));
    }
    if bytes.first() != Some(&2) || bytes.get(1)? & 0x80 == 0 {
        return None;
    }
    let result = u16::from(*bytes.get(3)?);
    if result == UNSUPPORTED_VERSION {
        return Some(Err(RouterError::Unsupported(Way::Pcp)));
    }
    let ours = *bytes.get(1)? == 0x81
        && bytes.get(24..36)? == nonce
        && *bytes.get(36)? == TCP
        && u16_at(bytes, 40)? == mapping.internal;
    if !ours {
        return None;
    }
    if result != 0 {
        return Some(Err(refused(Way::Pcp, result)));
    }
    let address: [u8; 16] = bytes.get(44..60)?.try_into().ok()?;
    Some(Ok(Granted {
        external_port: u16_at(bytes, 42)?,
        external_address: Some(Ipv6Addr::from(address).to_canonical()),
        lifetime: u32_at(bytes, 4)?,
    }))
}

/// A NAT-PMP request for a TCP mapping (RFC 6886 section 3.3). A lifetime of 0 removes.
pub(super) fn natpmp_request(mapping: Mapping, lifetime: u32) -> Vec<u8> {
    let mut bytes = vec![0, 2, 0, 0];
    bytes.extend(mapping.internal.to_be_bytes());
    let external = if lifetime == 0 { 0 } else { mapping.external };
    bytes.extend(external.to_be_bytes());
    bytes.extend(lifetime.to_be_bytes());
    bytes
}

/// Reads the answer.
pub(super) fn natpmp_answer(bytes: &[u8], mapping: Mapping) -> Option<Result<Granted, RouterError>> {
    if let Some(error) = natpmp_error(bytes, 130)? {
        return Some(Err(error));
    }
    (u16_at(bytes, 8)? == mapping.internal).then_some(Ok(Granted {
        external_port: u16_at(bytes, 10)?,
        external_address: None,
        lifetime: u32_at(bytes, 12)?,
    }))
}

/// The NAT-PMP question for the public address (RFC 6886 section 3.2).
pub(super) const NATPMP_ADDRESS: [u8; 2] = [0, 0];

/// Reads the answer.
pub(super) fn natpmp_address(bytes: &[u8]) -> Option<Result<Ipv4Addr, RouterError>> {
    if let Some(error) = natpmp_error(bytes, 128)? {
        return Some(Err(error));
    }
    let address: [u8; 4] = bytes.get(8..12)?.try_into().ok()?;
    Some(Ok(address.into()))
}

/// `None`: not an answer to this; `Some(None)`: success.
#[expect(
    clippy::option_option,
    reason = "not an answer, a success, a refusal: said in its documentation"
)]
fn natpmp_error(bytes: &[u8], opcode: u8) -> Option<Option<RouterError>> {
    let (version, op, result) = (
        *bytes.first()?,
        *bytes.get(1)?,
        u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]),
    );
    if version == 2 {
        return Some(Some(RouterError::Unsupported(Way::NatPmp)));
    }
    if version != 0 || op != opcode {
        return None;
    }
    Some(match result {
        0 => None,
        UNSUPPORTED_VERSION => Some(RouterError::Unsupported(Way::NatPmp)),
        result => Some(refused(Way::NatPmp, result)),
    })
}

/// PCP's results 2 to 13 (RFC 6887 section 7.4), NAT-PMP's 2 to 5 (RFC 6886 section 3.5).
fn refused(way: Way, result: u16) -> RouterError {
    match (way, result) {
        (_, 2) => RouterError::NotAllowed(way),
        (Way::NatPmp, 4) | (Way::Pcp, 8) => RouterError::Full(way),
        (Way::Pcp, 11) => RouterError::PortTaken,
        (Way::NatPmp, 3) | (Way::Pcp, 7) => RouterError::NoLine(way),
        (_, result) => RouterError::Refused { way, result },
    }
}

/// Sends `request` until `read` accepts an answer: at 0, 250, 750, 1750 ms … (RFC 6886 section 3.1), `within` in all.
pub(super) async fn ask<T>(
    server: SocketAddr,
    request: &[u8],
    within: Duration,
    way: Way,
    read: impl Fn(&[u8]) -> Option<Result<T, RouterError>>,
) -> Result<T, RouterError> {
    let failed = |source| RouterError::Io { way, source };
    let any: SocketAddr = if server.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        (Ipv6Addr::UNSPECIFIED, 0).into()
    };
    let exchange = async {
        let socket = UdpSocket::bind(any).await.map_err(failed)?;
        // Connected: answers of others are dropped (RFC 6886 section 3.1).
        socket.connect(server).await.map_err(failed)?;
        let mut pause = Duration::from_millis(250);
        let mut buffer = [0; 1100];
        loop {
            socket.send(request).await.map_err(failed)?;
            let until = tokio::time::sleep(pause);
            tokio::pin!(until);
            loop {
                tokio::select! {
                    () = &mut until => break,
                    got = socket.recv(&mut buffer) => {
                        let length = got.map_err(failed)?;
                        if let Some(answer) = read(&buffer[..length]) {
                            return answer;
                        }
                    }
                }
            }
            pause *= 2;
        }
    };
    tokio::time::timeout(within, exchange)
        .await
        .map_err(|_| RouterError::Silent(way))?
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_bytes_make_a_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let mapping = Mapping::same(443);
            let _ = pcp_answer(&bytes, mapping, [0; 12]);
            let _ = natpmp_answer(&bytes, mapping);
            let _ = natpmp_address(&bytes);
        }
    }

    #[test]
    fn requests_have_the_lengths_of_the_rfcs() {
        let request = pcp_request(Mapping::same(443), Ipv4Addr::LOCALHOST, [1; 12], 7200);
        assert_eq!(
            (request.len(), &request[..8]),
            (60, [2, 1, 0, 0, 0, 0, 0x1c, 0x20].as_slice())
        );
        assert_eq!(
            natpmp_request(Mapping::same(80), 0),
            [0, 2, 0, 0, 0, 80, 0, 0, 0, 0, 0, 0]
        );
    }
}
