// SPDX-License-Identifier: AGPL-3.0-or-later
//! Records that prove a name, as they arrive: at a server that takes signed updates (RFC 2136, RFC 8945), and at a hook.
#![allow(clippy::unwrap_used, reason = "a test may end by panicking")]

use hickory_proto::{
    op::{Message, OpCode},
    rr::{DNSClass, Name, RData, TSigResponseContext, TSigner, rdata::tsig::TsigAlgorithm},
};
use reach::{
    Addresses, Hook, HookError,
    dyndns::{Outcome, Rfc2136, TsigAlgorithm as Algorithm},
};
use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use types::Timestamp;

const KEY: &[u8] = b"a key of thirty-two bytes or more";
const NOW: Timestamp = Timestamp(1_795_600_000);

type Records = Arc<Mutex<BTreeSet<(String, String)>>>;

/// A primary server of `example.org` that takes updates signed by this key.
async fn zone() -> (SocketAddr, Records) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, records) = (listener.local_addr().unwrap(), Records::default());
    let there = Arc::clone(&records);
    tokio::spawn(async move {
        loop {
            let (mut tcp, _) = listener.accept().await.unwrap();
            let length = tcp.read_u16().await.unwrap();
            let mut request = vec![0; usize::from(length)];
            tcp.read_exact(&mut request).await.unwrap();
            let answer = update(&request, &there);
            tcp.write_u16(u16::try_from(answer.len()).unwrap()).await.unwrap();
            tcp.write_all(&answer).await.unwrap();
        }
    });
    (address, records)
}

fn update(request: &[u8], records: &Records) -> Vec<u8> {
    let name = Name::from_ascii("board-key.").unwrap();
    let signer = TSigner::new(KEY.to_vec(), TsigAlgorithm::HmacSha256, name, 300).unwrap();
    let message = Message::from_vec(request).unwrap();
    let id = message.metadata.id;
    let mut answer = Message::response(id, OpCode::Update);
    let time = u64::try_from(NOW.0).unwrap();
    let context = match signer.verify_message_byte(request, None, true) {
        Ok((mac, _, when)) if when.contains(&time) => {
            assert_eq!(message.metadata.op_code, OpCode::Update);
            assert_eq!(message.queries[0].name().to_ascii(), "example.org.");
            for record in &message.authorities {
                let RData::TXT(text) = &record.data else { continue };
                let text = String::from_utf8(text.txt_data.concat()).unwrap();
                let entry = (record.name.to_ascii(), text);
                match record.dns_class {
                    DNSClass::IN => records.lock().unwrap().insert(entry),
                    DNSClass::NONE => records.lock().unwrap().remove(&entry),
                    other => panic!("{other}"),
                };
            }
            TSigResponseContext::new(id, time, signer, mac, None)
        }
        _ => {
            answer.metadata.response_code = hickory_proto::op::ResponseCode::NotAuth;
            TSigResponseContext::bad_signature(id, time, signer)
        }
    };
    let signature = context.sign(&answer.to_vec().unwrap()).unwrap();
    answer.set_signature(signature);
    answer.to_vec().unwrap()
}

fn client(server: SocketAddr, key: &[u8]) -> Rfc2136 {
    Rfc2136 {
        server,
        zone: "example.org".parse().unwrap(),
        name: "board.example.org".parse().unwrap(),
        key_name: "board-key".into(),
        key: key.to_vec(),
        algorithm: Algorithm::HmacSha256,
        within: Duration::from_mins(1),
    }
}

#[tokio::test]
async fn a_text_record_is_made_beside_others_and_taken_away_alone() {
    let (server, records) = zone().await;
    let client = client(server, KEY);
    let owner = "_acme-challenge.example.org";
    for text in ["one", "two"] {
        assert_eq!(client.add_text(owner, text, NOW).await, Outcome::Good);
    }
    assert_eq!(client.remove_text(owner, "one", NOW).await, Outcome::Good);
    let left: Vec<_> = records.lock().unwrap().iter().cloned().collect();
    assert_eq!(
        left,
        [("_acme-challenge.example.org.".to_owned(), "two".to_owned())]
    );
    // The addresses of the name that follows the board go the same way.
    let addresses = Addresses {
        v4: Some([192, 0, 2, 7].into()),
        v6: None,
    };
    assert_eq!(client.update(&addresses, NOW).await, Outcome::Good);
}

#[tokio::test]
async fn a_wrong_key_another_zone_and_silence_are_told_apart() {
    let (server, records) = zone().await;
    let wrong = client(server, b"another key of thirty-two bytes!!");
    assert_eq!(
        wrong.add_text("_acme-challenge.example.org", "x", NOW).await,
        Outcome::BadAuth
    );
    let right = client(server, KEY);
    assert_eq!(
        right.add_text("_acme-challenge.example.net", "x", NOW).await,
        Outcome::NoHost
    );
    assert!(records.lock().unwrap().is_empty());
    let nobody = client(([127, 0, 0, 1], 1).into(), KEY);
    assert_eq!(
        nobody.add_text("_acme-challenge.example.org", "x", NOW).await,
        Outcome::Unreachable
    );
}

#[tokio::test]
async fn a_hook_is_told_what_to_make_and_may_refuse() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hook = Hook {
        url: format!("http://{}/dns/", listener.local_addr().unwrap()),
        user: "board".into(),
        password: "secret".into(),
        within: Duration::from_mins(1),
    };
    let heard = tokio::spawn(async move {
        let mut heard = Vec::new();
        for status in ["200 OK", "403 Forbidden"] {
            let (mut tcp, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                assert_ne!(tcp.read_buf(&mut request).await.unwrap(), 0);
            }
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnope");
            tcp.write_all(answer.as_bytes()).await.unwrap();
            heard.push(String::from_utf8(request).unwrap());
        }
        heard
    });
    hook.present("_acme-challenge.example.org", "value")
        .await
        .unwrap();
    let refused = hook
        .cleanup("_acme-challenge.example.org", "value")
        .await
        .unwrap_err();
    assert!(
        matches!(&refused, HookError::Refused { text, .. } if text == "nope"),
        "{refused}"
    );
    let heard = heard.await.unwrap();
    assert!(heard[0].starts_with("POST /dns/present HTTP/1.1"), "{}", heard[0]);
    assert!(heard[1].starts_with("POST /dns/cleanup HTTP/1.1"), "{}", heard[1]);
    for request in heard {
        assert!(
            request
                .to_lowercase()
                .contains("authorization: basic ym9hcmq6c2vjcmv0"),
            "{request}"
        );
        assert!(
            request.ends_with(r#"{"fqdn":"_acme-challenge.example.org.","value":"value"}"#),
            "{request}"
        );
    }
}
