// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether boards that this one watches answer, and what boards that watch this one see.

use super::{Check, Finding, Outcome, Pace};
use crate::{
    ApiError, App, data,
    peers::{self, PeerView},
};
use host::sensors::Network;
use std::collections::BTreeSet;
use types::{
    Timestamp,
    backup::{Place, Repository},
};
use web_ui::{Area, finding, title};

pub(super) const CHECK: Check = Check {
    name: "peers",
    area: Area::Peers,
    title: title::peers,
    pace: Pace::Always,
    look: |app| Box::pin(look(app)),
};

async fn look(app: &App) -> Result<Outcome, ApiError> {
    let mut views = Vec::new();
    for peer in peers::list(app).await? {
        views.push(peers::peer_view(app, peer).await?);
    }
    let places = data::overview(app).await?.repositories;
    let kept = |place: &Repository| match place.place {
        Place::Peer { board } => Some(board.to_string()),
        _ => None,
    };
    let places: BTreeSet<String> = places.iter().filter_map(kept).collect();
    let connected = app.readings().network.as_ref().is_none_or(connected);
    let mut found = judge(&views, connected);
    found.extend(keepers(&views, &places, app.now()));
    Ok(Outcome::Found(found))
}

/// Whoever is cut off says nothing of others: that it is cut off is told by another check.
fn connected(network: &Network) -> bool {
    network.links.is_empty() || network.links.iter().any(|link| link.up)
}

fn judge(views: &[PeerView], connected: bool) -> Vec<Finding> {
    let mut found = Vec::new();
    for peer in views {
        let page = format!("/peers/{}", peer.key);
        if peer.gone.is_some() {
            let words = finding::peers::left(&peer.name, &page);
            found.push(Finding::info("peer-left", words).about(&peer.name));
        } else if peer.silent.is_some() && connected {
            let words = finding::peers::silent(&peer.name, &page);
            found.push(Finding::warning("peer-silent", words).about(&peer.name));
        } else if let Some(face) = peer.face.as_ref().filter(|face| !face.answers && connected) {
            let words = finding::peers::face(&peer.name, &face.domain, &page);
            found.push(Finding::warning("peer-not-seen", words).about(&peer.name));
        }
    }
    found.extend(own_face(views));
    found
}

/// Seconds ahead of its end that an agreement about backups is told.
const AHEAD: i64 = 30 * 86_400;

/// Boards that are a place for our backups (by their keys), and keep them no more, not for long, or not as agreed.
fn keepers(views: &[PeerView], places: &BTreeSet<String>, now: Timestamp) -> Vec<Finding> {
    let mut found = Vec::new();
    for peer in views.iter().filter(|peer| places.contains(&peer.key)) {
        let page = format!("/peers/{}", peer.key);
        let Some(kept) = peer.kept else {
            let words = finding::peers::keeping_ended(&peer.name, &page);
            found.push(Finding::error("keeping-ended", words).about(&peer.name));
            continue;
        };
        if let Some(at) = kept.ends.filter(|at| at.0 - now.0 < AHEAD) {
            let words = finding::peers::keeping_ends(&peer.name, at, &page);
            found.push(Finding::warning("keeping-ends", words).about(&peer.name));
        }
        if let Some(offered) = kept.offered.filter(|offered| *offered < kept.room) {
            let words = finding::peers::gives_less(&peer.name, (offered, kept.room), &page);
            found.push(Finding::warning("peer-gives-less", words).about(&peer.name));
        }
    }
    found
}

/// Boards that watch this one do not see it; when one of them does, the way to the others is at fault.
fn own_face(views: &[PeerView]) -> Option<Finding> {
    let mut seen = views
        .iter()
        .filter_map(|peer| Some((peer.own_face.as_ref()?, &peer.name)));
    // Where nobody gets in at all, the check of the ports says so.
    let (first, watcher) = seen.clone().next()?;
    if seen.any(|(face, _)| face.answers) || super::ports::is_shut(first) {
        return None;
    }
    let words = finding::peers::own_face(watcher, &first.domain);
    Some(Finding::error("not-seen-from-outside", words).about(&first.domain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peers::{FaceView, KeptView};

    fn peer(name: &str) -> PeerView {
        PeerView {
            name: name.into(),
            key: "00".repeat(32),
            address: String::new(),
            paired: Timestamp(1),
            gone: None,
            heard: None,
            watching: true,
            watched: true,
            silent: None,
            health: None,
            face: None,
            own_face: None,
            held: None,
            kept: None,
        }
    }

    fn face(answers: bool) -> FaceView {
        FaceView {
            at: Timestamp(1),
            domain: "oak.example.org".into(),
            answers,
            open: vec![],
            taken: vec![],
            closed: vec![],
        }
    }

    fn keys(found: &[Finding]) -> Vec<&str> {
        found.iter().map(|finding| finding.key.as_str()).collect()
    }

    #[test]
    fn a_silent_board_is_told_unless_this_one_is_cut_off() {
        let silent = PeerView {
            silent: Some(Timestamp(5)),
            ..peer("elm")
        };
        assert_eq!(
            keys(&judge(&[silent.clone(), peer("ash")], true)),
            ["peer-silent:elm"]
        );
        assert!(judge(&[silent], false).is_empty());
    }

    #[test]
    fn a_board_that_keeps_our_backups_no_more_or_not_as_agreed_is_told() {
        let now = Timestamp(1_800_000_000);
        let places = BTreeSet::from(["00".repeat(32)]);
        let keeps = |ends: Option<i64>, offered| PeerView {
            kept: Some(KeptView {
                room: 100,
                ends: ends.map(|days| Timestamp(now.0 + days * 86_400)),
                bytes: Some(10),
                offered: Some(offered),
                at: Some(now),
            }),
            ..peer("elm")
        };
        let told = |view: PeerView, places: &BTreeSet<String>| {
            let found = keepers(&[view], places, now).into_iter();
            found.map(|finding| finding.key).collect::<Vec<_>>()
        };
        assert!(told(keeps(None, 100), &places).is_empty());
        assert!(told(keeps(Some(60), 100), &places).is_empty());
        assert_eq!(told(keeps(Some(20), 100), &places), ["keeping-ends:elm"]);
        assert_eq!(told(keeps(None, 99), &places), ["peer-gives-less:elm"]);
        assert_eq!(told(peer("elm"), &places), ["keeping-ended:elm"]);
        assert!(
            told(peer("elm"), &BTreeSet::new()).is_empty(),
            "no backups go there"
        );
    }

    #[test]
    fn one_watcher_that_sees_the_board_is_enough() {
        let sees = |name: &str, answers| PeerView {
            own_face: Some(face(answers)),
            ..peer(name)
        };
        let alone = judge(&[sees("elm", false), peer("ash")], true);
        assert_eq!(keys(&alone), ["not-seen-from-outside:oak.example.org"]);
        assert!(judge(&[sees("elm", false), sees("ash", true)], true).is_empty());
    }

    #[test]
    fn a_board_that_left_or_lost_its_public_face_is_told() {
        let left = PeerView {
            gone: Some(Timestamp(5)),
            ..peer("elm")
        };
        let hidden = PeerView {
            face: Some(face(false)),
            ..peer("ash")
        };
        assert_eq!(
            keys(&judge(&[left, hidden], true)),
            ["peer-left:elm", "peer-not-seen:ash"]
        );
    }
}
