// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether ports 80 and 443 lead to the board from outside: as boards that watch this one find; where none does, as the
//! certificate authority found when it last looked.

use super::{Check, Finding, Outcome, Pace};
use crate::{
    ApiError, App,
    peers::{self, FaceView},
};
use std::time::Duration;
use tls::{CertificateState, CertificateStatus, ProblemKind, Source};
use web_ui::{Area, finding::ports, title};

/// What a peer saw longer ago says nothing.
const FRESH: Duration = Duration::from_hours(2);
const HTTP: u16 = 80;
const HTTPS: u16 = 443;

pub(super) const CHECK: Check = Check {
    name: "ports",
    area: Area::Network,
    title: title::ports,
    pace: Pace::Always,
    look: |app| Box::pin(look(app)),
};

async fn look(app: &App) -> Result<Outcome, ApiError> {
    // Whoever has no domain does not want to be reached.
    if app.store.domains().await?.is_empty() {
        return Ok(Outcome::Found(Vec::new()));
    }
    let mut faces = Vec::new();
    for peer in app.store.peers().await? {
        let view = peers::peer_view(app, peer).await?;
        faces.extend(view.own_face.map(|face| (view.name, face)));
    }
    let now = app.now();
    faces.retain(|(_, face)| now.since(face.at) < FRESH && !is_silent(face));
    if !faces.is_empty() {
        return Ok(Outcome::Found(by_peers(&faces)));
    }
    let proved = app.store.proofs().await?;
    let asked: Vec<CertificateStatus> = app
        .certificates
        .status()
        .into_iter()
        // What is proved by a record in DNS says nothing of ports.
        .filter(|status| {
            !proved
                .iter()
                .any(|proof| is_below(&status.name, proof.0.as_str()))
        })
        .collect();
    Ok(by_authority(&asked))
}

fn is_below(name: &str, domain: &str) -> bool {
    name == domain || name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// A release before said nothing of ports.
fn is_silent(face: &FaceView) -> bool {
    face.open.is_empty() && face.taken.is_empty() && face.closed.is_empty()
}

/// Whether nobody gets in at port 443.
pub(super) fn is_shut(face: &FaceView) -> bool {
    face.closed.contains(&HTTPS) || face.taken.contains(&HTTPS)
}

/// One that sees the port open is enough: then the way to the others is at fault.
fn by_peers(faces: &[(String, FaceView)]) -> Vec<Finding> {
    let judge = |port: u16| {
        if faces.iter().any(|(_, face)| face.open.contains(&port)) {
            return None;
        }
        let taken = faces.iter().find(|(_, face)| face.taken.contains(&port));
        let closed = faces.iter().find(|(_, face)| face.closed.contains(&port));
        match (taken, closed) {
            (Some((who, _)), _) => Some(found(port, true, who)),
            (None, Some((who, _))) => Some(found(port, false, who)),
            (None, None) => None,
        }
    };
    [HTTPS, HTTP].into_iter().filter_map(judge).collect()
}

fn found(port: u16, taken: bool, who: &str) -> Finding {
    let finding = match (taken, port) {
        (true, HTTPS) => Finding::error("port-taken", ports::taken(port)),
        (true, _) => Finding::warning("port-taken", ports::taken(port)),
        (false, HTTPS) => Finding::error("port-closed", ports::closed()),
        (false, _) => Finding::warning("port-closed", ports::closed_plain()),
    };
    finding.about(port.to_string()).detail(who)
}

/// An authority says why it could not look; that it issued means that it could.
fn by_authority(asked: &[CertificateStatus]) -> Outcome {
    let problem = asked.iter().find_map(|status| status.last_problem.as_ref());
    let words = problem.map(|problem| (problem.kind, problem.detail.as_str()));
    match words {
        Some((ProblemKind::NotReachable, detail)) => {
            let finding = Finding::error("port-closed", ports::closed()).about(HTTPS.to_string());
            Some(finding.detail(detail)).into()
        }
        Some((ProblemKind::TlsAtChallenge | ProblemKind::WrongAnswer, detail)) => {
            let finding = Finding::error("port-taken", ports::taken(HTTPS)).about(HTTPS.to_string());
            Some(finding.detail(detail)).into()
        }
        _ if asked.iter().any(has_been_reached) => Outcome::Found(Vec::new()),
        _ => Outcome::Unknown,
    }
}

fn has_been_reached(status: &CertificateStatus) -> bool {
    status.source == Source::Acme && status.state == CertificateState::Issued
}

#[cfg(test)]
mod tests {
    use super::*;
    use tls::Problem;
    use types::Timestamp;

    fn keys(found: &[Finding]) -> Vec<String> {
        found.iter().map(|finding| finding.key.clone()).collect()
    }

    fn sees(open: &[u16], taken: &[u16], closed: &[u16]) -> (String, FaceView) {
        let face = FaceView {
            at: Timestamp(0),
            domain: "oak.example.org".into(),
            answers: false,
            open: open.to_vec(),
            taken: taken.to_vec(),
            closed: closed.to_vec(),
        };
        ("elm".into(), face)
    }

    #[test]
    fn each_port_is_judged_by_itself_and_one_who_gets_in_is_enough() {
        let shut = sees(&[], &[], &[80, 443]);
        assert_eq!(
            keys(&by_peers(std::slice::from_ref(&shut))),
            ["port-closed:443", "port-closed:80"]
        );
        let router = sees(&[80], &[443], &[]);
        assert_eq!(keys(&by_peers(&[router])), ["port-taken:443"]);
        assert!(by_peers(&[shut, sees(&[80, 443], &[], &[])]).is_empty());
        assert!(is_silent(&sees(&[], &[], &[]).1));
    }

    #[test]
    fn without_a_peer_the_authority_is_believed() {
        let status = |kind: Option<ProblemKind>| CertificateStatus {
            name: "oak.example.org".into(),
            source: if kind.is_none() {
                Source::Acme
            } else {
                Source::Local
            },
            covers: vec![],
            issuer: String::new(),
            not_before: Timestamp(0),
            not_after: Timestamp(10),
            renewal: None,
            strict: None,
            state: CertificateState::Issued,
            last_problem: kind.map(|kind| Problem {
                at: Timestamp(0),
                kind,
                summary: String::new(),
                detail: String::new(),
            }),
            attempts: 0,
        };
        let judged = |kind| match by_authority(&[status(kind)]) {
            Outcome::Found(found) => keys(&found),
            Outcome::Unknown => vec!["unknown".into()],
        };
        assert_eq!(judged(None), Vec::<String>::new());
        assert_eq!(judged(Some(ProblemKind::NotReachable)), ["port-closed:443"]);
        assert_eq!(judged(Some(ProblemKind::TlsAtChallenge)), ["port-taken:443"]);
        assert_eq!(judged(Some(ProblemKind::CaUnreachable)), ["unknown"]);
        assert!(
            is_below("a.oak.org", "oak.org")
                && is_below("oak.org", "oak.org")
                && !is_below("soak.org", "oak.org")
        );
    }
}
