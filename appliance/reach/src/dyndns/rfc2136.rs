// SPDX-License-Identifier: AGPL-3.0-or-later
//! Dynamic update of a zone (RFC 2136), signed by TSIG (RFC 8945).

use super::Outcome;
use crate::records::{Addresses, TTL};
use hickory_proto::{
    op::{Message, OpCode, Query, ResponseCode},
    rr::{
        DNSClass, Name, RData, Record, RecordType, TSigVerifier, TSigner,
        rdata::{A, AAAA, TXT, tsig},
    },
};
use serde::{Deserialize, Serialize};
use std::{fmt, io, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use types::{Domain, Timestamp};

/// How far the clocks may differ, in seconds (RFC 8945 section 10).
const FUDGE: u16 = 300;

/// Time to live of a record that is taken away again after a minute, in seconds.
const PROOF_TTL: u32 = 60;

/// How an update is signed (RFC 8945 section 6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TsigAlgorithm {
    /// hmac-sha256.
    #[default]
    HmacSha256,
    /// hmac-sha384.
    HmacSha384,
    /// hmac-sha512.
    HmacSha512,
}

/// A zone that may be updated.
#[derive(Clone)]
pub struct Rfc2136 {
    /// The zone's primary server, asked by TCP.
    pub server: SocketAddr,
    /// The zone.
    pub zone: Domain,
    /// The name to keep; the zone or a name in it.
    pub name: Domain,
    /// The key's name.
    pub key_name: String,
    /// The key, decoded.
    pub key: Vec<u8>,
    /// The key's algorithm.
    pub algorithm: TsigAlgorithm,
    /// Time for the whole exchange.
    pub within: Duration,
}

impl fmt::Debug for Rfc2136 {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (server, zone, name) = (self.server, &self.zone, &self.name);
        write!(
            f,
            "Rfc2136 {{ server: {server}, zone: {zone:?}, name: {name:?}, .. }}"
        )
    }
}

impl Rfc2136 {
    /// Sends an update that [`super::State::decide`] asked for: A and AAAA of the name are replaced in one message,
    /// nothing else is touched.
    pub async fn update(&self, addresses: &Addresses, now: Timestamp) -> Outcome {
        self.send(self.name.as_str(), |name| replaced(name, addresses), now)
            .await
    }

    /// Makes a TXT record of `owner`, a name in the zone without the dot at the end, beside any that are there.
    pub async fn add_text(&self, owner: &str, text: &str, now: Timestamp) -> Outcome {
        let add = |name: &Name| vec![self::text(name, text)];
        self.send(owner, add, now).await
    }

    /// Takes that record away; it is fine if it is not there.
    pub async fn remove_text(&self, owner: &str, text: &str, now: Timestamp) -> Outcome {
        let remove = |name: &Name| {
            // RFC 2136 section 2.5.4: delete an RR from an RRset.
            let mut record = self::text(name, text);
            (record.dns_class, record.ttl) = (DNSClass::NONE, 0);
            vec![record]
        };
        self.send(owner, remove, now).await
    }

    async fn send(&self, owner: &str, updates: impl Fn(&Name) -> Vec<Record>, now: Timestamp) -> Outcome {
        let outcome = match self.message(owner, updates, now) {
            Ok((bytes, verifier)) => match tokio::time::timeout(self.within, self.exchange(&bytes)).await {
                Ok(Ok(answer)) => read(&answer, verifier),
                Ok(Err(error)) => {
                    log::warn!("update of {owner}: {error}");
                    Outcome::Unreachable
                }
                Err(_) => Outcome::Unreachable,
            },
            Err(outcome) => outcome,
        };
        log::info!("update of {owner}: {outcome}");
        outcome
    }

