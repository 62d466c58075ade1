// SPDX-License-Identifier: AGPL-3.0-or-later
//! Boards of other owners.

use super::{NOW, Samples, ago};
use std::time::Duration;
use types::Timestamp;
use web_ui::{
    AgreementKind, AgreementProblem, AgreementRow, AgreementStage, FieldError, HeldPage, HoldForm, KeptFacts,
    NewSecret, PairingPage, PairingProblem, PairingRow, PairingStage, PeerAlarm, PeerHealth, PeerPage,
    PeerRow, PeerState, PeersPage, TextField,
};

impl Samples<'_> {
    pub(super) fn peers(&self, problem: Option<PairingProblem>) -> PeersPage {
        let peer = |name: &str, address: &str, days: i64| PeerRow {
            key: format!("{:0<64}", name.len() * 7919),
            name: self.says(name),
            address: self.says(address),
            paired: ago(days * 86_400),
            alarm: (days > 100).then_some(PeerAlarm::Silent),
        };
        PeersPage {
            layout: self.layout("/peers", Some(true)),
            peers: vec![peer("elm", "192.168.1.21", 3), peer("river-house", "", 120)],
            held: vec![("1".repeat(64), self.says("mill"))],
            pairings: vec![PairingRow {
                id: "0123456789abcdef".into(),
                stage: self.comparing(),
            }],
            code: TextField::default(),
            address: TextField::default(),
            problem,
        }
    }

    fn comparing(&self) -> PairingStage {
        PairingStage::Comparing {
            peer: self.says("elm"),
            words: self.says("piano glacier orange"),
        }
    }

    fn pairing(&self, stage: PairingStage) -> PairingPage {
        PairingPage {
            layout: self.layout("/peers/pairings/0123456789abcdef", Some(true)),
            id: "0123456789abcdef".into(),
            stage,
            expires: Timestamp(NOW.0 + 280),
        }
    }

    pub(super) fn pairings(&self) -> [(&'static str, PairingPage); 5] {
        let peer = || self.says("elm");
        let waiting = PairingStage::Waiting {
            code: "472-938-105".into(),
            ticket: "472-938-105@192.168.1.20".into(),
        };
        let agreed = PairingStage::Agreed {
            peer: peer(),
            words: self.says("piano glacier orange"),
        };
        [
            ("pairing-code", self.pairing(waiting)),
            ("pairing-words", self.pairing(self.comparing())),
            ("pairing-agreed", self.pairing(agreed)),
            (
                "pairing-done",
                self.pairing(PairingStage::Paired { peer: peer() }),
            ),
            (
                "pairing-failed",
                self.pairing(PairingStage::Failed(PairingProblem::WrongCode)),
            ),
        ]
    }

    /// A board with which much is agreed, or one that is in trouble.
    pub(super) fn peer(&self, trouble: bool) -> PeerPage {
        let row = |id: u8, kind, ours, stage| AgreementRow {
            id: format!("{id:032}"),
            kind,
            ours,
            stage,
            since: Some(ago(9 * 86_400)),
            until: None,
            notice: Duration::ZERO,
            told: stage != AgreementStage::ProposedHere,
            possible: true,
        };
        let silence = Duration::from_mins(10);
        let watch = || AgreementKind::Watch { silence };
        let key = format!("{:0<64}", 23_757);
        PeerPage {
            layout: self.layout("/peers", Some(true)),
            peer: PeerRow {
                key,
                name: self.says("elm"),
                address: self.says("elm.example.org"),
                paired: ago(12 * 86_400),
                alarm: None,
            },
            state: PeerState {
                gone: None,
                heard: Some(ago(if trouble { 7_300 } else { 40 })),
                silent: trouble.then(|| ago(7_300)),
                health: Some(PeerHealth {
                    up: Duration::from_hours(190),
                    running: 4,
                    failing: u32::from(trouble),
                    attention: u32::from(trouble) * 2,
                }),
                face: Some((self.says("elm.example.org"), !trouble)),
                watched: true,
                own_face: Some((self.says("lilac.example.org"), !trouble)),
                kept: Some(KeptFacts {
                    bytes: Some(3_200_000_000),
                    room: 20 << 30,
                    less: trouble.then_some(4_000_000_000),
                    place: Some("0123456789abcdef".into()),
                }),
                held: Some((1_100_000_000, 20 << 30)),
            },
            agreements: vec![
                row(1, watch(), true, AgreementStage::InForce),
                row(2, watch(), false, AgreementStage::ProposedThere),
                AgreementRow {
                    possible: false,
                    ..row(
                        3,
                        AgreementKind::HoldBackups { gib: 20 },
                        false,
                        AgreementStage::ProposedThere,
                    )
                },
                row(4, AgreementKind::ShareBundles, true, AgreementStage::ProposedHere),
                AgreementRow {
                    notice: Duration::from_hours(720),
                    until: Some(Timestamp(NOW.0 + 20 * 86_400)),
                    ..row(
                        5,
                        AgreementKind::PoolStorage { gib: 8 },
                        true,
                        AgreementStage::Ending,
                    )
                },
            ],
            past: vec![row(6, watch(), false, AgreementStage::EndedThere)],
            who: TextField::new("us"),
            silence: TextField {
                error: trouble.then_some(FieldError::OutOfRange { min: 2, max: 1440 }),
                ..TextField::new(if trouble { "1" } else { "10" })
            },
            until: TextField::default(),
            hold: HoldForm::default(),
            address: TextField::new("elm.example.org"),
            problem: trouble.then_some(AgreementProblem::Already),
        }
    }

    /// What is kept for a board that is lost, or for one with which nothing is agreed any more.
    pub(super) fn held(&self, lost: bool) -> HeldPage {
        HeldPage {
            layout: self.layout("/peers", Some(true)),
            key: "1".repeat(64),
            name: self.says("elm"),
            paired: lost,
            bytes: 1_100_000_000,
            deleted: if lost { 200_000_000 } else { 0 },
            room: 20 << 30,
            notice: Duration::from_hours(720),
            left: (!lost).then(|| Duration::from_hours(500)),
            code_until: lost.then_some(Timestamp(NOW.0 + 3 * 86_400)),
            code: lost.then(|| NewSecret {
                label: self.says("elm"),
                secret: "K7Q2M-9XRBV-HT3WP-6DNZC".into(),
            }),
            addresses: vec![self.says("lilac.example.org")],
        }
    }

    pub(super) fn peer_gone(&self) -> PeerPage {
        let page = self.peer(false);
        PeerPage {
            state: PeerState {
                gone: Some(ago(3_600)),
                ..PeerState::default()
            },
            ..page
        }
    }
}
