// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whether a domain lets a CA issue for it (RFC 8659).

use serde::{Deserialize, Serialize};

/// A CAA record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaaRecord {
    /// Whoever does not understand the tag must not issue (RFC 8659 section 4.1, bit 0).
    pub critical: bool,
    /// `issue`, `issuewild`, `iodef` …
    pub tag: String,
    /// For `issue`: the issuer's domain, then parameters.
    pub value: String,
}

impl CaaRecord {
    /// The issuer's domain in an `issue` or `issuewild` value, empty when nobody may issue.
    pub fn issuer(&self) -> &str {
        self.value.split(';').next().unwrap_or_default().trim()
    }
}

/// Whether `issuer` (such as `letsencrypt.org`) may issue under this relevant record set (RFC 8659 section 3): with
/// no `issue` record everybody may. For a wildcard certificate, `issuewild` counts alone where it is present
/// (section 4.3).
pub fn caa_allows(records: &[CaaRecord], issuer: &str, wildcard: bool) -> bool {
    let known = [
        "issue",
        "issuewild",
        "iodef",
        "issuemail",
        "contactemail",
        "contactphone",
        "issuevmc",
    ];
    let is = |record: &CaaRecord, tag: &str| record.tag.eq_ignore_ascii_case(tag);
    if records
        .iter()
        .any(|record| record.critical && !known.iter().any(|tag| is(record, tag)))
    {
        return false;
    }
    let tag = if wildcard && records.iter().any(|record| is(record, "issuewild")) {
        "issuewild"
    } else {
        "issue"
    };
    let mut restricting = records.iter().filter(|record| is(record, tag)).peekable();
    restricting.peek().is_none() || restricting.any(|record| record.issuer().eq_ignore_ascii_case(issuer))
}
