// SPDX-License-Identifier: AGPL-3.0-or-later
//! The local authority's root, for devices that do not trust the board yet.

use api_tests::Board;

#[tokio::test]
async fn everybody_finds_the_root_in_the_form_their_device_wants() {
    let (board, ada) = Board::claimed().await;
    let page = board.get("/trust").page().await.expect(200).body;
    for link in ["/ca.mobileconfig", "/ca.crt", "/ca.pem"] {
        assert!(page.contains(&format!("href=\"{link}\"")), "{link}: {page}");
    }
    assert!(
        page.contains("<svg") && page.contains("http://oak.local/trust"),
        "{page}"
    );

    let pem = board.get("/ca.pem").await.expect(200).body;
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let profile = board.get("/ca.mobileconfig").await.expect(200);
    assert_eq!(profile.header("content-type"), "application/x-apple-aspen-config");
    assert!(
        profile.body.contains(&format!("<data>{base64}</data>")),
        "{}",
        profile.body
    );
    let der = board.get("/ca.crt").await.expect(200);
    assert_eq!(der.header("content-type"), "application/x-x509-ca-cert");

    // The same fingerprint where stewards look.
    let (_, rest) = page.split_once("<code class=\"wrap\">").unwrap();
    let fingerprint = rest.split('<').next().unwrap();
    assert_eq!(fingerprint.len(), 95);
    assert!(ada.page(&board, "/certificates").await.contains(fingerprint));
}
