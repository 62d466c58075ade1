// SPDX-License-Identifier: AGPL-3.0-or-later
//! Devices where a member was signed in before, known by a cookie that the board made (the idea: OWASP, "Slow Down
//! Online Guessing Attacks with Device Cookies"). It opens nothing: it only lets its owner try the password while
//! strangers who guess have to wait. Pure.

use super::seal::Seal;

/// Members whose sign-in one browser remembers: a tablet that a family shares.
const MOST: usize = 4;

/// The identifier of the device that shows this cookie, if `name` was signed in there before.
pub fn known<'a>(seal: &Seal, cookie: &'a str, name: &str) -> Option<&'a str> {
    entry(seal, cookie, name).map(|(identifier, _)| identifier)
}

/// The cookie after `name` signed in; `identifier` is used when the device is new to this name.
pub fn remember(seal: &Seal, cookie: &str, name: &str, identifier: &str) -> String {
    let first = entry(seal, cookie, name).map_or_else(
        || format!("{identifier}.{}", seal.of(&["device", name, identifier])),
        |(_, entry)| entry.to_owned(),
    );
    // Whatever else the browser sent, it gets no more than this back.
    let others = cookie
        .split('~')
        .filter(|entry| !entry.is_empty() && *entry != first && entry.len() <= first.len());
    let all: Vec<&str> = std::iter::once(first.as_str()).chain(others).take(MOST).collect();
    all.join("~")
}

fn entry<'a>(seal: &Seal, cookie: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    cookie.split('~').take(MOST).find_map(|entry| {
        let (identifier, tag) = entry.split_once('.')?;
        seal.is_of(tag, &["device", name, identifier])
            .then_some((identifier, entry))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_device_is_known_for_those_who_signed_in_there() {
        let seal = Seal::new("key");
        let cookie = remember(&seal, "", "ada", "one");
        assert_eq!(known(&seal, &cookie, "ada"), Some("one"));
        assert_eq!(known(&seal, &cookie, "ben"), None);
        let both = remember(&seal, &cookie, "ben", "two");
        assert_eq!(known(&seal, &both, "ada"), Some("one"));
        assert_eq!(known(&seal, &both, "ben"), Some("two"));
        // It stays the same device, however often somebody signs in.
        let again = remember(&seal, &both, "ada", "three");
        assert_eq!(known(&seal, &again, "ada"), Some("one"));
        assert_eq!(again.len(), both.len());
        assert_eq!(known(&Seal::new("another board"), &again, "ada"), None);
    }

    #[test]
    fn the_cookie_never_grows_beyond_four() {
        let seal = Seal::new("key");
        let mut cookie = String::new();
        for number in 0..20 {
            cookie = remember(&seal, &cookie, &format!("member-{number}"), "0123456789abcdef");
        }
        assert!(cookie.len() < 4 * 82, "{}", cookie.len());
        assert!(known(&seal, &cookie, "member-19").is_some());
        assert!(known(&seal, &cookie, "member-16").is_some());
        assert!(known(&seal, &cookie, "member-15").is_none());
    }

    proptest! {
        #[test]
        fn nobody_makes_one_without_the_key(text in "[0-9a-f.~]{0,200}", name in "[a-z]{1,8}") {
            let seal = Seal::new("key");
            prop_assert_eq!(known(&seal, &text, &name), None);
            let real = remember(&seal, &text, &name, "0123456789abcdef");
            prop_assert_eq!(known(&seal, &real, &name), Some("0123456789abcdef"));
            prop_assert!(real.len() < 4 * 82);
        }

        #[test]
        fn a_changed_one_is_unknown(at in 0usize..81, bit in 0u32..7) {
            let seal = Seal::new("key");
            let cookie = remember(&seal, "", "ada", "0123456789abcdef");
            let mut bytes = cookie.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let changed = String::from_utf8(bytes).unwrap();
            prop_assert_eq!(known(&seal, &changed, "ada"), None);
        }
    }
}
