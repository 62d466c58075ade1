// SPDX-License-Identifier: AGPL-3.0-or-later
//! `security.txt` (RFC 9116).

use super::Profile;
use crate::date::{DAY, moment};
use std::fmt::Write as _;
use types::Timestamp;

/// Days it is valid. RFC 9116 recommends less than a year; it is renewed every day by being rendered.
const VALID: i64 = 90;

/// Renders it; `None` without a contact. The same bytes for a whole day.
pub fn security_txt(profile: &Profile, base: &str, now: Timestamp) -> Option<String> {
    let contact = Some(profile.get("securityContact")).filter(|contact| !contact.is_empty())?;
    let scheme = if contact.contains("://") { "" } else { "mailto:" };
    let midnight = now.0.div_euclid(DAY) * DAY;
    let mut text = format!("Contact: {scheme}{contact}\r\n");
    let _ = write!(text, "Expires: {}\r\n", moment(Timestamp(midnight + VALID * DAY)));
    let languages = profile.languages().join(", ");
    if !languages.is_empty() {
        let _ = write!(text, "Preferred-Languages: {languages}\r\n");
    }
    if !base.is_empty() {
        let _ = write!(text, "Canonical: {base}/.well-known/security.txt\r\n");
    }
    Some(text)
}
