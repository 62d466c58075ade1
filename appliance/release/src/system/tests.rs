// SPDX-License-Identifier: AGPL-3.0-or-later
use super::{document::*, *};
use crate::SigningKey;
use proptest::prelude::*;
use std::collections::BTreeMap;
use types::{
    Digest, Timestamp,
    release::{Channel, Release, ReleaseVersion, Releases, SchemaRange, SlotFile, Wave},
};

const NOW: Timestamp = Timestamp(1_800_000_000);
const WEEK: i64 = 7 * 86_400;

fn key() -> SigningKey {
    SigningKey::from_pkcs8(&SigningKey::generate().unwrap()).unwrap()
}

/// Those who sign.
struct Makers {
    roots: Vec<SigningKey>,
    targets: SigningKey,
    snapshot: SigningKey,
    timestamp: SigningKey,
}

impl Makers {
    fn new() -> Self {
        Self {
            roots: vec![key(), key(), key()],
            targets: key(),
            snapshot: key(),
            timestamp: key(),
        }
    }

    fn root(&self, version: u64, signers: &[&SigningKey]) -> String {
        let keys = |keys: &[&SigningKey], threshold| RoleKeys {
            keys: keys.iter().map(|key| key.public().to_string()).collect(),
            threshold,
        };
        let roots: Vec<&SigningKey> = self.roots.iter().collect();
        let roles = BTreeMap::from([
            (Role::Root, keys(&roots, 2)),
            (Role::Targets, keys(&[&self.targets], 1)),
            (Role::Snapshot, keys(&[&self.snapshot], 1)),
            (Role::Timestamp, keys(&[&self.timestamp], 1)),
        ]);
        seal(&signed(Role::Root, version, RootDoc { roles }), signers).unwrap()
    }

    fn image(&self) -> Trusted {
        Trusted::from_image(&self.root(1, &[&self.roots[0], &self.roots[1]])).unwrap()
    }

    fn metadata(&self, versions: [u64; 3], releases: &[&str]) -> Metadata {
        let [timestamp, snapshot, targets] = versions;
        let releases = Releases {
            releases: releases.iter().map(|version| release(version)).collect(),
        };
        let targets_file = seal(&signed(Role::Targets, targets, releases), &[&self.targets]).unwrap();
        let body = SnapshotDoc {
            targets: Pinned::of(targets, &targets_file),
        };
        let snapshot_file = seal(&signed(Role::Snapshot, snapshot, body), &[&self.snapshot]).unwrap();
        let body = TimestampDoc {
            snapshot: Pinned::of(snapshot, &snapshot_file),
        };
        Metadata {
            roots: Vec::new(),
            timestamp: seal(&signed(Role::Timestamp, timestamp, body), &[&self.timestamp]).unwrap(),
            snapshot: snapshot_file,
            targets: targets_file,
        }
    }
}

fn signed<T>(role: Role, version: u64, body: T) -> Signed<T> {
    Signed {
        role,
        version,
        expires: Timestamp(NOW.0 + WEEK),
        body,
    }
}

fn release(version: &str) -> Release {
    Release {
        version: version.parse().unwrap(),
        channel: Channel::Stable,
        created: NOW,
        boards: vec!["pi".into()],
        bootloader: None,
        root: Digest::from_bytes(&[1; 32]),
        files: vec![SlotFile {
            name: "root.erofs".into(),
            size: 1000,
            sha256: Digest::from_bytes(&[2; 32]),
        }],
        schema: SchemaRange { oldest: 1, newest: 9 },
        urgent: false,
        waves: Vec::new(),
        changes: BTreeMap::new(),
    }
}

#[test]
fn what_is_signed_and_fresh_is_believed() {
    let makers = Makers::new();
    let trusted = makers
        .image()
        .advance(&makers.metadata([5, 4, 3], &["0.2.0"]), NOW)
        .unwrap();
    assert_eq!(trusted.versions(), [1, 5, 4, 3]);
    assert_eq!(trusted.releases().releases.len(), 1);
    // The same again, and newer ones.
    let trusted = trusted
        .advance(&makers.metadata([5, 4, 3], &["0.2.0"]), NOW)
        .unwrap();
    trusted
        .advance(&makers.metadata([6, 4, 3], &["0.2.0"]), NOW)
        .unwrap();
}

#[test]
fn old_metadata_is_refused_role_by_role() {
    let makers = Makers::new();
    let trusted = makers
        .image()
        .advance(&makers.metadata([5, 4, 3], &["0.2.0"]), NOW)
        .unwrap();
    for (versions, role) in [
        ([4, 4, 3], Role::Timestamp),
        ([6, 3, 3], Role::Snapshot),
        ([6, 5, 2], Role::Targets),
    ] {
        let error = trusted
            .advance(&makers.metadata(versions, &["0.1.0"]), NOW)
            .unwrap_err();
        assert!(
            matches!(error, TrustError::Older { role: old, .. } if old == role),
            "{error}"
        );
        assert!(error.to_string().contains("holds back"), "{error}");
    }
}

