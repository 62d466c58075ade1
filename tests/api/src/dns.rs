// SPDX-License-Identifier: AGPL-3.0-or-later
//! A DNS server on loopback that knows one zone, and answers as its own server and as a resolver.

use reach::lookup::LookupSettings;
use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};
use supervisor::outside::Questions;
use tokio::net::UdpSocket;

/// The zone that it knows.
pub const ZONE: &str = "example.test";

/// The server; ends with the test's runtime.
pub struct Dns {
    address: SocketAddr,
    names: Arc<Mutex<BTreeMap<String, Vec<IpAddr>>>>,
    texts: Texts,
}

/// Names and their TXT records.
type Texts = Arc<Mutex<BTreeSet<(String, String)>>>;

impl Dns {
    /// Starts it, knowing nothing but its zone.
    pub async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let names: Arc<Mutex<BTreeMap<String, Vec<IpAddr>>>> = Arc::default();
        let known = Arc::clone(&names);
        let texts = Texts::default();
        let known_texts = Arc::clone(&texts);
        tokio::spawn(async move {
            let mut bytes = [0; 1500];
            while let Ok((length, from)) = socket.recv_from(&mut bytes).await {
                let reply = answer(
                    &bytes[..length],
                    &known.lock().unwrap(),
                    &known_texts.lock().unwrap(),
                );
                if let Some(reply) = reply {
                    let _ = socket.send_to(&reply, from).await;
                }
            }
        });
        Self {
            address,
            names,
            texts,
        }
    }

    /// What a board has to be told to ask this server and nobody else.
    pub fn questions(&self) -> Questions {
        Questions {
            dns: Some(LookupSettings {
                resolvers: Some(vec![self.address]),
                authority_port: self.address.port(),
                within: Duration::from_secs(2),
            }),
            router: false,
        }
    }

    /// Its TXT records: a name and a text each.
    pub fn texts(&self) -> Texts {
        Arc::clone(&self.texts)
    }

    /// Lets a name lead to an address.
    pub fn point(&self, name: &str, to: [u8; 4]) {
        self.names
            .lock()
            .unwrap()
            .insert(name.into(), vec![IpAddr::from(to)]);
    }
}

/// Answers A, NS, SOA and TXT (RFC 1035 section 4); everything else is known to be absent.
fn answer(
    query: &[u8],
    names: &BTreeMap<String, Vec<IpAddr>>,
    texts: &BTreeSet<(String, String)>,
) -> Option<Vec<u8>> {
    let mut at = 12;
    let mut labels = Vec::new();
    loop {
        let length = usize::from(*query.get(at)?);
        if length == 0 {
            break;
        }
        let label = query.get(at + 1..at + 1 + length)?;
        labels.push(String::from_utf8_lossy(label).to_lowercase());
        at += 1 + length;
    }
    let question = query.get(12..at + 5)?;
    let kind = u16::from_be_bytes([*query.get(at + 1)?, *query.get(at + 2)?]);
    let name = labels.join(".");
    let server = format!("ns.{ZONE}");
    let data: Vec<Vec<u8>> = match kind {
        1 if name == server => vec![Ipv4Addr::LOCALHOST.octets().into()],
        1 => names
            .get(&name)
            .into_iter()
            .flatten()
            .filter_map(octets)
            .collect(),
        2 if name == ZONE => vec![encode(&server)],
        6 if name == ZONE => {
            let numbers = [1u32, 3600, 600, 86_400, 60].map(u32::to_be_bytes).concat();
            vec![[encode(&server), encode(&format!("post.{ZONE}")), numbers].concat()]
        }
        16 => texts
            .iter()
            .filter(|(owner, _)| *owner == name)
            .map(|(_, text)| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat())
            .collect(),
        _ => Vec::new(),
    };
    let count = u16::try_from(data.len()).ok()?;
    let mut reply = query.get(..2)?.to_vec();
    // An answer, authoritative, with recursion.
    reply.extend([0x85, 0x80, 0, 1]);
    reply.extend(count.to_be_bytes());
    reply.extend([0; 4]);
    reply.extend(question);
    for data in data {
        reply.extend([0xc0, 12]);
        reply.extend(kind.to_be_bytes());
        reply.extend([0, 1, 0, 0, 0, 60]);
        reply.extend(u16::try_from(data.len()).ok()?.to_be_bytes());
        reply.extend(data);
    }
    Some(reply)
}

fn octets(address: &IpAddr) -> Option<Vec<u8>> {
    match address {
        IpAddr::V4(address) => Some(address.octets().into()),
        IpAddr::V6(_) => None,
    }
}

fn encode(name: &str) -> Vec<u8> {
    let label = |label: &str| [&[u8::try_from(label.len()).unwrap()], label.as_bytes()].concat();
    let mut bytes: Vec<u8> = name.split('.').flat_map(label).collect();
    bytes.push(0);
    bytes
}
