// SPDX-License-Identifier: AGPL-3.0-or-later
use super::*;
use crate::{FakeSystemd, render::fixtures};
use types::manifest::{CertificateUse, Signal};

fn certificate(text: &str) -> HandedCertificate {
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----BEGIN CERTIFICATE-----\n");
    HandedCertificate::try_from(pem).unwrap()
}

struct Board {
    root: tempfile::TempDir,
    systemd: FakeSystemd,
    entry: Entry,
}

impl Board {
    fn new(uses: Option<CertificateUse>) -> Self {
        let root = tempfile::tempdir().unwrap();
        let catalog = fixtures::entry();
        let mut manifest = catalog.manifest().unwrap();
        manifest.certificate = uses;
        let entry = Entry { catalog, manifest };
        let systemd = FakeSystemd::new(root.path());
        let board = Self { root, systemd, entry };
        prepare(&board.layout(), &board.entry.manifest.service.name).unwrap();
        board
    }

    fn layout(&self) -> Layout {
        Layout::new(self.root.path())
    }

    async fn hand(&self, text: &str) -> Result<(), MachineError> {
        hand(&self.layout(), &self.systemd, &self.entry, &certificate(text)).await
    }

    /// Starts the main unit, as far as the pretended init system needs it.
    async fn start(&self) {
        let service = &self.entry.manifest.service.name;
        let units = self.root.path().join("run/systemd/system");
        let sockets = self.root.path().join("sockets");
        fs::create_dir_all(&units).unwrap();
        fs::create_dir_all(&sockets).unwrap();
        let text = format!("BindPaths={}:/run/service\n", sockets.display());
        let unit = format!("service-{service}.service");
        fs::write(units.join(&unit), text).unwrap();
        self.systemd.restart(&unit).await.unwrap();
    }

    fn signals(&self) -> usize {
        self.systemd.signals.lock().unwrap().len()
    }
}

#[tokio::test]
async fn a_running_service_is_told_of_each_new_certificate_once() {
    let board = Board::new(Some(CertificateUse {
        renewed: Some(Signal::Hangup),
    }));
    let (layout, service) = (board.layout(), board.entry.manifest.service.name.clone());
    assert_eq!(handed(&layout, &service), None);
    board.hand("first").await.unwrap();
    assert_eq!(board.signals(), 0, "it does not run yet");
    assert_eq!(
        handed(&layout, &service),
        Some(certificate_digest(&certificate("first")))
    );
    board.start().await;
    board.hand("first").await.unwrap();
    assert_eq!(board.signals(), 0);
    board.hand("second").await.unwrap();
    board.hand("second").await.unwrap();
    assert_eq!(board.signals(), 1);
    let file = layout.certificate(&service).join(CERTIFICATE_FILE);
    assert_eq!(fs::read_to_string(file).unwrap(), certificate("second").pem());
}

#[tokio::test]
async fn a_cut_before_it_was_told_is_made_good() {
    let board = Board::new(Some(CertificateUse {
        renewed: Some(Signal::User1),
    }));
    let folder = board.layout().certificate(&board.entry.manifest.service.name);
    board.start().await;
    fs::write(folder.join(CERTIFICATE_FILE), certificate("first").pem()).unwrap();
    board.hand("first").await.unwrap();
    assert_eq!(board.signals(), 1);
}

#[tokio::test]
async fn a_key_goes_to_nobody_who_did_not_ask_for_it() {
    let board = Board::new(None);
    assert!(board.hand("first").await.is_err());
    let folder = board.layout().certificate(&board.entry.manifest.service.name);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    let above = fs::metadata(folder.parent().unwrap()).unwrap().permissions();
    assert_eq!(above.mode() & 0o777, 0o700);
}

#[test]
fn what_is_no_key_and_chain_is_refused_and_none_is_ever_printed() {
    for text in [
        "",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----",
        "é",
    ] {
        assert!(HandedCertificate::try_from(text.to_owned()).is_err(), "{text}");
    }
    assert!(!format!("{:?}", certificate("secret")).contains("secret"));
}
