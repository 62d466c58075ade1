// SPDX-License-Identifier: AGPL-3.0-or-later
//! Contrast of our colours by WCAG 2.2 AA: 4.5 for text (1.4.3), 3 for edges and drawings (1.4.11), in both schemes.

use std::collections::BTreeMap;

const STYLE: &str = include_str!("../assets/style.css");

/// Text and what it stands on.
const TEXT: [(&str, &[&str]); 12] = [
    (
        "ink",
        &[
            "paper",
            "card",
            "note",
            "accent-soft",
            "good-soft",
            "bad-soft",
            "info-soft",
        ],
    ),
    ("soft", &["paper", "card"]),
    (
        "accent",
        &["paper", "card", "note", "bad-soft", "info-soft", "good-soft"],
    ),
    ("accent-strong", &["paper", "card", "accent-soft", "note"]),
    ("on-accent", &["accent", "accent-strong"]),
    ("on-bar", &["bar"]),
    ("good", &["card", "paper"]),
    ("wait", &["card", "paper"]),
    ("bad", &["card", "paper"]),
    ("card", &["bad"]),
    ("ink", &["paper"]),
    ("bad", &["bad-soft"]),
];

/// Edges of fields and buttons, dots and bars, and what they stand on.
const EDGES: [(&str, &[&str]); 4] = [
    ("edge", &["card", "paper"]),
    ("accent", &["card", "paper", "line", "accent-soft"]),
    ("pin", &["card", "note"]),
    ("bad", &["line"]),
];

#[test]
fn text_and_edges_stand_out_in_both_schemes() {
    let light = colours(STYLE.split("@media").next().expect("something"));
    let dark = colours(
        STYLE
            .split("@media (prefers-color-scheme: dark)")
            .nth(1)
            .and_then(|rest| rest.split("\n}\n").next())
            .expect("a dark scheme"),
    );
    assert!(light.len() > 15 && dark.len() > 15, "colours were not found");
    for (scheme, colours) in [("light", &light), ("dark", &dark)] {
        for (least, pairs) in [(4.5, &TEXT[..]), (3.0, &EDGES[..])] {
            for (front, backs) in pairs {
                for back in *backs {
                    let ratio = contrast(colours[*front], colours[*back]);
                    assert!(
                        ratio >= least,
                        "{scheme}: {front} on {back} is {ratio:.2}, not {least}"
                    );
                }
            }
        }
    }
}

/// `--name: #rrggbb;`
fn colours(css: &str) -> BTreeMap<&str, [u8; 3]> {
    css.lines()
        .filter_map(|line| {
            line.trim()
                .strip_prefix("--")?
                .strip_suffix(';')?
                .split_once(": #")
        })
        .filter_map(|(name, digits)| Some((name, rgb(digits)?)))
        .collect()
}

fn rgb(digits: &str) -> Option<[u8; 3]> {
    let number = u32::from_str_radix(digits, 16)
        .ok()
        .filter(|_| digits.len() == 6)?;
    let [_, red, green, blue] = number.to_be_bytes();
    Some([red, green, blue])
}

/// <https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>
fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>
fn luminance(colour: [u8; 3]) -> f64 {
    let linear = |part: u8| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    };
    let [red, green, blue] = colour.map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}
