// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a browser calls itself, in words people know: pure, and never trusted.

/// Name in the text, word for people; the first that is found counts, as newer browsers also name older ones.
const BROWSERS: [(&str, &str); 8] = [
    ("Firefox/", "Firefox"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
];

const SYSTEMS: [(&str, &str); 7] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// `Firefox, Linux`; what is not known is left as it is, shortened.
pub(super) fn device(agent: &str) -> String {
    let find = |known: &[(&str, &'static str)]| {
        known
            .iter()
            .find(|(part, _)| agent.contains(part))
            .map(|(_, word)| *word)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(word), None) | (None, Some(word)) => word.to_owned(),
        (None, None) if agent.trim().is_empty() => "?".to_owned(),
        (None, None) => agent.chars().take(40).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::device;

    #[test]
    fn browsers_are_known_by_name() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        assert_eq!(device(firefox), "Firefox, Linux");
        let chrome = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36";
        assert_eq!(device(chrome), "Chrome, Android");
        assert_eq!(device("curl/8.14"), "curl");
        assert_eq!(device("thing"), "thing");
        assert_eq!(device(""), "?");
    }
}
