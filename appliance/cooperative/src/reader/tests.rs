// SPDX-License-Identifier: AGPL-3.0-or-later
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
use super::*;
use proptest::prelude::*;
use serde_json::json;

/// A file that is all right; every oddity below was seen in a published one.
fn sound() -> Value {
    json!({
        "@context": "http://schema.org", "version": "0.0.1", "@type": "Organization",
        "organizationType": "Informal collective", "name": "Synthetic Host", "tagLine": "made up for tests",
        "homeUrl": "https://synthetic.test", "logo": "https://synthetic.test/logo.png",
        "description": "not a real organisation", "communicationLanguages": ["en"],
        "contactUrl": "https://synthetic.test/contact", "privacyPolicyUrl": "https://synthetic.test/privacy",
        "termsOfServiceUrl": "https://synthetic.test/tos", "isServiceProvider": true, "foundingDate": "2018",
        "dateCreated": "2018-11-10T22:32:54Z", "dateModified": "2018-11-10T22:32:54Z",
    })
}

fn with(key: &str, value: Value) -> Hoster {
    let mut file = sound();
    file[key] = value;
    read(file.to_string().as_bytes()).unwrap()
}

#[test]
fn a_sound_file_is_read_whole() {
    let hoster = read(sound().to_string().as_bytes()).unwrap();
    assert!(hoster.exact && hoster.unknown.is_empty());
    assert_eq!(hoster.name, "Synthetic Host");
    assert_eq!(hoster.founded, Some(2018));
    assert_eq!(hoster.modified.as_deref(), Some("2018-11-10T22:32:54Z"));
    assert_eq!(hoster.terms_url.as_deref(), Some("https://synthetic.test/tos"));
}

#[test]
fn oddities_are_read_and_what_cannot_be_used_is_unknown() {
    for version in ["0.0.2", "1.0.0"] {
        let hoster = with("version", json!(version));
        assert!(!hoster.exact && hoster.version == version);
    }
    assert_eq!(with("foundingDate", json!(2018)).founded, Some(2018));
    let dash = with("termsOfServiceUrl", json!("-"));
    assert_eq!((dash.terms_url, dash.unknown.len()), (None, 0));
    for date in ["2019-11-24T01:14Z", "2020-12-3T15:02:24Z", "YYYY-MM-DDTHH:MM:SSZ"] {
        let hoster = with("dateModified", json!(date));
        assert_eq!(hoster.modified, None);
        assert_eq!(hoster.unknown["dateModified"], date);
    }
    let placeholder = with("foundingDate", json!("YYYY"));
    assert_eq!(
        (placeholder.founded, placeholder.unknown["foundingDate"].as_str()),
        (None, "YYYY")
    );
    let extra = with(
        "meta",
        json!({ "services": [{ "name": "Cloud", "category": "files", "url": "https://c.test/" }, 7] }),
    );
    assert!(!extra.exact);
    assert_eq!(extra.services.len(), 1);
    assert!(!with("services", json!([{ "name": "x" }])).exact);
    let mut missing = sound();
    missing.as_object_mut().unwrap().remove("logo");
    assert!(!read(missing.to_string().as_bytes()).unwrap().exact);
    let evil = with("homeUrl", json!("javascript:alert(1)"));
    assert_eq!(
        (evil.home_url, evil.unknown["homeUrl"].as_str()),
        (None, "javascript:alert(1)")
    );
}

#[test]
fn what_is_no_file_of_a_hoster_is_refused() {
    assert!(matches!(read(b"<!doctype html>"), Err(ReadError::Syntax(_))));
    assert!(matches!(read(b"[]"), Err(ReadError::Syntax(_))));
    assert_eq!(read(b"{}"), Err(ReadError::Nameless));
    assert_eq!(read(&vec![b' '; LARGEST + 1]), Err(ReadError::TooLong));
}

#[test]
fn usual_places_are_tried_after_the_one_that_was_given() {
    let usual = [
        "https://oak.test/librehost-extended.json",
        "https://oak.test/librehost.json",
        "https://oak.test/.well-known/librehost.json",
    ];
    assert_eq!(candidates("oak.test"), usual);
    assert_eq!(candidates("https://oak.test:443/"), usual);
    assert_eq!(
        candidates("https://oak.test/about/host.json")[0],
        "https://oak.test/about/host.json"
    );
    for bad in [
        "http://oak.test/",
        "https://user@oak.test/",
        "https://oak.test:8080/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "file:///etc/passwd",
        "https://oak.local/",
        "https://0x7f.1/",
        "https://oak.test /",
        "",
        "https://oak..test/",
        "gopher://oak.test",
    ] {
        assert_eq!(candidates(bad), Vec::<String>::new(), "{bad}");
    }
}

#[test]
fn only_the_public_internet_is_reached() {
    let public = |text: &str| is_public(text.parse().unwrap());
    for good in [
        "1.1.1.1",
        "185.15.59.224",
        "172.32.0.1",
        "2a01:4f8::1",
        "2620:0:861:ed1a::1",
    ] {
        assert!(public(good), "{good}");
    }
    for bad in [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "fc00::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "100::1",
    ] {
        assert!(!public(bad), "{bad}");
    }
}

proptest! {
    #[test]
    fn nothing_that_comes_in_makes_the_reader_fail(bytes in proptest::collection::vec(any::<u8>(), 0..300), key in 0_usize..17, text in any::<String>(), number in any::<f64>()) {
        let _ = read(&bytes);
        for value in [json!(text), json!(number), json!([text]), json!({ "a": text }), Value::Null] {
            let mut file = sound();
            file[KEYS[key]] = value;
            if let Ok(hoster) = read(file.to_string().as_bytes()) {
                let lines = [&hoster.name, &hoster.tag_line, &hoster.description];
                prop_assert!(lines.iter().all(|line| line.chars().count() <= LONGEST && !line.contains(char::is_control)));
                for url in [hoster.home_url, hoster.contact_url, hoster.terms_url, hoster.privacy_url].iter().flatten() {
                    prop_assert!(url.starts_with("https://"));
                }
            }
        }
    }

    #[test]
    fn what_is_fetched_is_always_a_plain_name(text in ".{0,60}") {
        for url in candidates(&text) {
            let (host, path) = split(&url).unwrap();
            prop_assert!(host.contains('.') && host.parse::<IpAddr>().is_err());
            prop_assert!(path.starts_with('/') || path.starts_with('?'));
        }
    }
}
