// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who is reached under which name, and what a request looks like when it arrives.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may end by panicking"
)]

mod support;

use bytes::Bytes;
use http::{Request, Version};
use http_body_util::{BodyExt as _, Full};
use ingress::{RouteTable, ServiceRoute, ServiceState, Target};
use std::sync::Arc;
use support::{BOARD, MEMBERS, PUBLIC, scene, status, table, wait_until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use types::manifest::Access;

const ADA: &str = "Cookie: a=1; __Host-commonhost=ada; b=2\r\n";

#[tokio::test]
async fn each_name_leads_to_its_target() {
    let scene = scene().await;
    let answer = scene.get(BOARD, "/", "").await;
    assert!(
        answer.contains("board secure=true name=Some(\"kitchen.local\")"),
        "{answer}"
    );
    let answer = scene.get(PUBLIC, "/x?y=1", "").await;
    assert!(answer.contains("GET /x?y=1\n"), "{answer}");
    assert!(answer.contains(&format!("host: {PUBLIC}\n")), "{answer}");
    let answer = scene
        .raw(
            BOARD,
            b"GET / HTTP/1.1\r\nHost: closed.example.test\r\nConnection: close\r\n\r\n",
        )
        .await;
    assert_eq!(status(&answer), 404, "{answer}");
}

#[tokio::test]
async fn a_name_that_is_not_ours_is_refused() {
    let scene = scene().await;
    let before = scene.arrived.load(std::sync::atomic::Ordering::Relaxed);
    for (host, expected) in [
        ("Host: attacker.test\r\n", 421),
        ("Host: kitchen.local.attacker.test\r\n", 421),
        ("", 400),
        ("Host:\r\n", 400),
        ("Host: a b\r\n", 400),
        ("Host: kitchen.local\r\nHost: attacker.test\r\n", 400),
        ("Host: kitchen.local:99999999\r\n", 400),
        ("Host: KITCHEN.local.:8443\r\n", 200),
    ] {
        let request =
            format!("GET / HTTP/1.1\r\n{host}Connection: close\r\nAccept: application/json\r\n\r\n");
        for answer in [
            scene.raw(BOARD, request.as_bytes()).await,
            scene.raw_plain(request.as_bytes()).await,
        ] {
            assert_eq!(status(&answer), expected, "{host}: {answer}");
            if expected == 421 {
                assert!(answer.contains(r#""code":"unknown_host""#), "{answer}");
            }
        }
    }
    // The absolute form must agree with Host, and only ours is served.
    let answer = scene
        .raw(
            BOARD,
            b"GET https://attacker.test/ HTTP/1.1\r\nHost: kitchen.local\r\nConnection: close\r\n\r\n",
        )
        .await;
    assert_eq!(status(&answer), 400, "{answer}");
    // A handshake for another name must not lead to one of ours.
    let answer = scene
        .raw(
            "unknown.test",
            b"GET / HTTP/1.1\r\nHost: kitchen.local\r\nConnection: close\r\n\r\n",
        )
        .await;
    assert_eq!(status(&answer), 421, "{answer}");
    let answer = scene
        .raw(
            MEMBERS,
            b"GET / HTTP/1.1\r\nHost: kitchen.local\r\nConnection: close\r\n\r\n",
        )
        .await;
    assert_eq!(status(&answer), 200, "{answer}");
    for method in ["TRACE", "CONNECT"] {
        let target = if method == "CONNECT" {
            "kitchen.local:443"
        } else {
            "/"
        };
        let request =
            format!("{method} {target} HTTP/1.1\r\nHost: kitchen.local\r\nConnection: close\r\n\r\n");
        let answer = scene.raw(BOARD, request.as_bytes()).await;
        assert!([400, 405].contains(&status(&answer)), "{answer}");
    }
    assert_eq!(scene.arrived.load(std::sync::atomic::Ordering::Relaxed), before);
}

#[tokio::test]
async fn plain_http_serves_local_names_and_sends_the_others_to_tls() {
    let scene = scene().await;
    for host in [BOARD, "127.0.0.1", "localhost:8081", "[::1]:80"] {
        let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = scene.raw_plain(request.as_bytes()).await;
        assert!(
            answer.contains("board secure=false name=None"),
            "{host}: {answer}"
        );
    }
    let answer = scene.raw_plain(b"POST /a?b=c HTTP/1.1\r\nHost: social.example.test:80\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").await;
    assert_eq!(status(&answer), 308, "{answer}");
    assert!(
        answer.contains("location: https://social.example.test/a?b=c\r\n"),
        "{answer}"
    );
    // ACME comes before all else, and only here.
    let token = "/.well-known/acme-challenge/known";
    let request = format!("GET {token} HTTP/1.1\r\nHost: social.example.test\r\nConnection: close\r\n\r\n");
    let answer = scene.raw_plain(request.as_bytes()).await;
    assert!(answer.ends_with("\r\n\r\nknown.thumbprint"), "{answer}");
    let answer = scene.get(PUBLIC, token, "").await;
    assert!(!answer.contains("thumbprint"), "{answer}");
}

#[tokio::test]
async fn nobody_can_claim_to_be_somebody_else() {
    let scene = scene().await;
    let forged = "X-Who: mallory\r\nx_who: mallory\r\nX_Who-Groups: mallory\r\nX-Remote-User: mallory\r\n\
        X_Remote_User: mallory\r\nRemote-User: mallory\r\nREMOTE_USER: mallory\r\nX.Remote.User: mallory\r\n\
        X-Remote-Groups: mallory\r\nX-Forwarded-User: mallory\r\nX-Forwarded-Email: mallory\r\n\
        X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: mallory\r\nX-Forwarded-Host: mallory\r\n\
        X_Forwarded_For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nProxy: mallory\r\n\
        Connection: close, X-Forwarded-For, Cookie, X-Who\r\nX-Original-URL: /mallory\r\n";
    for (host, credentials) in [(MEMBERS, ADA), (PUBLIC, ADA), (BOARD, "")] {
        let path = if host == BOARD { "/headers" } else { "/" };
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{forged}{credentials}\r\n");
        let answer = scene.raw(host, request.as_bytes()).await;
        assert_eq!(status(&answer), 200, "{answer}");
        assert!(
            !answer.contains("mallory") && !answer.contains("6.6.6.6"),
            "{host}: {answer}"
        );
        if host != BOARD {
            assert!(answer.contains("x-forwarded-for: 127.0.0.1\n"), "{answer}");
            assert!(answer.contains("x-forwarded-proto: https\n"), "{answer}");
            assert!(
                answer.contains(&format!("x-forwarded-host: {host}\n")),
                "{answer}"
            );
            assert!(answer.contains("cookie: a=1; b=2\n"), "{answer}");
        }
        assert_eq!(answer.contains("x-who: ada\n"), host == MEMBERS, "{answer}");
        assert_eq!(
            answer.contains("x-who-groups: stewards,choir\n"),
            host == MEMBERS,
            "{answer}"
        );
    }
}

#[tokio::test]
async fn the_gate_stands_before_services_for_members() {
    let scene = scene().await;
    for path in [
        "/",
        "/.well-known/../private",
        "/.well-known/%2e%2e/private",
        "/.well-known//x",
    ] {
        let answer = scene.get(MEMBERS, path, "").await;
        assert_eq!(status(&answer), 401, "{path}: {answer}");
    }
    assert_eq!(scene.arrived.load(std::sync::atomic::Ordering::Relaxed), 0);
    let answer = scene
        .get(MEMBERS, "/.well-known/caldav", "X-Who: mallory\r\n")
        .await;
    assert!(status(&answer) == 200 && !answer.contains("x-who"), "{answer}");

    // An app password is used up at the gate; another service's own sign-in is left alone.
    let basic = "Authorization: Basic YWRhOnNlY3JldA==\r\n";
    let answer = scene.get(MEMBERS, "/", basic).await;
    assert!(
        answer.contains("x-who: ada\n") && !answer.contains("authorization"),
        "{answer}"
    );
    let answer = scene.get(PUBLIC, "/", basic).await;
    assert!(answer.contains("authorization: Basic"), "{answer}");
    let answer = scene
        .get(MEMBERS, "/", &format!("{ADA}Authorization: Bearer own\r\n"))
        .await;
    assert!(answer.contains("authorization: Bearer own\n"), "{answer}");

    // The sign-in handoff is the board's, on any service's host.
    let answer = scene.get(MEMBERS, "/.commonhost/handoff", "").await;
    assert!(
        answer.contains("handoff for radicale at calendar-kitchen.local"),
        "{answer}"
    );
}

#[tokio::test]
async fn http2_reaches_board_and_services() {
    let scene = scene().await;
    let mut client = scene.h2(MEMBERS).await;
    let request = Request::get(format!("https://{MEMBERS}/x"))
        .version(Version::HTTP_2)
        .header("cookie", "a=1")
        .header("cookie", "__Host-commonhost=ada")
        .header("cookie", "b=2")
        .header("x-who", "mallory")
        .body(Full::<Bytes>::default())
        .unwrap();
    let answer = client.send_request(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    let text = String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap();
    assert!(text.starts_with("GET /x\n"), "{text}");
    assert!(
        text.contains("x-who: ada\n") && text.contains("cookie: a=1; b=2\n"),
        "{text}"
    );
    assert!(text.contains(&format!("host: {MEMBERS}\n")), "{text}");

    let request = Request::get(format!("https://{BOARD}/headers"))
        .body(Full::default())
        .unwrap();
    let answer = client.send_request(request).await.unwrap();
    let text = String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap();
    assert!(
        text.contains("\"host\": \"kitchen.local\""),
        "the CSRF check compares it: {text}"
    );
    let request = Request::get("https://attacker.test/")
        .body(Full::default())
        .unwrap();
    assert_eq!(client.send_request(request).await.unwrap().status(), 421);
}

#[tokio::test]
async fn names_come_and_go_while_a_long_request_runs() {
    let scene = scene().await;
    let long = scene.get(PUBLIC, "/slow", "");
    let change = async {
        wait_until("the request is there", || {
            scene.arrived.load(std::sync::atomic::Ordering::Relaxed) == 1
        })
        .await;
        let mut table = table(scene.home.path());
        table.insert("new.example.test", Target::Board);
        scene.routes.store(Arc::new(table));
        let added = scene.get("new.example.test", "/", "").await;
        scene.routes.store(Arc::new(RouteTable::default()));
        let removed = scene.get("new.example.test", "/", "").await;
        (status(&added), status(&removed))
    };
    let (long, changes) = tokio::join!(long, change);
    assert_eq!(changes, (200, 421));
    assert!(long.contains("slow but here"), "{long}");
}

#[tokio::test]
async fn an_upgrade_passes_through_both_ways() {
    let scene = scene().await;
    let mut tls = scene.tls(MEMBERS, &[b"http/1.1"]).await;
    let request = format!(
        "GET /upgrade HTTP/1.1\r\nHost: {MEMBERS}\r\n{ADA}Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Key: abc\r\n\r\nearly"
    );
    tls.write_all(request.as_bytes()).await.unwrap();
    let mut seen = Vec::new();
    while !seen.ends_with(b"early") {
        assert_ne!(
            tls.read_buf(&mut seen).await.unwrap(),
            0,
            "{}",
            String::from_utf8_lossy(&seen)
        );
    }
    let head = String::from_utf8_lossy(&seen).to_lowercase();
    assert!(
        head.starts_with("http/1.1 101") && head.contains("upgrade: websocket"),
        "{head}"
    );
    for round in 0..100 {
        let message = format!("message {round}");
        tls.write_all(message.as_bytes()).await.unwrap();
        let mut echo = vec![0; message.len()];
        tls.read_exact(&mut echo).await.unwrap();
        assert_eq!(echo, message.as_bytes());
    }
    assert_eq!(
        scene.ingress.connections(),
        1,
        "an upgraded connection still counts"
    );
    drop(tls);
    wait_until("it is gone", || scene.ingress.connections() == 0).await;
    // Without the gate's consent nothing is upgraded.
    let request = format!(
        "GET /upgrade HTTP/1.1\r\nHost: {MEMBERS}\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n"
    );
    assert_eq!(status(&scene.raw(MEMBERS, request.as_bytes()).await), 401);
}

#[tokio::test]
async fn a_service_that_is_down_is_told_calmly_and_comes_back() {
    let scene = scene().await;
    let path = scene.socket("own.sock");
    let put = |state| {
        let route = ServiceRoute::new("radicale".parse().unwrap(), path.clone())
            .with_access(Access::Public, vec![])
            .with_state(state);
        let mut table = RouteTable::default();
        table.insert(MEMBERS, Target::Service(Arc::new(route)));
        scene.routes.store(Arc::new(table));
    };
    put(ServiceState::Serving);
    let down = scene.get(MEMBERS, "/", "Accept: application/json\r\n").await;
    assert!(
        status(&down) == 502 && down.contains("\"code\":\"service_unreachable\""),
        "{down}"
    );
    put(ServiceState::Starting);
    let starting = scene.get(MEMBERS, "/", "Accept: text/html\r\n").await;
    assert_eq!(status(&starting), 503, "{starting}");
    assert!(
        starting.contains("retry-after: 2\r\n") && starting.contains("<title>kitchen</title>"),
        "{starting}"
    );
    put(ServiceState::Stopped);
    let stopped = scene.get(MEMBERS, "/", "").await;
    assert!(
        status(&stopped) == 503 && stopped.contains("switched off"),
        "{stopped}"
    );

    // Restarted again and again, with connections left in the pool each time: no request notices.
    put(ServiceState::Serving);
    for round in 0..20 {
        let service = support::backend(&path, Arc::clone(&scene.arrived));
        assert_eq!(status(&scene.get(MEMBERS, "/", "").await), 200, "round {round}");
        service.abort();
        let _ = service.await;
    }
    assert_eq!(status(&scene.get(MEMBERS, "/", "").await), 502);
}

#[tokio::test]
async fn browsers_are_told_to_keep_to_tls_only_over_tls_and_only_for_names_that_earned_it() {
    let scene = scene().await;
    let told = |answer: &str| {
        answer
            .to_lowercase()
            .contains("strict-transport-security: max-age=604800\r\n")
    };
    for host in ["example.test", PUBLIC] {
        let answer = scene.get(host, "/", "").await;
        assert_eq!(status(&answer), 200, "{answer}");
        assert!(told(&answer), "{answer}");
        let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = scene.raw_plain(request.as_bytes()).await;
        assert_eq!(status(&answer), 308, "{answer}");
        assert!(
            !answer.to_lowercase().contains("strict-transport-security"),
            "{answer}"
        );
    }
    for host in [BOARD, MEMBERS] {
        let answer = scene.get(host, "/", "").await;
        assert!(
            !answer.to_lowercase().contains("strict-transport-security"),
            "{answer}"
        );
    }
}
