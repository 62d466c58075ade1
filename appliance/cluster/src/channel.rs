// SPDX-License-Identifier: AGPL-3.0-or-later
//! The connection between two paired boards: TLS 1.3 in which each side proves the key that it was paired with.
//!
//! There are no certificates: both sides show their bare public keys (RFC 7250), and each knows which it takes. Who
//! asks takes the one key that it meant; who answers takes the keys of its peers. A stranger gets no further than the
//! handshake. The front door hands such connections over by their server name, so they need no port of their own.

use crate::Identity;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme,
    client::{
        AlwaysResolvesClientRawPublicKeys,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, verify_tls13_signature_with_raw_key},
    pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime},
    server::{
        AlwaysResolvesServerRawPublicKeys,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
    sign::CertifiedKey,
};
use std::{fmt, sync::Arc};
use types::BoardKey;

/// The server name of all such connections: it tells listeners nothing of who meets whom.
pub const SERVER_NAME: &str = "peer.commonhost.internal";
/// The protocol spoken inside.
pub const PROTOCOL: &[u8] = b"commonhost-peer/1";
/// The other one: HTTP, by which backups are kept ([`crate::holding`]).
pub const BACKUPS: &[u8] = b"commonhost-backups/1";

/// How an Ed25519 public key is written (RFC 8410, section 4), up to the key.
const HEAD: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// Whether a board may come in.
pub type Known = Arc<dyn Fn(&BoardKey) -> bool + Send + Sync>;

/// For a connection to the board with this key, and to no other, in which this protocol is spoken.
///
/// # Errors
/// When rustls cannot use our key.
pub fn client(us: &Identity, them: BoardKey, protocol: &[u8]) -> Result<ClientConfig, rustls::Error> {
    let provider = provider();
    let key = ours(us, &provider)?;
    let verifier = Arc::new(Keys {
        known: Arc::new(move |key| *key == them),
        provider: Arc::clone(&provider),
    });
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_client_cert_resolver(Arc::new(AlwaysResolvesClientRawPublicKeys::new(key)));
    config.alpn_protocols = vec![protocol.to_vec()];
    Ok(config)
}

/// For connections of boards that are known.
///
/// # Errors
/// When rustls cannot use our key.
pub fn server(us: &Identity, known: Known) -> Result<ServerConfig, rustls::Error> {
    let provider = provider();
    let key = ours(us, &provider)?;
    let verifier = Arc::new(Keys {
        known,
        provider: Arc::clone(&provider),
    });
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(key)));
    config.alpn_protocols = vec![PROTOCOL.to_vec(), BACKUPS.to_vec()];
    // Every connection proves the key anew: whoever was unpaired in between holds nothing that opens one.
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// The key of the board on the other side, after the handshake.
pub fn peer(session: &rustls::CommonState) -> Option<BoardKey> {
    key_of(session.peer_certificates()?.first()?)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn ours(us: &Identity, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, rustls::Error> {
    let public = CertificateDer::from([&HEAD[..], &us.key().0].concat());
    let secret = PrivatePkcs8KeyDer::from(us.pkcs8());
    let secret = provider.key_provider.load_private_key(secret.into())?;
    Ok(Arc::new(CertifiedKey::new(vec![public], secret)))
}

fn key_of(public: &CertificateDer<'_>) -> Option<BoardKey> {
    let key = public.strip_prefix(&HEAD[..])?;
    key.try_into().map(BoardKey).ok()
}

/// Takes bare keys that are known, and nothing else.
struct Keys {
    known: Known,
    provider: Arc<CryptoProvider>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    fn take(&self, public: &CertificateDer<'_>, further: &[CertificateDer<'_>]) -> Result<(), rustls::Error> {
        let key = key_of(public).filter(|key| further.is_empty() && (self.known)(key));
        let stranger = CertificateError::ApplicationVerificationFailure;
        key.map(drop).ok_or(rustls::Error::InvalidCertificate(stranger))
    }

    fn verify(
        &self,
        message: &[u8],
        public: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let public = SubjectPublicKeyInfoDer::from(public.as_ref());
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature_with_raw_key(message, &public, signed, algorithms)
    }
}

/// There is only TLS 1.3 here.
fn old() -> rustls::Error {
    rustls::Error::General("boards speak TLS 1.3 with each other".into())
}

impl ServerCertVerifier for Keys {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.take(end_entity, intermediates)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(old())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verify(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

impl ClientCertVerifier for Keys {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        self.take(end_entity, intermediates)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(old())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verify(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::{ClientConnection, ServerConnection};

    /// A handshake in memory: whom each side met.
    fn meet(client: ClientConfig, server: ServerConfig) -> Result<(BoardKey, BoardKey), rustls::Error> {
        let name = ServerName::try_from(SERVER_NAME).unwrap();
        let mut client = ClientConnection::new(Arc::new(client), name).unwrap();
        let mut server = ServerConnection::new(Arc::new(server)).unwrap();
        while client.is_handshaking() || server.is_handshaking() {
            let mut wire = Vec::new();
            client.write_tls(&mut wire).unwrap();
            server.read_tls(&mut &wire[..]).unwrap();
            server.process_new_packets()?;
            let mut wire = Vec::new();
            server.write_tls(&mut wire).unwrap();
            client.read_tls(&mut &wire[..]).unwrap();
            client.process_new_packets()?;
        }
        Ok((peer(&server).unwrap(), peer(&client).unwrap()))
    }

    fn identity() -> Identity {
        Identity::generate().unwrap()
    }

    fn only(key: BoardKey) -> Known {
        Arc::new(move |other| *other == key)
    }

    #[test]
    fn two_paired_boards_know_each_other_by_their_keys() {
        let (oak, elm) = (identity(), identity());
        let met = meet(
            client(&oak, elm.key(), PROTOCOL).unwrap(),
            server(&elm, only(oak.key())).unwrap(),
        );
        assert_eq!(met, Ok((oak.key(), elm.key())));
    }

    #[test]
    fn what_is_spoken_is_chosen_in_the_handshake() {
        let (oak, elm) = (identity(), identity());
        for (protocol, understood) in [(PROTOCOL, true), (BACKUPS, true), (&b"songs/1"[..], false)] {
            let from_oak = client(&oak, elm.key(), protocol).unwrap();
            let met = meet(from_oak, server(&elm, only(oak.key())).unwrap());
            assert_eq!(met.is_ok(), understood);
        }
    }

    #[test]
    fn a_stranger_gets_no_further_than_the_handshake() {
        let (oak, elm, fox) = (identity(), identity(), identity());
        let from_fox = client(&fox, elm.key(), PROTOCOL).unwrap();
        assert!(meet(from_fox, server(&elm, only(oak.key())).unwrap()).is_err());
        let to_fox = client(&oak, elm.key(), PROTOCOL).unwrap();
        assert!(meet(to_fox, server(&fox, only(oak.key())).unwrap()).is_err());
    }

    #[test]
    fn somebody_without_a_key_is_not_taken() {
        let elm = identity();
        let keys = Arc::new(Keys {
            known: only(elm.key()),
            provider: provider(),
        });
        let config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(keys)
            .with_no_client_auth();
        assert!(meet(config, server(&elm, Arc::new(|_| true)).unwrap()).is_err());
    }
}
