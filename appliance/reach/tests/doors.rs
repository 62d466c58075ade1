// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who knocks at a door finds out what is behind it.
#![allow(clippy::unwrap_used, reason = "a test may end by panicking")]

use reach::outside::{Door, Hairpin, Port, hairpin, knock, knock_at};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;
use types::Domain;

const HEALTH: &str = r#"{"status":"ok","version":"1","claimed":true}"#;
const WITHIN: Duration = Duration::from_secs(30);

fn name() -> Domain {
    "oak.example.org".parse().unwrap()
}

async fn speak(mut line: impl AsyncRead + AsyncWrite + Unpin, answer: String) {
    let mut request = [0; 2048];
    let _ = line.read(&mut request).await;
    let _ = line.write_all(answer.as_bytes()).await;
    let _ = line.shutdown().await;
}

/// Somebody who gives this answer, by TLS with a certificate of their own, or plainly.
async fn somebody(answer: &str, tls: bool) -> (SocketAddr, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(vec!["router.test".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let answer = answer.to_owned();
    tokio::spawn(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            if tls {
                if let Ok(line) = acceptor.accept(tcp).await {
                    speak(line, answer.clone()).await;
                }
            } else {
                speak(tcp, answer.clone()).await;
            }
        }
    });
    (at, certificate)
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

#[tokio::test]
async fn a_board_is_told_from_a_router_and_from_nobody() {
    let moved = "Location: https://oak.example.org/api/v1/health\r\n";
    let elsewhere = "Location: https://router.test/login\r\n";
    for (door, tls, said, expected) in [
        (Door::Https, true, answer("200 OK", "", HEALTH), Port::Open),
        (
            Door::Https,
            true,
            answer("200 OK", "", "<h1>Router</h1>"),
            Port::SomebodyElse,
        ),
        (
            Door::Https,
            false,
            answer("200 OK", "", HEALTH),
            Port::SomebodyElse,
        ),
        (
            Door::Http,
            false,
            answer("308 Permanent Redirect", moved, ""),
            Port::Open,
        ),
        (
            Door::Http,
            false,
            answer("302 Found", elsewhere, ""),
            Port::SomebodyElse,
        ),
        (
            Door::Http,
            false,
            answer("200 OK", "", HEALTH),
            Port::SomebodyElse,
        ),
    ] {
        let (at, _) = somebody(&said, tls).await;
        assert_eq!(
            knock_at(at, &name(), door, WITHIN).await,
            expected,
            "{door:?} {said}"
        );
    }
    let gone = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    assert_eq!(knock_at(gone, &name(), Door::Https, WITHIN).await, Port::Closed);
}

#[tokio::test]
async fn nobody_has_our_own_network_looked_at_by_a_name() {
    let (at, _) = somebody(&answer("200 OK", "", HEALTH), true).await;
    assert!(at.ip().is_loopback());
    // A name that leads to this machine: it is not even tried.
    assert_eq!(
        knock(&"localhost.localdomain".parse().unwrap(), Door::Https).await,
        None
    );
}

#[tokio::test]
async fn the_board_recognises_itself_by_its_certificate() {
    let (at, certificate) = somebody("", true).await;
    let is_ours = |shown: &[u8]| shown == certificate.as_ref();
    assert_eq!(hairpin(at, &name(), is_ours, WITHIN).await, Hairpin::Works);
    assert_eq!(
        hairpin(at, &name(), |_| false, WITHIN).await,
        Hairpin::SomebodyElse
    );
    let (plain, _) = somebody(&answer("200 OK", "", ""), false).await;
    assert_eq!(hairpin(plain, &name(), is_ours, WITHIN).await, Hairpin::NoTls);
    let gone = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    assert_eq!(hairpin(gone, &name(), is_ours, WITHIN).await, Hairpin::NoAnswer);
}
