// SPDX-License-Identifier: AGPL-3.0-or-later
use super::*;
use proptest::prelude::*;
use std::{collections::BTreeMap, error::Error, fs, path::Path, sync::LazyLock};
use types::{Catalog, CatalogEntry, Digest, Manifest, ServiceName, Timestamp, catalog::Bundle};

const DAY: i64 = 86_400;

struct Signed {
    key: PublicKey,
    json: Vec<u8>,
    signature: Vec<u8>,
}

fn signing_key() -> SigningKey {
    SigningKey::from_pkcs8(&SigningKey::generate().expect("random numbers")).expect("a key just made")
}

fn entry() -> CatalogEntry {
    CatalogEntry {
        manifest: "[service]\nname = \"notes\"\n".into(),
        templates: BTreeMap::from([("config.in".into(), "{{ settings.title }}\n".into())]),
        icon: "<svg/>".into(),
        bundles: vec![Bundle {
            digest: Digest::from_bytes(&[7; 32]),
            size: 4096,
            packages: BTreeMap::from([("notes".into(), "1.0-1".into())]),
        }],
    }
}

fn catalog() -> Catalog {
    Catalog {
        version: 5,
        created: Timestamp(1_000 * DAY),
        expires: Timestamp(1_090 * DAY),
        architecture: "arm64".into(),
        services: BTreeMap::from([(name("notes"), entry())]),
    }
}

fn name(text: &str) -> ServiceName {
    text.parse().expect("a service name")
}

fn signed() -> Signed {
    let key = signing_key();
    let json = serde_json::to_vec(&catalog()).expect("JSON");
    Signed {
        key: key.public(),
        signature: key.sign(&json),
        json,
    }
}

static SIGNED: LazyLock<Signed> = LazyLock::new(signed);

#[test]
fn a_catalog_comes_back_as_it_was_signed() {
    let signed = signed();
    assert_eq!(
        verify(&signed.json, &signed.signature, &signed.key).expect("verifies"),
        catalog()
    );
}

#[test]
fn another_key_is_not_trusted() {
    let signed = signed();
    let other = signing_key().public();
    assert!(matches!(
        verify(&signed.json, &signed.signature, &other),
        Err(CatalogError::Signature)
    ));
}

#[test]
fn a_cut_signature_or_document_is_refused() {
    let Signed { key, json, signature } = signed();
    for length in 0..signature.len() {
        assert!(matches!(
            verify(&json, &signature[..length], &key),
            Err(CatalogError::SignatureLength { .. })
        ));
    }
    for length in [0, 1, json.len() / 2, json.len() - 1] {
        assert!(matches!(
            verify(&json[..length], &signature, &key),
            Err(CatalogError::Signature)
        ));
    }
}

#[test]
fn signed_nonsense_is_an_error_that_says_what_to_do() {
    let key = signing_key();
    let error = verify(b"{}", &key.sign(b"{}"), &key.public()).expect_err("not a catalog");
    assert!(error.to_string().contains("update the board"));
    assert!(error.source().is_some());
}

#[test]
fn it_expires_at_the_second_named_in_it() {
    let catalog = catalog();
    assert!(check_expiry(&catalog, Timestamp(1_090 * DAY - 1)).is_ok());
    let error = check_expiry(&catalog, Timestamp(1_093 * DAY)).expect_err("expired");
    assert!(error.to_string().contains("3 days ago"), "{error}");
    // A board whose clock has not been set yet is earlier than everything; it may go on.
    assert!(check_expiry(&catalog, Timestamp(0)).is_ok());
}

#[test]
fn an_older_catalog_never_replaces_a_newer_one() {
    let present = catalog();
    let mut offered = catalog();
    assert!(check_replaces(&offered, &present).is_ok());
    offered.version = 6;
    assert!(check_replaces(&offered, &present).is_ok());
    offered.version = 4;
    assert!(matches!(
        check_replaces(&offered, &present),
        Err(CatalogError::Older {
            offered: 4,
            present: 5
        })
    ));
}

