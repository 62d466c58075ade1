// SPDX-License-Identifier: AGPL-3.0-or-later
use super::*;
use proptest::prelude::*;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};

const EXPECTED: Expected<'static> = Expected {
    act: "webauthn.get",
    challenge: "Y2hhbGxlbmdl",
    origin: "https://oak.local:8441",
    site: "oak.local",
};

fn client(act: &str, challenge: &str, origin: &str, rest: &str) -> Vec<u8> {
    format!("{{\"type\":\"{act}\",\"challenge\":\"{challenge}\",\"origin\":\"{origin}\"{rest}}}").into_bytes()
}

fn good_client() -> Vec<u8> {
    client(
        "webauthn.get",
        EXPECTED.challenge,
        EXPECTED.origin,
        ",\"crossOrigin\":false,\"new\":[1]",
    )
}

fn device(site: &str, flags: u8, counter: u32) -> Vec<u8> {
    let mut bytes = digest(&SHA256, site.as_bytes()).as_ref().to_vec();
    bytes.push(flags);
    bytes.extend(counter.to_be_bytes());
    bytes
}

/// A device with a key on P-256.
struct Device(EcdsaKeyPair, PublicKey);

impl Device {
    fn new() -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref(), &random).unwrap();
        let spki = [&P256[..], pair.public_key().as_ref()].concat();
        let key = PublicKey::from_spki(&spki).unwrap();
        Self(pair, key)
    }

    fn sign(&self, client: &[u8], device: &[u8]) -> Vec<u8> {
        let message = [device, digest(&SHA256, client).as_ref()].concat();
        self.0
            .sign(&SystemRandom::new(), &message)
            .unwrap()
            .as_ref()
            .to_vec()
    }

    fn shows(&self, client: &[u8], device: &[u8]) -> Result<u32, Flaw> {
        shown(&self.1, client, device, &self.sign(client, device), &EXPECTED)
    }
}

#[test]
fn a_key_signs_in_for_this_site_and_this_challenge() {
    let mine = Device::new();
    let said = device("oak.local", 5, 7);
    assert_eq!(mine.shows(&good_client(), &said), Ok(7));
    for (bad, flaw) in [
        (
            client("webauthn.create", EXPECTED.challenge, EXPECTED.origin, ""),
            Flaw::Garbled,
        ),
        (
            client("webauthn.get", "b3RoZXI", EXPECTED.origin, ""),
            Flaw::Challenge,
        ),
        (client("webauthn.get", "", EXPECTED.origin, ""), Flaw::Challenge),
        (
            client("webauthn.get", EXPECTED.challenge, "https://oak.local", ""),
            Flaw::Origin,
        ),
        (
            client("webauthn.get", EXPECTED.challenge, "https://evil.example", ""),
            Flaw::Origin,
        ),
        (
            client(
                "webauthn.get",
                EXPECTED.challenge,
                EXPECTED.origin,
                ",\"crossOrigin\":true",
            ),
            Flaw::Origin,
        ),
        (b"{}".to_vec(), Flaw::Garbled),
        (b"[1]".to_vec(), Flaw::Garbled),
        (Vec::new(), Flaw::Garbled),
    ] {
        assert_eq!(
            mine.shows(&bad, &said),
            Err(flaw),
            "{}",
            String::from_utf8_lossy(&bad)
        );
    }
    for (bad, flaw) in [
        (device("elm.local", 5, 7), Flaw::Origin),
        (device("oak.local", 1, 7), Flaw::Unverified),
        (device("oak.local", 4, 7), Flaw::Unverified),
        (device("oak.local", 0, 7), Flaw::Unverified),
        (device("oak.local", 5, 7)[..36].to_vec(), Flaw::Garbled),
        (Vec::new(), Flaw::Garbled),
    ] {
        assert_eq!(mine.shows(&good_client(), &bad), Err(flaw));
    }
    // Neither another key's signature nor one over something else.
    let other = Device::new().sign(&good_client(), &said);
    assert_eq!(
        shown(&mine.1, &good_client(), &said, &other, &EXPECTED),
        Err(Flaw::Signature)
    );
    let before = mine.sign(&good_client(), &device("oak.local", 5, 6));
    assert_eq!(
        shown(&mine.1, &good_client(), &said, &before, &EXPECTED),
        Err(Flaw::Signature)
    );
    assert_eq!(
        shown(&mine.1, &good_client(), &said, &[], &EXPECTED),
        Err(Flaw::Signature)
    );
}

#[test]
fn ed25519_is_verified_as_well() {
    let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
    let key = PublicKey::from_spki(&[&EDWARDS[..], pair.public_key().as_ref()].concat()).unwrap();
    assert_eq!(key.kind, Kind::Ed25519);
    let said = device("oak.local", 5, 0);
    let message = [&said[..], digest(&SHA256, &good_client()).as_ref()].concat();
    let signature = pair.sign(&message);
    assert_eq!(
        shown(&key, &good_client(), &said, signature.as_ref(), &EXPECTED),
        Ok(0)
    );
    assert_eq!(
        shown(
            &key,
            &good_client(),
            &device("oak.local", 5, 1),
            signature.as_ref(),
            &EXPECTED
        ),
        Err(Flaw::Signature)
    );
}

