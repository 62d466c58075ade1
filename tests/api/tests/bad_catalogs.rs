// SPDX-License-Identifier: AGPL-3.0-or-later
//! Signed catalogs on the board's own disk, and what is not what was signed.

use api_tests::{Board, Person, Scene, with_version};
use release::SigningKey;
use serde_json::{Value, json};
use types::Catalog;

const IMAGE: &str = "usr/share/commonhost/bundles";
const DOWNLOADED: &str = "data/commonhost/bundles";

struct Publisher(SigningKey);

/// A catalog as it is carried to boards.
struct Published {
    json: Vec<u8>,
    signature: Vec<u8>,
}

impl Publisher {
    fn new() -> Self {
        Self(SigningKey::from_pkcs8(&SigningKey::generate().unwrap()).unwrap())
    }

    fn publish(&self, catalog: &Catalog) -> Published {
        let json = serde_json::to_vec(catalog).unwrap();
        let signature = self.0.sign(&json);
        Published { json, signature }
    }

    /// A board that trusts this publisher and came with version 1.
    fn scene(&self) -> Scene {
        let scene = Scene::new().with_file(
            "usr/share/commonhost/keys/catalog.pub",
            format!("{}\n", self.0.public()),
        );
        let first = self.publish(&with_version(1, "1.0", scene.now()));
        first.into_scene(scene, IMAGE)
    }
}

impl Published {
    fn into_scene(self, scene: Scene, folder: &str) -> Scene {
        scene
            .with_file(&format!("{folder}/catalog.json"), self.json)
            .with_file(&format!("{folder}/catalog.sig"), self.signature)
    }

    fn arrives(&self, board: &Board) {
        let folder = board.root().join(DOWNLOADED);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("catalog.json"), &self.json).unwrap();
        std::fs::write(folder.join("catalog.sig"), &self.signature).unwrap();
    }
}

async fn refresh(board: &Board, ada: &Person) -> Value {
    let answer = ada.post(board, "/api/v1/catalog/refresh", &json!({})).await;
    answer.expect(200).json()
}

async fn checks(board: &Board, ada: &Person) -> Vec<String> {
    let findings = ada.get(board, "/api/v1/checks").await.expect(200).json();
    let codes = findings.as_array().unwrap().iter();
    codes
        .map(|finding| finding["code"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_newer_catalog_that_is_signed_is_offered() {
    let publisher = Publisher::new();
    let board = publisher.scene().with_signed_catalogs().start().await;
    let ada = board.claim().await;
    ada.enables(&board, "notes").await;
    publisher
        .publish(&with_version(2, "2.0", board.now()))
        .arrives(&board);
    let list = refresh(&board, &ada).await;
    assert_eq!((&list["version"], &list["problems"]), (&json!(2), &json!([])));
    let shown = ada.service(&board, "notes").await;
    assert_eq!(
        (&shown["version"], &shown["update_available"]),
        (&json!("1.0"), &json!(true)),
        "nothing is updated unasked"
    );
}

#[tokio::test]
async fn one_flipped_byte_is_refused_and_the_older_catalog_goes_on() {
    let publisher = Publisher::new();
    let board = publisher.scene().with_signed_catalogs().start().await;
    let ada = board.claim().await;
    ada.enables(&board, "notes").await;
    let good = publisher.publish(&with_version(2, "2.0", board.now()));
    let length = good.json.len();
    for at in [0, length / 3, length / 2, length - 1] {
        let mut bad = Published {
            json: good.json.clone(),
            signature: good.signature.clone(),
        };
        bad.json[at] ^= 1;
        bad.arrives(&board);
        let list = refresh(&board, &ada).await;
        assert_eq!(list["version"], 1, "byte {at}");
        let problem = list["problems"][0].as_str().unwrap();
        assert!(problem.contains("was changed"), "{problem}");
        assert!(checks(&board, &ada).await.contains(&"catalog-refused".to_owned()));
    }
    assert_eq!(ada.service(&board, "notes").await["state"], "running");
    ada.enables(&board, "files").await;
    good.arrives(&board);
    assert_eq!(refresh(&board, &ada).await["version"], 2);
    assert!(!checks(&board, &ada).await.contains(&"catalog-refused".to_owned()));
}

#[tokio::test]
async fn a_signature_that_was_changed_cut_or_made_by_another_is_refused() {
    let publisher = Publisher::new();
    let board = publisher.scene().with_signed_catalogs().start().await;
    let ada = board.claim().await;
    let catalog = with_version(2, "2.0", board.now());
    let spoilt = |change: fn(&mut Vec<u8>)| {
        let mut bad = publisher.publish(&catalog);
        change(&mut bad.signature);
        bad
    };
    for bad in [
        spoilt(|signature| signature[10] ^= 0x40),
        spoilt(|signature| signature.truncate(63)),
        spoilt(Vec::clear),
        spoilt(|signature| signature.push(0)),
        Publisher::new().publish(&catalog),
    ] {
        bad.arrives(&board);
        let list = refresh(&board, &ada).await;
        assert_eq!(list["version"], 1);
        assert_eq!(list["problems"].as_array().unwrap().len(), 1, "{list}");
    }
    ada.enables(&board, "notes").await;
}

#[tokio::test]
async fn a_board_that_trusts_nobody_offers_nothing_and_says_why() {
    let publisher = Publisher::new();
    let scene = publisher
        .scene()
        .with_file("usr/share/commonhost/keys/catalog.pub", "not a key");
    let board = scene.with_signed_catalogs().start().await;
    let ada = board.claim().await;
    let list = ada.get(&board, "/api/v1/catalog").await.expect(200).json();
    assert_eq!(list["services"], json!([]));
    let found = checks(&board, &ada).await;
    for code in ["catalog-missing", "catalog-refused"] {
        assert!(found.contains(&code.to_owned()), "{found:?}");
    }
    let answer = ada.put(&board, "/api/v1/services/notes", &json!({})).await;
    answer.refused(404, "not_found");
}

#[tokio::test]
async fn a_service_is_not_stopped_because_its_catalog_is_gone() {
    let publisher = Publisher::new();
    let board = publisher.scene().with_signed_catalogs().start().await;
    let ada = board.claim().await;
    ada.enables(&board, "notes").await;
    std::fs::write(board.root().join(IMAGE).join("catalog.sig"), [0; 64]).unwrap();
    refresh(&board, &ada).await;
    board
        .until("the service is known to be without its catalog", async || {
            ada.service(&board, "notes").await["state"] == "failing"
        })
        .await;
    let observed = board.observe().await;
    assert_eq!(
        observed.services["notes"].units["main"].active,
        types::Active::Active
    );
    let reason = ada.service(&board, "notes").await["reason"].clone();
    assert!(
        reason.as_str().unwrap().contains("not in any catalog"),
        "{reason}"
    );
}
