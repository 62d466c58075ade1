// SPDX-License-Identifier: AGPL-3.0-or-later
//! Drawings: service icons, QR codes, sparklines.

use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write as _;

/// Shown for a service whose icon cannot be put into the page.
const PLAIN: &str = r#"<svg viewBox="0 0 48 48"><rect x="6" y="6" width="36" height="36" rx="8" fill="none" stroke="currentColor" stroke-width="3"/><circle cx="24" cy="24" r="5" fill="currentColor"/></svg>"#;

/// A catalog icon as it may stand in a page: one `<svg>` element of plain shapes and their attributes.
///
/// The catalog is signed, yet a page must stay valid and within its policy: an icon with anything else (scripts,
/// styles, links, ids, which two icons could share) is replaced by a plain one.
pub(crate) fn icon(svg: &str) -> &str {
    let start = svg.find("<svg").unwrap_or(svg.len());
    let end = svg.rfind("</svg>").map_or(0, |at| at + "</svg>".len());
    let Some(element) = svg.get(start..end) else {
        return PLAIN;
    };
    if is_plain(element) { element } else { PLAIN }
}

fn is_plain(element: &str) -> bool {
    element.len() <= 16 * 1024
        && element.matches("<svg").count() == 1
        && element.split('<').skip(1).all(|rest| {
            let (tag, text) = rest.split_once('>').unwrap_or(("", "?"));
            text.trim().is_empty() && is_plain_tag(tag)
        })
}

/// `path d="…" stroke="…"`, `path …/` or `/path`, with known names only.
fn is_plain_tag(tag: &str) -> bool {
    const ELEMENTS: [&str; 9] = [
        "svg", "g", "path", "circle", "ellipse", "rect", "line", "polyline", "polygon",
    ];
    let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    if !ELEMENTS.contains(&name.trim_matches('/')) {
        return false;
    }
    loop {
        rest = rest.trim_start();
        if rest.is_empty() || rest == "/" {
            return true;
        }
        let Some((attribute, quoted)) = rest.split_once("=\"") else {
            return false;
        };
        let Some((_, after)) = quoted.split_once('"') else {
            return false;
        };
        if !is_plain_attribute(attribute) {
            return false;
        }
        rest = after;
    }
}

fn is_plain_attribute(name: &str) -> bool {
    const ATTRIBUTES: [&str; 30] = [
        "clip-rule",
        "cx",
        "cy",
        "d",
        "fill",
        "fill-opacity",
        "fill-rule",
        "height",
        "opacity",
        "points",
        "r",
        "rx",
        "ry",
        "stroke",
        "stroke-dasharray",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-miterlimit",
        "stroke-opacity",
        "stroke-width",
        "transform",
        "viewBox",
        "width",
        "x",
        "x1",
        "x2",
        "xmlns",
        "y",
        "y1",
        "y2",
    ];
    ATTRIBUTES.contains(&name)
}

/// A QR code of `text` with a quiet zone of 4 modules (ISO/IEC 18004), dark on white in every colour scheme.
/// `None` when the text is too long.
pub(crate) fn qr(text: &str) -> Option<String> {
    const QUIET: usize = 4;
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let side = width + 2 * QUIET;
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        while x < width {
            let run = row[x..].iter().take_while(|color| **color == Color::Dark).count();
            if run > 0 {
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
            }
            x += run.max(1);
        }
    }
    Some(format!(
        r##"<svg class="qr" viewBox="0 0 {side} {side}" shape-rendering="crispEdges" aria-hidden="true"><rect width="{side}" height="{side}" fill="#fff"/><path fill="#000" d="{path}"/></svg>"##
    ))
}

/// Points of a sparkline 120 wide and 32 high, from samples in percent, oldest first. Empty below two samples.
pub(crate) fn sparkline(samples: &[f32]) -> String {
    if samples.len() < 2 {
        return String::new();
    }
    #[expect(clippy::cast_precision_loss, reason = "a few hundred samples")]
    let step = 120.0 / (samples.len() - 1) as f32;
    let mut points = String::new();
    let mut x = 0.0_f32;
    for sample in samples {
        let share = if sample.is_finite() {
            sample.clamp(0.0, 100.0)
        } else {
            0.0
        };
        let _ = write!(points, "{x:.1},{:.1} ", 31.0 - share * 0.3);
        x += step;
    }
    points.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn icons_are_plain_shapes_or_replaced() {
        let good = r#"<?xml version="1.0"?><!-- x --><svg viewBox="0 0 8 8"><path d="M0 0h8" stroke-width="1"/></svg>"#;
        assert!(icon(good).starts_with("<svg viewBox"));
        for bad in [
            "",
            "text",
            "</svg><svg",
            r"<svg><script>alert(1)</script></svg>",
            r#"<svg onload="alert(1)"></svg>"#,
            "<svg\nonload=alert(1)></svg>",
            r#"<svg/onload="alert(1)"></svg>"#,
            r#"<svg><path style="fill:red"/></svg>"#,
            r#"<svg><g id="a"/></svg>"#,
            r"<svg><foreignObject/></svg>",
            r#"<svg><a href="javascript:alert(1)"/></svg>"#,
            r"<svg></svg><img src=x></svg>",
            r#"<svg><path d="M0 0"onload="alert(1)"/></svg>"#,
            r#"<svg><path stroke-x"onload=alert(1) x="1"/></svg>"#,
            r"<svg><text>words</text></svg>",
        ] {
            assert_eq!(icon(bad), PLAIN, "{bad}");
        }
    }

    #[test]
    fn icons_of_our_own_services_are_plain() {
        let services = concat!(env!("CARGO_MANIFEST_DIR"), "/../services");
        for entry in std::fs::read_dir(services).into_iter().flatten().flatten() {
            if let Ok(svg) = std::fs::read_to_string(entry.path().join("icon.svg")) {
                assert_ne!(icon(&svg), PLAIN, "{}", entry.path().display());
            }
        }
    }

    #[test]
    fn a_sparkline_spans_its_box() {
        assert_eq!(sparkline(&[0.0, 100.0, f32::NAN]), "0.0,31.0 60.0,1.0 120.0,31.0");
        assert_eq!(sparkline(&[1.0]), "");
    }

    #[test]
    fn a_qr_code_has_its_finder_and_quiet_zone() {
        let svg = qr("https://calendar.example.org/").expect("short");
        assert!(svg.contains("M4 4h7v1h-7z"));
        assert!(qr(&"x".repeat(5000)).is_none());
    }
}