#[test]
fn a_catalog_for_other_hardware_is_refused() {
    assert!(check_architecture(&catalog(), "arm64").is_ok());
    assert!(matches!(
        check_architecture(&catalog(), "amd64"),
        Err(CatalogError::Architecture { .. })
    ));
}

#[test]
fn the_digest_of_an_entry_is_the_same_everywhere_and_for_ever() {
    // Boards keep these digests in their desired state: a change here breaks every one of them.
    assert_eq!(
        entry_digest(&entry()).as_str(),
        "1f947cb05c15c9f0989af5c9e8d6af4eb7c131dd8ec6eb921012b4cffe301ec4"
    );
}

#[test]
fn every_part_of_an_entry_changes_its_digest() {
    let same = entry_digest(&entry());
    let mut changed: Vec<CatalogEntry> = vec![entry(), entry(), entry(), entry()];
    changed[0].manifest.push('\n');
    changed[1].templates.insert("other".into(), String::new());
    changed[2].icon.push(' ');
    changed[3].bundles[0].size += 1;
    for entry in changed {
        assert_ne!(entry_digest(&entry), same);
    }
    let catalog = catalog();
    let (found, _) = find_entry(&catalog, &same).expect("there");
    assert_eq!(found.as_str(), "notes");
    assert!(find_entry(&catalog, &Digest::from_bytes(&[0; 32])).is_none());
}

#[test]
fn a_manifest_stands_under_its_own_name() {
    let mut catalog = catalog();
    assert!(matches!(
        manifest_of(&catalog, &name("maps")),
        Err(CatalogError::UnknownService(_))
    ));
    assert!(matches!(
        manifest_of(&catalog, &name("notes")),
        Err(CatalogError::Manifest { .. })
    ));
    let text = fs::read_to_string(services().join("snac/service.toml")).expect("snac's manifest");
    let entry = CatalogEntry {
        manifest: text,
        ..entry()
    };
    catalog.services.insert(name("snac"), entry.clone());
    assert!(manifest_of(&catalog, &name("snac")).is_ok());
    catalog.services.insert(name("notes"), entry);
    assert!(matches!(
        manifest_of(&catalog, &name("notes")),
        Err(CatalogError::NameMismatch { .. })
    ));
}

#[test]
fn a_folder_is_read_with_its_bounds() {
    let folder = tempfile::tempdir().expect("a folder");
    let Signed { key, json, signature } = signed();
    let missing = load_folder(folder.path(), &key).expect_err("empty");
    assert!(missing.to_string().contains("catalog.json"), "{missing}");

    fs::write(folder.path().join(CATALOG_FILE), &json).expect("written");
    fs::write(folder.path().join(SIGNATURE_FILE), &signature).expect("written");
    assert_eq!(load_folder(folder.path(), &key).expect("verifies"), catalog());

    fs::write(folder.path().join(SIGNATURE_FILE), vec![0; 1 << 20]).expect("written");
    assert!(matches!(
        load_folder(folder.path(), &key),
        Err(CatalogError::TooLarge {
            what: SIGNATURE_FILE,
            ..
        })
    ));
    let huge = fs::File::create(folder.path().join(CATALOG_FILE)).expect("made");
    huge.set_len(1 << 40).expect("a file with a hole");
    assert!(matches!(
        load_folder(folder.path(), &key),
        Err(CatalogError::TooLarge {
            what: CATALOG_FILE,
            ..
        })
    ));
}