#[test]
fn frozen_metadata_is_refused_when_its_week_is_over() {
    let makers = Makers::new();
    let metadata = makers.metadata([1, 1, 1], &[]);
    let trusted = makers.image().advance(&metadata, NOW).unwrap();
    let later = Timestamp(NOW.0 + WEEK);
    let error = trusted.advance(&metadata, later).unwrap_err();
    assert!(matches!(error, TrustError::Expired { .. }), "{error}");
    // What was accepted is still known, so that nothing older is.
    assert_eq!(makers.image().load(&metadata).unwrap(), trusted);
}

#[test]
fn mixed_metadata_is_refused() {
    let makers = Makers::new();
    let old = makers.metadata([1, 1, 1], &["0.1.0"]);
    let new = makers.metadata([2, 2, 2], &["0.2.0"]);
    for mixed in [
        Metadata {
            targets: old.targets.clone(),
            ..new.clone()
        },
        Metadata {
            snapshot: old.snapshot.clone(),
            ..new.clone()
        },
        Metadata {
            timestamp: old.timestamp.clone(),
            ..new.clone()
        },
        // One role's file in another's place.
        Metadata {
            snapshot: new.timestamp.clone(),
            ..new.clone()
        },
    ] {
        let error = makers.image().advance(&mixed, NOW).unwrap_err();
        assert!(matches!(error, TrustError::Mixed { .. }), "{error}");
    }
    let wrong = Metadata {
        timestamp: new.snapshot.clone(),
        ..new
    };
    let error = makers.image().advance(&wrong, NOW).unwrap_err();
    assert!(
        matches!(
            error,
            TrustError::Signatures {
                role: Role::Timestamp
            }
        ),
        "{error}"
    );
}

#[test]
fn other_peoples_keys_are_refused() {
    let (makers, others) = (Makers::new(), Makers::new());
    let error = makers
        .image()
        .advance(&others.metadata([1, 1, 1], &["9.0.0"]), NOW)
        .unwrap_err();
    assert!(matches!(error, TrustError::Signatures { .. }), "{error}");
}

#[test]
fn a_new_root_needs_the_old_keys_and_its_own() {
    let old = Makers::new();
    let new = Makers::new();
    let all = |signers: &[&SigningKey]| new.root(2, signers);
    let offered = |root: String| Metadata {
        roots: vec![root],
        ..new.metadata([1, 1, 1], &["0.2.0"])
    };
    let [o1, o2] = [&old.roots[0], &old.roots[1]];
    let [n1, n2] = [&new.roots[0], &new.roots[1]];
    let good = old
        .image()
        .advance(&offered(all(&[o1, o2, n1, n2])), NOW)
        .unwrap();
    assert_eq!(good.versions()[0], 2);
    // The keys before it no longer sign anything.
    assert!(good.advance(&old.metadata([9, 9, 9], &[]), NOW).is_err());
    for signers in [
        &[o1, o2][..],
        &[n1, n2],
        &[o1, n1, n2],
        &[o1, o1, n1, n2],
        &[o1, o2, n1],
    ] {
        assert!(old.image().advance(&offered(all(signers)), NOW).is_err());
    }
    let gap = new.root(3, &[o1, o2, n1, n2]);
    assert!(matches!(
        old.image().advance(&offered(gap), NOW),
        Err(TrustError::RootGap { .. })
    ));
}

#[test]
fn one_signature_twice_is_one_signature() {
    let makers = Makers::new();
    let root = makers.root(1, &[&makers.roots[0], &makers.roots[0]]);
    assert!(matches!(
        Trusted::from_image(&root),
        Err(TrustError::Signatures { .. })
    ));
}

