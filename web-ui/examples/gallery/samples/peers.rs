// SPDX-License-Identifier: AGPL-3.0-or-later
//! Boards of other owners.

use super::{NOW, Samples, ago};
use types::Timestamp;
use web_ui::{PairingPage, PairingProblem, PairingRow, PairingStage, PeerRow, PeersPage, TextField};

impl Samples<'_> {
    pub(super) fn peers(&self, problem: Option<PairingProblem>) -> PeersPage {
        let peer = |name: &str, address: &str, days: i64| PeerRow {
            key: format!("{:0<64}", name.len() * 7919),
            name: self.says(name),
            address: self.says(address),
            paired: ago(days * 86_400),
        };
        PeersPage {
            layout: self.layout("/peers", Some(true)),
            peers: vec![peer("elm", "192.168.1.21", 3), peer("river-house", "", 120)],
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
}
