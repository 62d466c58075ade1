// SPDX-License-Identifier: AGPL-3.0-or-later
//! What whoever stands before the board sees: the claim code on the boot partition, and a page on the screen. There is
//! nothing to log in to.

use crate::{boot, error::MachineError, layout::Layout};
use qrcode::{Color, EcLevel, QrCode};
use std::{
    fmt::Write as _,
    fs::{self, File, OpenOptions},
    io::Write as _,
    net::IpAddr,
    path::PathBuf,
};
use types::{
    BoardName,
    host::{ProofCode, Screen},
};

/// The file on the boot partition with the code that makes the first steward.
const CLAIM: &str = "CLAIM-CODE.TXT";
/// And with the one that sets a steward's new password.
const RESET: &str = "RESET-CODE.TXT";
/// The page that is on the screen, so that it is drawn only when it changes.
const SHOWN: &str = "run/commonhost/screen";
/// Most lines of trouble: a screen of 25 lines has to hold the rest as well.
const TROUBLE: usize = 4;
/// Clears the screen, hides the cursor, and turns the screen saver off (`console_codes(4)`).
const CLEAR: &str = "\u{1b}[2J\u{1b}[H\u{1b}[?25l\u{1b}[9;0]";

/// Puts the code on the boot partition, or takes it away.
pub(crate) fn keep_code(
    layout: &Layout,
    board: &BoardName,
    code: Option<&ProofCode>,
) -> Result<(), MachineError> {
    let (file, other, text) = match code {
        None => {
            boot::remove(layout, CLAIM)?;
            return boot::remove(layout, RESET);
        }
        Some(ProofCode::FirstSteward(code)) => (
            CLAIM,
            RESET,
            format!(
                "This board waits for its community.\r\n\r\n  Open   http://{board}.local\r\n  Code   {}\r\n\r\n\
                 Whoever types this code becomes the first steward.\r\n",
                code.grouped()
            ),
        ),
        Some(ProofCode::NewPassword(code)) => (
            RESET,
            CLAIM,
            format!(
                "A steward's password can be set anew, for a day.\r\n\r\n  Open   http://{board}.local/reset\r\n  \
                 Code   {}\r\n",
                code.grouped()
            ),
        ),
    };
    boot::remove(layout, other)?;
    boot::write(layout, file, text.as_bytes())
}

/// Draws the page, when it is another than the one that is there: with a QR code on the screen, as plain lines on
/// every serial console.
pub(crate) fn show(layout: &Layout, screen: &Screen) -> Result<(), MachineError> {
    let page = page(screen);
    let shown = layout.root().join(SHOWN);
    if fs::read_to_string(&shown).is_ok_and(|present| present == page) {
        return Ok(());
    }
    // A console that is not there is no reason to fail: the file on the boot partition tells it as well.
    for mut line in lines(layout) {
        let _ = write!(line, "\r\n{}\r\n", page.replace('\n', "\r\n"));
    }
    if let Ok(mut screen_device) = OpenOptions::new()
        .write(true)
        .open(layout.root().join("dev/tty1"))
    {
        let code = qr(&url(screen)).unwrap_or_default();
        let _ = write!(screen_device, "{CLEAR}{}\r\n{code}", page.replace('\n', "\r\n"));
    }
    crate::write_atomic(&shown, page.as_bytes(), 0o600)
}

/// The serial lines that the kernel has as consoles; where it has none, whatever it calls its console.
fn lines(layout: &Layout) -> Vec<File> {
    let open = |path: PathBuf| OpenOptions::new().write(true).open(path).ok();
    let active = fs::read_to_string(layout.root().join("sys/class/tty/console/active")).unwrap_or_default();
    let screen = |name: &str| {
        name.strip_prefix("tty")
            .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
    };
    let serial: Vec<_> = active
        .split_whitespace()
        .filter(|name| !screen(name))
        .filter_map(|name| open(layout.root().join("dev").join(name)))
        .collect();
    if serial.is_empty() {
        return open(layout.console()).into_iter().collect();
    }
    serial
}

/// Where the board is reached: by its best address, since not every device looks `.local` names up.
fn url(screen: &Screen) -> String {
    match screen.addresses.first() {
        Some(IpAddr::V6(address)) => format!("http://[{address}]/"),
        Some(address) => format!("http://{address}/"),
        None => format!("http://{}.local/", screen.board),
    }
}