#[test]
fn a_bundle_is_the_bytes_that_were_signed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("image");
    let mut bytes = vec![42; 300_000];
    fs::write(&path, &bytes).expect("written");
    let (digest, size) = digest_file(&path).expect("read");
    assert_eq!(size, 300_000);
    let bundle = Bundle {
        digest,
        size,
        packages: BTreeMap::new(),
    };
    assert!(verify_bundle(&path, &bundle).is_ok());

    bytes[299_999] ^= 1;
    fs::write(&path, &bytes).expect("written");
    assert!(matches!(
        verify_bundle(&path, &bundle),
        Err(BundleError::Digest { .. })
    ));
    bytes.pop();
    fs::write(&path, &bytes).expect("written");
    assert!(matches!(
        verify_bundle(&path, &bundle),
        Err(BundleError::Size { found: 299_999, .. })
    ));
    fs::remove_file(&path).expect("removed");
    assert!(matches!(
        verify_bundle(&path, &bundle),
        Err(BundleError::Read { .. })
    ));
}

#[test]
fn the_digest_is_sha_256() {
    // FIPS 180-2, appendix B.1.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("abc");
    fs::write(&path, "abc").expect("written");
    assert_eq!(
        digest_file(&path).expect("read").0.as_str(),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

#[test]
fn keys_survive_being_written_down() {
    let key = signing_key().public();
    assert_eq!(format!("{key}\n").parse::<PublicKey>(), Ok(key));
    assert_eq!(key.to_string().to_uppercase().parse::<PublicKey>(), Ok(key));
    for wrong in ["", "00", &"g".repeat(64), &"é".repeat(32), &"0".repeat(65)] {
        assert_eq!(wrong.parse::<PublicKey>(), Err(KeyError::Public));
    }
    assert_eq!(SigningKey::from_pkcs8(b"no key").err(), Some(KeyError::Private));
    assert!(!format!("{:?}", signing_key()).contains("seed"));
}

fn services() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../services")
}

#[test]
fn every_service_of_ours_is_complete() {
    let mut seen = 0;
    for folder in fs::read_dir(services()).expect("services/") {
        let folder = folder.expect("an entry").path();
        let Ok(text) = fs::read_to_string(folder.join("service.toml")) else {
            continue;
        };
        seen += 1;
        let manifest = Manifest::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        assert_eq!(
            Some(manifest.service.name.as_str()),
            folder.file_name().and_then(|name| name.to_str())
        );
        for file in manifest.files.values() {
            assert!(
                folder.join(&file.template).is_file(),
                "{} is missing",
                file.template
            );
        }
        let icon = fs::read_to_string(folder.join("icon.svg")).expect("icon.svg");
        assert!(
            icon.len() <= 1536 && icon.contains("currentColor"),
            "{}",
            folder.display()
        );
        assert!(
            !icon.contains("<script") && !icon.contains("href"),
            "{}",
            folder.display()
        );
        for language in types::Language::ALL {
            let texts = manifest.settings.values().map(|setting| &setting.title);
            for text in texts.chain([&manifest.service.connect, &manifest.data.export]) {
                assert!(
                    text.has(language),
                    "{}: a text lacks {}",
                    folder.display(),
                    language.code()
                );
            }
        }
    }
    assert!(seen >= 3, "{seen} services");
}

proptest! {
    #[test]
    fn no_single_flipped_bit_goes_unnoticed(place in any::<prop::sample::Index>(), bit in 0u8..8) {
        let Signed { key, json, signature } = &*SIGNED;
        let mut changed = [json.as_slice(), signature.as_slice()].concat();
        changed[place.index(json.len() + signature.len())] ^= 1 << bit;
        let (json, signature) = changed.split_at(json.len());
        prop_assert!(matches!(verify(json, signature, key), Err(CatalogError::Signature)));
    }

    #[test]
    fn strangers_bytes_are_an_error_and_never_a_panic(json in prop::collection::vec(any::<u8>(), 0..512), signature in prop::collection::vec(any::<u8>(), 0..96)) {
        prop_assert!(verify(&json, &signature, &SIGNED.key).is_err());
        let _ = String::from_utf8_lossy(&json).parse::<PublicKey>();
        let _ = SigningKey::from_pkcs8(&json);
    }
}