    fn message(
        &self,
        owner: &str,
        updates: impl Fn(&Name) -> Vec<Record>,
        now: Timestamp,
    ) -> Result<(Vec<u8>, TSigVerifier), Outcome> {
        let parse = |name: &str| Name::from_ascii(format!("{name}.")).map_err(|_| Outcome::NotFqdn);
        let (zone, name) = (parse(self.zone.as_str())?, parse(owner)?);
        if !zone.zone_of(&name) {
            return Err(Outcome::NoHost);
        }
        // RFC 2136 section 2.3: the zone stands where a question would.
        let mut question = Query::new();
        question
            .set_name(zone)
            .set_query_class(DNSClass::IN)
            .set_query_type(RecordType::SOA);
        let mut message = Message::query();
        message.metadata.op_code = OpCode::Update;
        message.metadata.recursion_desired = false;
        message.add_query(question);
        for record in updates(&name) {
            message.add_authority(record);
        }
        let algorithm = match self.algorithm {
            TsigAlgorithm::HmacSha256 => tsig::TsigAlgorithm::HmacSha256,
            TsigAlgorithm::HmacSha384 => tsig::TsigAlgorithm::HmacSha384,
            TsigAlgorithm::HmacSha512 => tsig::TsigAlgorithm::HmacSha512,
        };
        let key_name = parse(self.key_name.trim_end_matches('.')).map_err(|_| Outcome::BadAuth)?;
        let signer =
            TSigner::new(self.key.clone(), algorithm, key_name, FUDGE).map_err(|_| Outcome::BadAuth)?;
        let time = u64::try_from(now.0).map_err(|_| Outcome::BadTime)?;
        let verifier = message
            .finalize(&signer, time)
            .ok()
            .flatten()
            .ok_or(Outcome::BadAuth)?;
        Ok((message.to_vec().map_err(|_| Outcome::NotFqdn)?, verifier))
    }

    /// By TCP (RFC 1035 section 4.2.2): nobody but the server can answer, and there is room for the signature.
    async fn exchange(&self, message: &[u8]) -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(self.server).await?;
        let length = u16::try_from(message.len()).map_err(io::Error::other)?;
        stream
            .write_all(&[&length.to_be_bytes(), message].concat())
            .await?;
        let length = stream.read_u16().await?;
        let mut answer = vec![0; usize::from(length)];
        stream.read_exact(&mut answer).await?;
        Ok(answer)
    }
}

/// What makes A and AAAA of a name these addresses.
fn replaced(name: &Name, addresses: &Addresses) -> Vec<Record> {
    let delete = [RecordType::A, RecordType::AAAA].into_iter().map(|kind| {
        // RFC 2136 section 2.5.2: delete an RRset.
        let mut delete = Record::<RData>::update0(name.clone(), 0, kind).into_record_of_rdata();
        delete.dns_class = DNSClass::ANY;
        delete
    });
    let v4 = addresses.v4.map(|address| RData::A(A(address)));
    let v6 = addresses.v6.map(|address| RData::AAAA(AAAA(address)));
    let new = v4.into_iter().chain(v6);
    delete
        .chain(new.map(|data| Record::from_rdata(name.clone(), TTL, data)))
        .collect()
}

fn text(name: &Name, text: &str) -> Record {
    Record::from_rdata(
        name.clone(),
        PROOF_TTL,
        RData::TXT(TXT::new(vec![text.to_owned()])),
    )
}

/// Reads the answer. A success counts only with the server's signature (RFC 8945 section 5.3).
fn read(answer: &[u8], mut verifier: TSigVerifier) -> Outcome {
    let Ok(message) = Message::from_vec(answer) else {
        return Outcome::Garbled;
    };
    match message.response_code {
        ResponseCode::NoError if verifier.verify(answer).is_ok() => Outcome::Good,
        ResponseCode::NoError => Outcome::BadAuth,
        // NOTAUTH with a TSIG error (RFC 8945 section 5.2), else not authoritative for the zone.
        ResponseCode::NotAuth => match message.signature().map(|tsig| tsig.data.error) {
            Some(Some(tsig::TsigError::BadTime)) => Outcome::BadTime,
            Some(Some(_)) => Outcome::BadAuth,
            _ => Outcome::NoHost,
        },
        ResponseCode::NotZone | ResponseCode::Refused => Outcome::NoHost,
        ResponseCode::ServFail | ResponseCode::NotImp => Outcome::ServerDown,
        _ => Outcome::Garbled,
    }
}
