// SPDX-License-Identifier: AGPL-3.0-or-later
//! What bad luck and bad intentions may do: nothing to others, and nothing to memory.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may end by panicking"
)]

mod support;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use ingress::Limits;
use std::{sync::atomic::Ordering, time::Duration};
use support::{BOARD, MEMBERS, MORE_EVENTS, PUBLIC, resident, scene, scene_with, status, wait_until};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};

#[tokio::test]
async fn events_arrive_when_they_happen() {
    let scene = scene().await;
    let mut tls = scene.tls(PUBLIC, &[b"http/1.1"]).await;
    tls.write_all(b"GET /sse HTTP/1.1\r\nHost: social.example.test\r\n\r\n")
        .await
        .unwrap();
    // The service sends no second event before the first has come.
    for events in 1..=3 {
        let mut seen = Vec::new();
        while !String::from_utf8_lossy(&seen).contains("tick") {
            assert_ne!(tls.read_buf(&mut seen).await.unwrap(), 0, "event {events}");
        }
        if events < 3 {
            MORE_EVENTS.add_permits(1);
        }
    }

    let mut client = scene.h2(PUBLIC).await;
    let request = Request::get(format!("https://{PUBLIC}/sse"))
        .body(Full::<Bytes>::default())
        .unwrap();
    let mut body = client.send_request(request).await.unwrap().into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(first.starts_with(b"data: tick"));
    MORE_EVENTS.add_permits(2);
    let rest = body.collect().await.unwrap().to_bytes();
    assert_eq!(rest.len(), 24);
}

#[tokio::test]
async fn headers_without_end_are_refused_without_keeping_them() {
    let scene = scene().await;
    let before = resident();
    let line = format!("X-Filler: {}\r\n", "a".repeat(1000));
    let mut request = format!("GET / HTTP/1.1\r\nHost: {BOARD}\r\n");
    request += "X-Long: ";
    request += &"a".repeat(10_000_000);
    for plain in [false, true] {
        let answer = if plain {
            scene.raw_plain(request.as_bytes()).await
        } else {
            scene.raw(BOARD, request.as_bytes()).await
        };
        assert_eq!(status(&answer), 431, "plain {plain}: {answer}");
    }
    // Many instead of long: more than a hundred.
    let request = format!(
        "GET / HTTP/1.1\r\nHost: {BOARD}\r\n{}\r\n",
        "a: b\r\n".repeat(200)
    );
    assert_eq!(status(&scene.raw(BOARD, request.as_bytes()).await), 431);
    let fits = format!(
        "GET / HTTP/1.1\r\nHost: {BOARD}\r\nConnection: close\r\n{}\r\n",
        line.repeat(50)
    );
    assert_eq!(status(&scene.raw(BOARD, fits.as_bytes()).await), 200);
    let over = format!(
        "GET / HTTP/1.1\r\nHost: {BOARD}\r\nConnection: close\r\n{}\r\n",
        line.repeat(70)
    );
    assert_eq!(status(&scene.raw(BOARD, over.as_bytes()).await), 431);

    let mut client = scene.h2(BOARD).await;
    let request = Request::get(format!("https://{BOARD}/"))
        .header("x-long", "a".repeat(1_000_000))
        .body(Full::<Bytes>::default())
        .unwrap();
    match client.send_request(request).await {
        Ok(answer) => assert_eq!(answer.status(), 431),
        Err(error) => eprintln!("HTTP/2: {error:?}"),
    }
    assert_eq!(status(&scene.get(BOARD, "/", "").await), 200);
    // The client's own 10 MB are in this process too.
    let grown = resident().saturating_sub(before);
    eprintln!("grown by {grown} MiB, of which 10 are the client's");
    assert!(grown < 40, "{grown} MiB");
}

