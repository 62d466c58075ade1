// SPDX-License-Identifier: AGPL-3.0-or-later
//! In which language a page is shown: pure.

use crate::access::caller::cookie;
use http::{HeaderMap, header};
use types::Language;

/// Cookie with the language of somebody who is not signed in. No secret.
pub(super) const COOKIE: &str = "language";

/// The member's choice, else the cookie's, else what the browser asks for, else English.
pub(super) fn choose(member: Option<Language>, headers: &HeaderMap) -> Language {
    let chosen = || cookie(headers, COOKIE).and_then(Language::from_code);
    let asked = || {
        let value = headers.get(header::ACCEPT_LANGUAGE)?;
        accepted(value.to_str().ok()?)
    };
    member.or_else(chosen).or_else(asked).unwrap_or_default()
}

/// The best language of an `Accept-Language` header that the board speaks (RFC 9110 section 12.5.4).
pub(super) fn accepted(header: &str) -> Option<Language> {
    let mut best: Option<(Language, f32)> = None;
    // A header of any length costs little.
    for part in header.split(',').take(32) {
        let mut pieces = part.split(';');
        let Some(language) = pieces.next().map(str::trim).and_then(Language::from_code) else {
            continue;
        };
        let quality = pieces.find_map(|piece| piece.trim().strip_prefix("q=")?.trim().parse().ok());
        let quality: f32 = quality.unwrap_or(1.0);
        if quality > 0.0 && best.is_none_or(|(_, other)| quality > other) {
            best = Some((language, quality));
        }
    }
    best.map(|(language, _)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_with_the_highest_weight_wins() {
        assert_eq!(accepted("fr-CA,fr;q=0.9,en;q=0.8"), Some(Language::Fr));
        assert_eq!(accepted("en;q=0.3, fr ; q=0.7"), Some(Language::Fr));
        assert_eq!(accepted("de, en;q=0.5"), Some(Language::En));
        assert_eq!(accepted("fr;q=0, en;q=0.1"), Some(Language::En));
        assert_eq!(accepted("de"), None);
        for odd in ["", ";;;", "q=1", ",,,", "fr;q=NaN", "\u{7f}"] {
            let _ = accepted(odd);
        }
    }

    #[test]
    fn a_choice_beats_the_browser() {
        let headers = |pairs: &[(header::HeaderName, &str)]| -> HeaderMap {
            pairs
                .iter()
                .map(|(name, value)| (name.clone(), value.parse().unwrap()))
                .collect()
        };
        let all = headers(&[(header::COOKIE, "language=fr"), (header::ACCEPT_LANGUAGE, "en")]);
        assert_eq!(choose(None, &all), Language::Fr);
        assert_eq!(choose(Some(Language::En), &all), Language::En);
        assert_eq!(choose(None, &HeaderMap::new()), Language::En);
    }
}
