// SPDX-License-Identifier: AGPL-3.0-or-later
use super::*;
use types::{Digest, MemberName, Settings};

fn member(name: &str, role: Role) -> Member {
    Member {
        name: name.parse().unwrap(),
        display_name: name.into(),
        role,
        language: None,
        groups: Vec::new(),
        created: Timestamp(1),
    }
}

fn open(folder: &tempfile::TempDir) -> Store {
    Store::open(&folder.path().join("state.db")).unwrap()
}

async fn put(store: &Store, name: &str) -> String {
    let by: MemberName = "alice".parse().unwrap();
    let entry = Digest::from_bytes(&[1; 32]);
    store
        .put_service(name.parse().unwrap(), entry, Settings::new(), &by, Timestamp(5))
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_claims_exactly_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let claims = (0..100).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            let first = member(&format!("steward{number}"), Role::Steward);
            store
                .claim("oak".parse().unwrap(), first, "hash".into())
                .await
                .unwrap()
        })
    });
    let mut won = 0;
    for claim in claims.collect::<Vec<_>>() {
        won += u32::from(claim.await.unwrap());
    }
    assert_eq!(won, 1);
    assert_eq!(store.members().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_was_asked_survives_and_a_newer_request_takes_over() {
    let folder = tempfile::tempdir().unwrap();
    let first = {
        let store = open(&folder);
        put(&store, "radicale").await
    };
    let store = open(&folder);
    let desired = store.desired().await.unwrap();
    assert_eq!(desired.services.len(), 1);
    let second = put(&store, "radicale").await;
    let running = store.running_jobs().await.unwrap();
    assert_eq!(
        running.iter().map(|job| job.id.as_str()).collect::<Vec<_>>(),
        [second.as_str()]
    );
    assert_eq!(store.job(first).await.unwrap().unwrap().step, "superseded");
    assert_eq!(store.desired().await.unwrap().generation, desired.generation + 1);
}

#[tokio::test]
async fn the_last_steward_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let alice = member("alice", Role::Steward);
    store
        .claim("oak".parse().unwrap(), alice.clone(), "hash".into())
        .await
        .unwrap();
    let by = alice.name.clone();
    assert!(!store.remove_member(by.clone(), &by, Timestamp(2)).await.unwrap());
    let demoted = Member {
        role: Role::Member,
        ..alice.clone()
    };
    assert!(!store.change_member(demoted, &by, Timestamp(2)).await.unwrap());
    assert!(
        store
            .add_member(member("bob", Role::Steward), "hash".into(), &by)
            .await
            .unwrap()
    );
    assert!(
        !store
            .add_member(member("bob", Role::Member), "hash".into(), &by)
            .await
            .unwrap()
    );
    assert!(store.remove_member(by.clone(), &by, Timestamp(2)).await.unwrap());
}

#[tokio::test]
async fn a_changed_audit_record_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    for subject in ["one", "two", "three"] {
        store
            .record(Timestamp(1), "alice", "test", subject)
            .await
            .unwrap();
    }
    assert!(store.audit_is_whole().await.unwrap());
    let change =
        |sql: &'static str| store.run(move |connection| Ok(connection.execute(sql, []).map(|_| ())?));
    change("UPDATE audit SET subject = 'other' WHERE sequence = 2")
        .await
        .unwrap();
    assert!(!store.audit_is_whole().await.unwrap());
    change("UPDATE audit SET subject = 'two' WHERE sequence = 2")
        .await
        .unwrap();
    assert!(store.audit_is_whole().await.unwrap());
    change("DELETE FROM audit WHERE sequence = 2").await.unwrap();
    assert!(!store.audit_is_whole().await.unwrap());
}

#[tokio::test]
async fn a_damaged_database_is_replaced_by_the_newest_sound_copy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    {
        let store = open(&folder);
        put(&store, "radicale").await;
        store.copy_daily(Timestamp(86_400 * 20_000)).await.unwrap();
    }
    let mut bytes = std::fs::read(&path).unwrap();
    for byte in bytes.iter_mut().skip(100) {
        *byte ^= 0x5a;
    }
    std::fs::write(&path, bytes).unwrap();
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
    let store = open(&folder);
    assert_eq!(store.desired().await.unwrap().services.len(), 1);
    assert!(folder.path().join("state.db.damaged").exists());
}

#[tokio::test]
async fn only_three_daily_copies_are_kept_and_a_newer_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    for day in 0..5 {
        store.copy_daily(Timestamp(86_400 * day)).await.unwrap();
    }
    assert_eq!(copies(&folder.path().join("state.db")).len(), 3);
    store
        .run(|connection| {
            Ok(connection.execute_batch("PRAGMA user_version = 99; UPDATE schema_reader SET oldest = 99")?)
        })
        .await
        .unwrap();
    drop(store);
    let error = Store::open(&folder.path().join("state.db"))
        .map(|_| ())
        .unwrap_err();
    assert!(error.to_string().contains("newer release"), "{error}");
}