#[tokio::test]
async fn smuggled_requests_never_arrive() {
    let scene = scene().await;
    let inner = "GET /smuggled HTTP/1.1\r\nHost: social.example.test\r\n\r\n";
    let chunked = format!("0\r\n\r\n{inner}");
    let corpus: &[(&str, String)] = &[
        (
            "CL.TE",
            format!(
                "Content-Length: {}\r\nTransfer-Encoding: chunked\r\n\r\n{chunked}",
                chunked.len()
            ),
        ),
        (
            "TE.CL",
            format!("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n{chunked}"),
        ),
        (
            "two lengths",
            format!(
                "Content-Length: 0\r\nContent-Length: {}\r\n\r\n{inner}",
                inner.len()
            ),
        ),
        (
            "list of lengths",
            format!("Content-Length: 0, {}\r\n\r\n{inner}", inner.len()),
        ),
        ("signed length", format!("Content-Length: +0\r\n\r\n{inner}")),
        ("hex length", format!("Content-Length: 0x0\r\n\r\n{inner}")),
        (
            "unknown coding",
            format!("Transfer-Encoding: xchunked\r\n\r\n{chunked}"),
        ),
        (
            "coding list",
            format!("Transfer-Encoding: gzip, chunked\r\n\r\n{chunked}"),
        ),
        (
            "chunked first",
            format!("Transfer-Encoding: chunked, identity\r\n\r\n{chunked}"),
        ),
        (
            "two codings",
            format!("Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n\r\n{chunked}"),
        ),
        (
            "two chunked",
            format!("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n{chunked}"),
        ),
        (
            "space before colon",
            format!("Transfer-Encoding : chunked\r\n\r\n{chunked}"),
        ),
        (
            "folded",
            format!("Transfer-Encoding:\r\n chunked\r\n\r\n{chunked}"),
        ),
        (
            "vertical tab",
            format!("Transfer-Encoding: \x0bchunked\r\n\r\n{chunked}"),
        ),
        (
            "bare LF in header",
            format!("X: y\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n{chunked}"),
        ),
        ("null", format!("Content-Length: 0\r\nX: a\0b\r\n\r\n{inner}")),
        (
            "chunk size overflow",
            format!("Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{inner}"),
        ),
        (
            "chunk size sign",
            format!("Transfer-Encoding: chunked\r\n\r\n-1\r\n{inner}"),
        ),
        (
            "chunk without end",
            format!("Transfer-Encoding: chunked\r\n\r\n1\r\naX0\r\n\r\n{inner}"),
        ),
        (
            "HTTP/1.0 chunked",
            format!("Transfer-Encoding: chunked\r\n\r\n{chunked}"),
        ),
    ];
    for (name, rest) in corpus {
        let version = if *name == "HTTP/1.0 chunked" { "1.0" } else { "1.1" };
        let request = format!("POST /first HTTP/{version}\r\nHost: {PUBLIC}\r\n{rest}");
        let before = scene.arrived.load(Ordering::Relaxed);
        let mut tls = scene.tls(PUBLIC, &[b"http/1.1"]).await;
        tls.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ = timeout(Duration::from_millis(500), tls.read_to_end(&mut answer)).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        sleep(Duration::from_millis(50)).await;
        let arrived = scene.arrived.load(Ordering::Relaxed) - before;
        eprintln!(
            "{name:20} {} arrived {arrived}",
            answer.lines().next().unwrap_or("closed")
        );
        assert!(arrived <= 1, "{name}: {answer}");
        assert!(!answer.contains("/smuggled"), "{name}: {answer}");
        if status(&answer) == 200 {
            // Read in one way and framed anew; the service sees one framing only.
            let seen = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
            assert!(seen.starts_with("POST /first"), "{name}: {answer}");
            assert!(
                !(seen.contains("content-length: ") && seen.contains("transfer-encoding: ")),
                "{answer}"
            );
        }
    }
}

