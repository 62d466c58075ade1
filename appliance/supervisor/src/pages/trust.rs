// SPDX-License-Identifier: AGPL-3.0-or-later
//! How a device comes to trust the board's own certificates: a guide, and the root in the forms that systems want.

use super::shell::{Visit, show};
use crate::{ApiError, access::Policy, api::Route, roots};
use axum::response::Response;
use base64::{Engine, prelude::BASE64_STANDARD};
use http::Method;
use types::BoardName;
use web_ui::{OtherRoot, TrustPage};

pub(super) fn routes() -> Vec<Route> {
    vec![Route::new(
        Method::GET,
        "/trust",
        Policy::Public,
        "How to trust the board's own certificates.",
        get,
    )]
}

async fn get(mut visit: Visit) -> Result<Response, ApiError> {
    visit.at("/trust");
    let board = visit.app.store.board_name().await?;
    let roots = roots::view(&visit.app);
    let page = TrustPage {
        // By plain HTTP: who comes here does not trust the board yet.
        address: format!("http://{board}.local/trust"),
        next: roots.next.as_ref().map(other_root),
        former: roots.former.as_ref().map(other_root),
        fingerprint: roots.fingerprint,
        not_after: roots.not_after.unwrap_or_default(),
        layout: visit.layout,
    };
    Ok(show(&page))
}

/// A root that is not in force, as pages show it.
pub(super) fn other_root(root: &roots::RootView) -> OtherRoot {
    OtherRoot {
        fingerprint: root.fingerprint.clone(),
        at: root.at,
    }
}

/// The first certificate of a PEM text.
pub(super) fn der(pem: &str) -> Vec<u8> {
    let lines = pem.lines().skip_while(|line| !line.starts_with("-----BEGIN"));
    let body: String = lines.skip(1).take_while(|line| !line.starts_with('-')).collect();
    BASE64_STANDARD.decode(body).unwrap_or_default()
}

/// SHA-256 of the first certificate in a PEM text, as browsers show it.
pub(crate) fn fingerprint(pem: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, &der(pem));
    hex(digest.as_ref(), ":")
}

/// A configuration profile for iOS and iPadOS that installs roots
/// (<https://developer.apple.com/documentation/devicemanagement/certificateroot>). Its ids come from the certificates: the
/// same ones installed twice are one, and a new one does not replace them unseen.
pub(super) fn apple_profile(board: &BoardName, roots: &[String]) -> String {
    let ders: Vec<Vec<u8>> = roots.iter().map(|pem| der(pem)).collect();
    let id = |purpose: &str, der: &[u8]| {
        uuid(ring::digest::digest(&ring::digest::SHA256, &[purpose.as_bytes(), der].concat()).as_ref())
    };
    let payloads: String = ders
        .iter()
        .enumerate()
        .map(|(place, der)| payload(board, place, der, &id("root", der)))
        .collect();
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
<key>PayloadContent</key>
<array>
{payloads}</array>
<key>PayloadDisplayName</key><string>{board}.local</string>
<key>PayloadIdentifier</key><string>local.{board}.commonhost</string>
<key>PayloadType</key><string>Configuration</string>
<key>PayloadUUID</key><string>{}</string>
<key>PayloadVersion</key><integer>1</integer>
</dict>
</plist>
"#,
        id("profile", &ders.concat()),
    )
}

/// One root in a profile.
fn payload(board: &BoardName, place: usize, der: &[u8], id: &str) -> String {
    let data = BASE64_STANDARD.encode(der);
    let nth = if place == 0 { "" } else { ".next" };
    format!(
        "<dict>
<key>PayloadCertificateFileName</key><string>{board}{nth}.cer</string>
<key>PayloadContent</key><data>{data}</data>
<key>PayloadDisplayName</key><string>{board}.local</string>
<key>PayloadIdentifier</key><string>local.{board}.commonhost.root{nth}</string>
<key>PayloadType</key><string>com.apple.security.root</string>
<key>PayloadUUID</key><string>{id}</string>
<key>PayloadVersion</key><integer>1</integer>
</dict>
"
    )
}

fn hex(bytes: &[u8], between: &str) -> String {
    let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    bytes.join(between)
}

/// A UUID of one's own making (version 8, RFC 9562 section 5.8).
fn uuid(hash: &[u8]) -> String {
    let mut bytes = [0; 16];
    for (byte, from) in bytes.iter_mut().zip(hash) {
        *byte = *from;
    }
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let groups: [&[u8]; 5] = [
        &bytes[..4],
        &bytes[4..6],
        &bytes[6..8],
        &bytes[8..10],
        &bytes[10..],
    ];
    let parts: Vec<String> = groups.iter().map(|group| hex(group, "")).collect();
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n";

    #[test]
    fn a_fingerprint_is_that_of_the_certificate_itself() {
        let abc = "BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:\
                   B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD";
        assert_eq!(fingerprint(PEM), abc);
    }

    #[test]
    fn a_profile_holds_the_root_and_is_the_same_each_time() {
        let board = "kitchen".parse().unwrap();
        let one = [PEM.to_owned()];
        let profile = apple_profile(&board, &one);
        assert!(profile.contains("<data>YWJj</data>") && profile.contains("com.apple.security.root"));
        assert_eq!(profile, apple_profile(&board, &one));
        let ids: Vec<&str> = profile
            .lines()
            .filter_map(|line| {
                line.strip_prefix("<key>PayloadUUID</key><string>")?
                    .strip_suffix("</string>")
            })
            .collect();
        assert!(ids.len() == 2 && ids[0] != ids[1], "{ids:?}");
        assert!(
            ids.iter().all(|id| id.len() == 36 && id.as_bytes()[14] == b'8'),
            "{ids:?}"
        );
        let other = PEM.replace("YWJj", "YWJk");
        assert_ne!(profile, apple_profile(&board, std::slice::from_ref(&other)));
        let both = apple_profile(&board, &[PEM.to_owned(), other]);
        for part in [
            "<data>YWJj</data>",
            "<data>YWJk</data>",
            "root</string>",
            "root.next</string>",
            ids[0],
        ] {
            assert!(both.contains(part), "{part}: {both}");
        }
    }
}
