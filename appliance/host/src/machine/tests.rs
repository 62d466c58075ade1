// SPDX-License-Identifier: AGPL-3.0-or-later
use crate::{FakeHost, Host, HostError, ReleaseSource, render::fixtures};
use std::sync::Arc;
use types::{
    Active, Digest, Observed, ServiceName, Timestamp,
    host::{HostReply, HostRequest},
    release::{Release, ReleaseVersion},
};

struct Board {
    root: tempfile::TempDir,
    host: FakeHost,
}

struct NoReleases;

impl ReleaseSource for NoReleases {
    fn release(&self, _: &ReleaseVersion, _: &str) -> Option<Release> {
        None
    }
}

fn board() -> Board {
    let root = tempfile::tempdir().unwrap();
    let host = FakeHost::new(root.path(), Arc::new(fixtures::Catalog), Box::new(NoReleases));
    Board { root, host }
}

fn service() -> ServiceName {
    "diary".parse().unwrap()
}

impl Board {
    async fn ask(&self, request: HostRequest) -> HostReply {
        self.host.ask(request).await.unwrap()
    }

    async fn enable(&self) {
        let input = fixtures::input();
        self.ask(HostRequest::MountBundles {
            service: service(),
            entry: input.entry.clone(),
        })
        .await;
        self.ask(HostRequest::Render(input)).await;
        self.ask(HostRequest::Start { service: service() }).await;
    }

    async fn observe(&self) -> Observed {
        match self.ask(HostRequest::Observe).await {
            HostReply::Observed(observed) => observed,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn an_enabled_service_is_observed_with_what_it_was_rendered_and_started_from() {
    let board = board();
    board.enable().await;
    let observed = board.observe().await;
    let seen = &observed.services[&service()];
    let expected = crate::rendering_digest(&fixtures::input());
    assert_eq!(seen.rendered, Some(expected.clone()));
    let main = &seen.units["main"];
    assert_eq!(
        (main.active, main.started_from.clone()),
        (Active::Active, Some(expected))
    );
    assert!(seen.data);
}

#[tokio::test]
async fn a_removed_service_leaves_its_data_in_the_archive_and_nothing_else() {
    let board = board();
    board.enable().await;
    std::fs::write(board.root.path().join("data/services/diary/entry"), "dear diary").unwrap();
    let archive = HostRequest::Archive {
        service: service(),
        at: Timestamp(1_800_000_000),
    };
    let refused = board.host.ask(archive.clone()).await.unwrap_err();
    assert!(refused.to_string().contains("remove them first"), "{refused}");

    board.ask(HostRequest::Remove { service: service() }).await;
    board.ask(HostRequest::Remove { service: service() }).await;
    let HostReply::Archived { archive: Some(name) } = board.ask(archive.clone()).await else {
        panic!()
    };
    assert_eq!(board.ask(archive).await, HostReply::Archived { archive: None });
    let kept = board.root.path().join("data/archive").join(&name).join("entry");
    assert_eq!(std::fs::read_to_string(kept).unwrap(), "dear diary");
    assert!(board.observe().await.services.is_empty());

    let HostReply::Archives { archives } = board.ask(HostRequest::Archives).await else {
        panic!()
    };
    assert_eq!(archives[0].service, service());
    board.ask(HostRequest::Purge { archive: name }).await;
    assert!(
        std::fs::read_dir(board.root.path().join("data/archive"))
            .unwrap()
            .next()
            .is_none()
    );
}

#[tokio::test]
async fn requests_that_do_not_fit_are_refused_with_a_reason() {
    let board = board();
    let code = |error: HostError| match error {
        HostError::Refused { code, message } => {
            assert!(message.len() > 10, "{message}");
            code
        }
        other => panic!("{other}"),
    };
    let unknown = HostRequest::MountBundles {
        service: service(),
        entry: Digest::from_bytes(&[9; 32]),
    };
    assert_eq!(code(board.host.ask(unknown).await.unwrap_err()), "unknown_entry");
    let start = HostRequest::Start { service: service() };
    assert_eq!(code(board.host.ask(start).await.unwrap_err()), "refused");
    let mut input = fixtures::input();
    input.settings.clear();
    assert_eq!(
        code(board.host.ask(HostRequest::Render(input)).await.unwrap_err()),
        "refused"
    );
    for archive in ["../services", "diary", "", "diary-5/..", "-5"] {
        let purge = HostRequest::Purge {
            archive: archive.into(),
        };
        assert_eq!(code(board.host.ask(purge).await.unwrap_err()), "refused");
    }
}

#[test]
fn no_line_of_bytes_is_taken_for_a_request_it_is_not() {
    for line in [
        r#"{"do":"mount_bundles","service":"../x","entry":"0"}"#,
        r#"{"do":"start","service":"a b"}"#,
        r#"{"do":"run","command":"sh"}"#,
        r#"{"do":"start"}"#,
        r#"{"do":"start","service":"diary","path":"/etc"}"#,
    ] {
        assert!(serde_json::from_str::<HostRequest>(line).is_err(), "{line}");
    }
}