/// Ten thousand documents, each with something changed somewhere.
#[test]
fn ten_thousand_mutations_and_none_is_accepted() {
    let makers = Makers::new();
    let good = makers.metadata([5, 4, 3], &["0.2.0", "0.3.0"]);
    let root = makers.root(2, &[&makers.roots[0], &makers.roots[1]]);
    let good = Metadata {
        roots: vec![root],
        ..good
    };
    let image = makers.image();
    image.advance(&good, NOW).unwrap();
    let mut state = 20_261_125_u64;
    let mut chance = move |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(state >> 33).unwrap() % limit
    };
    let mut refused = 0;
    while refused < 10_000 {
        let mut bad = good.clone();
        let which = chance(4);
        let text = match which {
            0 => &mut bad.roots[0],
            1 => &mut bad.timestamp,
            2 => &mut bad.snapshot,
            _ => &mut bad.targets,
        };
        let mut bytes = text.clone().into_bytes();
        let at = chance(bytes.len());
        match chance(7) {
            0 => bytes[at] ^= 1 << chance(8),
            1 => bytes.truncate(at),
            2 => drop(bytes.remove(at)),
            3 => bytes.insert(at, b" \"{}[],:0aA\n"[chance(12)]),
            4 => bytes[at] = b'0' + u8::try_from(chance(10)).unwrap(),
            5 => bytes.extend_from_within(at..),
            _ => {
                let to = chance(bytes.len());
                bytes.swap(at, to);
            }
        }
        let Ok(changed) = String::from_utf8(bytes) else {
            continue;
        };
        if changed == *text {
            continue;
        }
        *text = changed;
        let result = image.advance(&bad, NOW);
        assert!(result.is_err(), "accepted: {bad:?}");
        refused += 1;
    }
}

fn board<'a>(version: &'a ReleaseVersion, seed: &'a str) -> Board<'a> {
    Board {
        kind: "pi",
        version,
        channel: Channel::Stable,
        schema: 5,
        bootloader: None,
        seed,
        failed: None,
    }
}

#[test]
fn the_newest_release_for_this_board_is_chosen() {
    let releases = Releases {
        releases: vec![
            release("0.2.0"),
            release("0.10.0"),
            Release {
                boards: vec!["pc".into()],
                ..release("3.0.0")
            },
            Release {
                channel: Channel::Candidate,
                ..release("0.11.0")
            },
        ],
    };
    let chosen = |board: &Board<'_>| choose(&releases, board).map(|offer| offer.release.version.to_string());
    let version = "0.1.0".parse().unwrap();
    let here = board(&version, "oak");
    assert_eq!(chosen(&here).as_deref(), Some("0.10.0"));
    let brave = Board {
        channel: Channel::Candidate,
        ..here.clone()
    };
    assert_eq!(chosen(&brave).as_deref(), Some("0.11.0"));
    let burnt = Board {
        failed: Some("0.10.0"),
        ..here
    };
    assert_eq!(chosen(&burnt).as_deref(), Some("0.2.0"));
    let newest = "0.10.0".parse().unwrap();
    assert_eq!(chosen(&board(&newest, "oak")), None);
}

#[test]
fn what_cannot_be_taken_says_why_and_gives_way_to_what_can() {
    let mut newer = release("0.3.0");
    newer.schema.oldest = 6;
    let version = "0.1.0".parse().unwrap();
    let alone = Releases {
        releases: vec![newer.clone()],
    };
    assert_eq!(
        choose(&alone, &board(&version, "oak")).unwrap().blocked,
        Some(Blocked::Schema)
    );
    let both = Releases {
        releases: vec![newer, release("0.2.0")],
    };
    assert_eq!(
        choose(&both, &board(&version, "oak"))
            .unwrap()
            .release
            .version
            .as_str(),
        "0.2.0"
    );
    let mut old = release("0.2.0");
    old.bootloader = Some(Timestamp(1_670_000_000));
    let old = Releases { releases: vec![old] };
    for built in [None, Some(Timestamp(1_600_000_000))] {
        let here = Board {
            bootloader: built,
            ..board(&version, "oak")
        };
        assert_eq!(choose(&old, &here).unwrap().blocked, Some(Blocked::Bootloader));
    }
}

#[test]
fn waves_reach_the_share_they_name() {
    let mut release = release("0.2.0");
    release.waves = vec![
        Wave {
            after_hours: 0,
            percent: 5,
        },
        Wave {
            after_hours: 48,
            percent: 40,
        },
        Wave {
            after_hours: 144,
            percent: 100,
        },
    ];
    let due = |after: i64| {
        let at = Timestamp(NOW.0 + after * 3600);
        (0..4000)
            .filter(|board| wave_time(&release, &format!("board {board}")) <= at)
            .count()
    };
    for (after, percent) in [(0, 5), (47, 5), (48, 40), (144, 100)] {
        let share = due(after);
        assert!(
            share.abs_diff(percent * 40) < 100,
            "{share} of 4000 after {after} hours"
        );
    }
    release.urgent = true;
    assert!((0..100).all(|board| wave_time(&release, &format!("board {board}")) == NOW));
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_fail(text in ".{0,400}") {
        let _ = Trusted::from_image(&text);
        let envelope = Envelope { signed: text, signatures: Vec::new() };
        let _ = Trusted::from_image(&serde_json::to_string(&envelope).unwrap());
    }
}