fn page(screen: &Screen) -> String {
    let mut page = format!("\n  Commonhost · {}\n\n", screen.board);
    if screen.addresses.is_empty() {
        page.push_str("  No network yet. Plug in a cable, or write the Wi-Fi's name into setup.toml.\n");
    } else {
        let _ = writeln!(page, "  Open      http://{}.local", screen.board);
        for address in screen.addresses.iter().take(3) {
            let _ = writeln!(page, "            {address}");
        }
    }
    if let Some(code) = &screen.code {
        let good_for = match code {
            ProofCode::FirstSteward(_) => "makes you the first steward".to_owned(),
            ProofCode::NewPassword(_) => {
                format!("sets a steward's password, at {}.local/reset", screen.board)
            }
        };
        let _ = writeln!(page, "\n  Code      {}   {good_for}", code.code().grouped());
    }
    if !screen.trouble.is_empty() {
        page.push('\n');
    }
    for line in screen.trouble.iter().take(TROUBLE) {
        let line: String = line
            .chars()
            .filter(|letter| !letter.is_control())
            .take(110)
            .collect();
        let _ = writeln!(page, "  !  {line}");
    }
    if screen.trouble.len() > TROUBLE {
        let _ = writeln!(page, "  !  and {} more", screen.trouble.len() - TROUBLE);
    }
    page
}

/// A QR code of half blocks, two modules in a character, light on a dark screen.
fn qr(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let width = code.width();
    // The border of light modules is part of a code; two of the four that the standard asks for suffice in practice.
    let light = |x: usize, y: usize| {
        let inside = (2..width + 2).contains(&x) && (2..width + 2).contains(&y);
        !inside || code[(x - 2, y - 2)] == Color::Light
    };
    let mut text = String::new();
    for y in (0..width + 4).step_by(2) {
        text.push_str("  ");
        for x in 0..width + 4 {
            text.push(match (light(x, y), y + 1 < width + 4 && light(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        text.push_str("\r\n");
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screen() -> Screen {
        Screen {
            board: "oak".parse().unwrap(),
            addresses: vec!["192.168.1.20".parse().unwrap()],
            code: Some(ProofCode::FirstSteward("7K3MQ9TD".parse().unwrap())),
            trouble: Vec::new(),
        }
    }

    #[test]
    fn the_page_tells_how_the_board_is_reached_and_what_is_wrong() {
        let shown = page(&screen());
        assert!(
            shown.contains("http://oak.local")
                && shown.contains("192.168.1.20")
                && shown.contains("7K3M-Q9TD")
        );
        let shown = page(&Screen {
            addresses: Vec::new(),
            code: None,
            trouble: (0..6).map(|n| format!("trouble {n}\u{1b}[31m")).collect(),
            ..screen()
        });
        assert!(shown.contains("No network yet") && shown.contains("and 2 more"));
        assert!(!shown.contains('\u{1b}'));
        assert!(shown.lines().count() < 12);
    }

    #[test]
    fn one_code_stands_on_the_card_and_says_what_it_is_for() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path());
        fs::create_dir(layout.boot("")).unwrap();
        let (board, code): (BoardName, types::ClaimCode) =
            ("oak".parse().unwrap(), "7K3MQ9TD".parse().unwrap());
        let there = |file: &str| fs::read_to_string(layout.boot(file)).ok();
        keep_code(&layout, &board, Some(&ProofCode::FirstSteward(code.clone()))).unwrap();
        assert!(there(CLAIM).unwrap().contains("first steward") && there(RESET).is_none());
        keep_code(&layout, &board, Some(&ProofCode::NewPassword(code))).unwrap();
        assert!(there(RESET).unwrap().contains("oak.local/reset") && there(CLAIM).is_none());
        keep_code(&layout, &board, None).unwrap();
        assert_eq!((there(CLAIM), there(RESET)), (None, None));
    }

    #[test]
    fn the_code_fits_beside_the_page_on_a_small_screen() {
        let drawn = qr(&url(&screen())).unwrap();
        let lines: Vec<_> = drawn.lines().collect();
        assert!(lines.len() <= 17, "{}", lines.len());
        assert!(
            lines
                .iter()
                .all(|line| line.chars().count() == lines[0].chars().count())
        );
        // The border is light all around.
        assert!(lines[0].trim_start().chars().all(|module| module == '█'));
    }

    #[test]
    fn it_is_drawn_again_only_when_something_changed() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path());
        fs::create_dir_all(root.path().join("run/commonhost")).unwrap();
        fs::create_dir_all(root.path().join("dev")).unwrap();
        fs::write(layout.console(), "").unwrap();
        show(&layout, &screen()).unwrap();
        let drawn = fs::read_to_string(layout.console()).unwrap();
        assert!(drawn.contains("7K3M-Q9TD"));
        fs::write(layout.console(), "").unwrap();
        show(&layout, &screen()).unwrap();
        assert_eq!(fs::read_to_string(layout.console()).unwrap(), "");
    }
}