#[tokio::test]
async fn a_client_that_says_nothing_is_shown_out() {
    let limits = Limits {
        handshake: Duration::from_millis(1500),
        headers: Duration::from_millis(1500),
        idle: Duration::from_millis(1500),
        body_stall: Duration::from_millis(500),
        ..Limits::default()
    };
    let scene = scene_with(limits).await;
    let closed = async |what: &str, mut stream: Box<dyn tokio::io::AsyncRead + Unpin + Send>| {
        let mut rest = Vec::new();
        let read = timeout(Duration::from_mins(1), stream.read_to_end(&mut rest)).await;
        assert!(read.is_ok(), "{what} was kept");
        drop(stream);
        wait_until(what, || scene.ingress.connections() == 0).await;
    };
    closed(
        "no handshake",
        Box::new(TcpStream::connect(scene.https).await.unwrap()),
    )
    .await;
    closed(
        "no request",
        Box::new(TcpStream::connect(scene.http).await.unwrap()),
    )
    .await;
    closed(
        "no request over TLS",
        Box::new(scene.tls(BOARD, &[b"http/1.1"]).await),
    )
    .await;
    closed("no HTTP/2 preface", Box::new(scene.tls(BOARD, &[b"h2"]).await)).await;
    let mut slow = TcpStream::connect(scene.http).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHo").await.unwrap();
    closed("half a header", Box::new(slow)).await;
    let mut challenge = scene.tls(BOARD, &[b"acme-tls/1"]).await;
    assert_eq!(
        challenge.read(&mut [0; 1]).await.unwrap_or(0),
        0,
        "a challenge ends with the handshake"
    );

    // A body that stops: 408 for a service.
    let request = b"POST /sink HTTP/1.1\r\nHost: social.example.test\r\nContent-Length: 100\r\n\r\nonly this";
    let answer = scene.raw(PUBLIC, request).await;
    assert_eq!(status(&answer), 408, "{answer}");

    // HTTP/2 that falls silent is asked to leave.
    let mut client = scene.h2(BOARD).await;
    let ask = || {
        Request::get(format!("https://{BOARD}/"))
            .body(Full::<Bytes>::default())
            .unwrap()
    };
    assert_eq!(client.send_request(ask()).await.unwrap().status(), 200);
    wait_until("no silent HTTP/2", || scene.ingress.connections() == 0).await;
    assert!(client.send_request(ask()).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_at_once_are_all_served() {
    let scene = std::sync::Arc::new(scene().await);
    let start = Instant::now();
    let mut all = tokio::task::JoinSet::new();
    for number in 0..200 {
        let scene = std::sync::Arc::clone(&scene);
        all.spawn(async move {
            let answer = scene.get(PUBLIC, &format!("/{number}"), "").await;
            assert!(answer.contains(&format!("GET /{number}\n")), "{answer}");
        });
    }
    while let Some(done) = all.join_next().await {
        done.unwrap();
    }
    eprintln!("200 connections in {:?}", start.elapsed());
}

#[tokio::test]
async fn one_address_cannot_crowd_out_the_others() {
    let scene = scene_with(Limits {
        connections_per_address: 3,
        ..Limits::default()
    })
    .await;
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(scene.tls(BOARD, &[b"http/1.1"]).await);
    }
    let mut fourth = TcpStream::connect(scene.https).await.unwrap();
    assert_eq!(fourth.read(&mut [0; 1]).await.unwrap_or(0), 0);
    drop(open);
    wait_until("they are gone", || scene.ingress.connections() == 0).await;
    assert_eq!(status(&scene.get(BOARD, "/", "").await), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_megabytes_pass_in_little_memory() {
    const SIZE: usize = 1600 * 65536;
    let scene = scene().await;
    let before = resident();
    let mut most = 0;
    // Down.
    let mut tls = scene.tls(PUBLIC, &[b"http/1.1"]).await;
    tls.write_all(b"GET /big HTTP/1.1\r\nHost: social.example.test\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut buffer = vec![0; 65536];
    let mut total = 0;
    while let Ok(length @ 1..) = tls.read(&mut buffer).await {
        total += length;
        most = most.max(resident());
    }
    assert!(total > SIZE, "{total}");
    // Up.
    let mut tls = scene.tls(PUBLIC, &[b"http/1.1"]).await;
    let head = format!(
        "POST /sink HTTP/1.1\r\nHost: {PUBLIC}\r\nConnection: close\r\nContent-Length: {SIZE}\r\n\r\n"
    );
    tls.write_all(head.as_bytes()).await.unwrap();
    for _ in 0..SIZE / 65536 {
        tls.write_all(&buffer).await.unwrap();
        most = most.max(resident());
    }
    let mut answer = String::new();
    let _ = tls.read_to_string(&mut answer).await;
    assert!(answer.ends_with(&format!("\r\n\r\n{SIZE}")), "{answer}");
    // Up over HTTP/2, read slowly by nobody: flow control holds the client back.
    let grown = most.saturating_sub(before);
    eprintln!("grown by {grown} MiB, client and service included");
    assert!(grown < 30, "{grown} MiB");
}

#[tokio::test]
async fn a_panic_hurts_nobody_else() {
    let scene = scene().await;
    let mut client = scene.h2(BOARD).await;
    let ask = |path: &str| {
        Request::get(format!("https://{BOARD}{path}"))
            .body(Full::<Bytes>::default())
            .unwrap()
    };
    let slow = Request::get(format!("https://{PUBLIC}/slow"))
        .body(Full::<Bytes>::default())
        .unwrap();
    let slow = client.send_request(slow);
    let mut other = client.clone();
    let (slow, panicked) = tokio::join!(slow, other.send_request(ask("/panic")));
    assert_eq!(
        (slow.unwrap().status(), panicked.unwrap().status()),
        (http::StatusCode::OK, http::StatusCode::INTERNAL_SERVER_ERROR)
    );
    assert_eq!(client.send_request(ask("/")).await.unwrap().status(), 200);
}

#[tokio::test]
async fn shutting_down_lets_requests_end() {
    let scene = scene().await;
    let long = scene.get(PUBLIC, "/slow", "");
    let end = async {
        wait_until("the request is there", || {
            scene.arrived.load(Ordering::Relaxed) == 1
        })
        .await;
        scene.ingress.shutdown();
        timeout(Duration::from_mins(1), scene.ingress.closed())
            .await
            .unwrap();
        assert!(
            TcpStream::connect(scene.https).await.is_err(),
            "nobody listens any more"
        );
    };
    let (long, ()) = tokio::join!(long, end);
    assert!(long.contains("slow but here"), "{long}");
    let _ = MEMBERS;
}
