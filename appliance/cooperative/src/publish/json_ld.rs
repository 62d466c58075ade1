// SPDX-License-Identifier: AGPL-3.0-or-later
//! schema.org `Organization`, to be put into the public page.

use super::Model;
use serde_json::{Value, json};

/// Renders it as a value; who writes it into a page escapes it there.
pub fn json_ld(model: &Model) -> Value {
    let profile = &model.profile;
    let mut value = json!({
        "@context": "https://schema.org",
        "@type": "Organization",
        "name": profile.get("name"),
        "slogan": profile.get("tagLine"),
        "description": profile.get("description"),
        "url": profile.get("homeUrl"),
        "logo": profile.get("logo"),
        "foundingDate": profile.get("foundingDate"),
        "knowsLanguage": profile.languages(),
        "contactPoint": { "@type": "ContactPoint", "url": profile.get("contactUrl") },
        "subjectOf": model.page("/librehost.json"),
    });
    if let Some(country) = model.value("country") {
        value["address"] = json!({ "@type": "PostalAddress", "addressCountry": country });
    }
    if let Some(mail) = model.mail() {
        value["contactPoint"]["email"] = json!(mail);
    }
    value
}
