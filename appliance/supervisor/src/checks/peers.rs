// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether boards that this one watches answer, and what boards that watch this one see.

use super::{Check, Finding, Outcome, Pace};
use crate::{
    ApiError, App,
    peers::{self, PeerView},
};
use host::sensors::Network;
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
    let connected = app.readings().network.as_ref().is_none_or(connected);
    Ok(Outcome::Found(judge(&views, connected)))
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
    use crate::peers::FaceView;
    use types::Timestamp;

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