/// Made once by `openssl genpkey`, and what it signed (`openssl dgst -sha256 -sign`): ring makes no RSA keys.
const RSA_KEY: &str = concat!(
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAnNPnUPnywXX8VALOd-YqW3x4dsAon0sdu6DmVAkIFWVoN3",
    "SHLkeXAiuutOmFapI39f2SuYE0vokDxpZlXoC8p36JgSXS-MVwW6ACozIEJs3WH1kUZ3xWRpcOILzIZ81IMlCc1k6l",
    "53PCR9wEU6IZWCAo7ZQns6_MLY19wT3i6YJ01E4SKmlRTbGYS7yQdW3O5fVN-DAzWplHt5qTPGkjZZ0Qip6DCuoaZw",
    "M4yabMD13V0Rf7jRXLJoAP1EZ5n0ZpTO6Pc9jvmzK7uTUoickCxwJynGKFeUtV2u_BYSTLCpg-aiKci6NxLsnX-2Nx",
    "xfqRoqncmuAn2XvrU5zZ-0D6hwIDAQAB",
);
const RSA_SIGNED: &str = concat!(
    "ALjY-bt0EvX2F2N7ThkAwBlPEpOpHEzwzxOU48ESQj8208tB_nGa9FaHyKy1fHtvmAEhILbjFq2R4AcKXv-efh00Qx",
    "GZHG9kiTU-1lX9zSFPaChvpiy6eKXQ_9xKVt9XyjHV7ec7NBs7ZkY0-EYrTdl34-k0SoSXYD1Z507r0lshpL_hZH2C",
    "1MBt_UISYytYSgJbB2EENsVFMD2F0AJoc9CXKV-qJKSuICeAq6ENNAWbQOkvwqj3mCU-tFU_x-zbPlE-221D6nNCPC",
    "TSNREQGH6ahYGOu-uUpv4xJbEi4qsqK1SP24H2P0Vcx5804hLz56OaSJ9D-aIYLq9zIUSKCA",
);

#[test]
fn rsa_is_verified_as_well() {
    let key = PublicKey::from_spki(&decode(RSA_KEY).unwrap()).unwrap();
    assert_eq!(key.kind, Kind::Rs256);
    let (said, signature) = (device("oak.local", 5, 3), decode(RSA_SIGNED).unwrap());
    assert_eq!(shown(&key, &good_client(), &said, &signature, &EXPECTED), Ok(3));
    let other = device("oak.local", 5, 4);
    assert_eq!(
        shown(&key, &good_client(), &other, &signature, &EXPECTED),
        Err(Flaw::Signature)
    );
}

#[test]
fn a_new_key_has_an_id_and_is_of_a_known_kind() {
    let expected = Expected {
        act: "webauthn.create",
        ..EXPECTED
    };
    let said = client("webauthn.create", EXPECTED.challenge, EXPECTED.origin, "");
    let with_id = |length: u16, id: &[u8]| {
        let mut bytes = device("oak.local", 0x45, 0);
        bytes.extend([0; 16]);
        bytes.extend(length.to_be_bytes());
        bytes.extend(id);
        bytes
    };
    assert_eq!(
        made(&said, &with_id(3, b"abc and the key"), &expected),
        Ok((b"abc".to_vec(), 0))
    );
    for bad in [
        with_id(0, b""),
        with_id(9, b"abc"),
        with_id(2000, &[0; 2000]),
        device("oak.local", 0x45, 0),
    ] {
        assert_eq!(made(&said, &bad, &expected), Err(Flaw::Garbled));
    }
    assert_eq!(
        made(&said, &device("oak.local", 5, 0), &expected),
        Err(Flaw::Garbled),
        "without a key"
    );
    for bad in [
        &b""[..],
        &P256,
        &[&P256[..], &[2; 65]].concat(),
        &[&P256[..], &[4; 64]].concat(),
        &EDWARDS,
    ] {
        assert_eq!(PublicKey::from_spki(bad), Err(Flaw::Kind));
    }
}

proptest! {
    /// Whatever a browser sends is answered, and opens nothing.
    #[test]
    fn nothing_that_was_made_up_opens(
        client in proptest::collection::vec(any::<u8>(), 0..200),
        device in proptest::collection::vec(any::<u8>(), 0..200),
        signature in proptest::collection::vec(any::<u8>(), 0..80),
        point in proptest::collection::vec(any::<u8>(), 65..66),
    ) {
        let key = PublicKey { kind: Kind::Es256, point };
        prop_assert!(shown(&key, &client, &device, &signature, &EXPECTED).is_err());
        prop_assert!(shown(&key, &good_client(), &device, &signature, &EXPECTED).is_err());
        prop_assert!(made(&client, &device, &EXPECTED).is_err());
        let _ = made(&good_client(), &device, &EXPECTED);
    }
}
