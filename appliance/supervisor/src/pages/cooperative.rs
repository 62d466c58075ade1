// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who hosts here: the profile's form.

use super::{
    form::Fields,
    shell::{INVALID, Visit, show_as},
};
use crate::{
    ApiError,
    access::Policy,
    api::Route,
    publish::{self, FIELDS, FieldKind, Profile},
};
use ::cooperative::text::TextKind;
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode, header};
use std::collections::BTreeMap;
use web_ui::{CooperativeForm, CooperativePage, FieldError, Notice, ProfileField, TextField};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Steward;
    vec![
        Route::new(Method::GET, "/cooperative/profile", Steward, "The profile.", get),
        Route::new(
            Method::POST,
            "/cooperative/profile",
            Steward,
            "Change the profile.",
            save,
        ),
        Route::new(
            Method::GET,
            "/cooperative/profile/preview",
            Steward,
            "librehost.json as it would be.",
            preview,
        ),
    ]
}

/// Boxes to tick, and their keys in the profile.
const TICKED: [(&str, &str); 2] = [
    ("is_service_provider", "isServiceProvider"),
    ("publish_directory", "publishDirectory"),
];

/// Field of the form and key of the profile.
const NAMES: [(&str, &str); 15] = [
    ("name", "name"),
    ("tag_line", "tagLine"),
    ("description", "description"),
    ("organization_type", "organizationType"),
    ("founding_date", "foundingDate"),
    ("communication_languages", "communicationLanguages"),
    ("home_url", "homeUrl"),
    ("logo", "logo"),
    ("contact_url", "contactUrl"),
    ("contact_email", "securityContact"),
    ("terms_of_service_url", "termsOfServiceUrl"),
    ("privacy_policy_url", "privacyPolicyUrl"),
    ("country", "country"),
    ("contact", "contact"),
    ("availability", "availability"),
];

async fn get(visit: Visit) -> Result<Response, ApiError> {
    let documents = visit.app.published.get();
    let profile = &documents.profile;
    let value = |key: &str| {
        let value = profile.get(key);
        // Read by people: `en, fr`.
        let languages = key == "communicationLanguages";
        TextField::new(if languages {
            value.replace(',', ", ")
        } else {
            value.to_owned()
        })
    };
    let ticked = |key: &str| profile.get(key) == "true";
    let form = form(value, ticked);
    Ok(page(visit, form, StatusCode::OK))
}

fn page(mut visit: Visit, form: CooperativeForm, status: StatusCode) -> Response {
    visit.at("/cooperative/profile");
    let documents = visit.app.published.get();
    let missing = documents.missing.keys().filter_map(|key| missing_field(key));
    let seen = visit.app.seen.load();
    let host = seen.addresses.board.first().cloned();
    let host = host.unwrap_or_else(|| format!("{}.local", visit.layout.board));
    let page = CooperativePage {
        form,
        missing: missing.collect(),
        published_url: visit.links.open(&host) + "/librehost.json",
        layout: visit.layout,
    };
    show_as(status, &page)
}

fn form(text: impl Fn(&str) -> TextField, ticked: impl Fn(&str) -> bool) -> CooperativeForm {
    let field = |name: &str| {
        let key = NAMES.iter().find(|(field, _)| *field == name);
        key.map(|(_, key)| text(key)).unwrap_or_default()
    };
    CooperativeForm {
        name: field("name"),
        tag_line: field("tag_line"),
        description: field("description"),
        organization_type: field("organization_type"),
        founding_date: field("founding_date"),
        communication_languages: field("communication_languages"),
        is_service_provider: ticked("isServiceProvider"),
        home_url: field("home_url"),
        logo: field("logo"),
        contact_url: field("contact_url"),
        contact_email: field("contact_email"),
        terms_of_service_url: field("terms_of_service_url"),
        privacy_policy_url: field("privacy_policy_url"),
        country: field("country"),
        contact: field("contact"),
        availability: field("availability"),
        publish_directory: ticked("publishDirectory"),
    }
}

async fn save(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let mut values: BTreeMap<String, String> = NAMES
        .iter()
        .map(|(field, key)| ((*key).to_owned(), fields.owned(field)))
        .collect();
    for (field, key) in TICKED {
        values.insert(key.into(), (fields.get(field) == "true").to_string());
    }
    own_pages(&visit, &mut values);
    let before = visit.app.published.get();
    match publish::set_profile(&visit.app, &values, &by).await {
        Ok(()) => {
            let same = before.profile == visit.app.published.get().profile;
            let notice = if same {
                Notice::NothingChanged
            } else {
                Notice::Saved
            };
            Ok(visit.redirect("/cooperative/profile", Some(notice)))
        }
        Err(error) if error.status == INVALID => {
            let text = |key: &str| {
                let typed = values.get(key).cloned().unwrap_or_default();
                let kind = error
                    .fields
                    .get(key)
                    .map(|message| field_error(key, &typed, message));
                let field = TextField::new(typed);
                kind.map_or(field.clone(), |kind| field.with_error(kind))
            };
            let ticked = |key: &str| values.get(key).is_some_and(|value| value == "true");
            Ok(page(visit, form(text, ticked), INVALID))
        }
        Err(error) => Err(error),
    }
}

/// A text that is written here needs no address elsewhere: the board's own page is one.
fn own_pages(visit: &Visit, values: &mut BTreeMap<String, String>) {
    let documents = visit.app.published.get();
    let seen = visit.app.seen.load();
    let Some(host) = seen.addresses.board.first() else {
        return;
    };
    for (key, kind) in [
        ("termsOfServiceUrl", TextKind::Terms),
        ("privacyPolicyUrl", TextKind::Privacy),
        ("contactUrl", TextKind::Contact),
    ] {
        let is_empty = values.get(key).is_none_or(|value| value.trim().is_empty());
        if is_empty && documents.text(kind, visit.language(), visit.layout.now).is_some() {
            values.insert(key.into(), format!("https://{host}/{}", kind.word()));
        }
    }
}

/// What is wrong with a value, as its field shows it.
fn field_error(key: &str, value: &str, message: &str) -> FieldError {
    let kind = FIELDS
        .iter()
        .find(|field| field.key == key)
        .map(|field| field.kind);
    let length = value.trim().chars().count();
    let most = match kind {
        Some(FieldKind::Paragraphs) => 20_000,
        Some(FieldKind::Url | FieldKind::Contact) => 500,
        _ => 200,
    };
    if length > most {
        return FieldError::TooLong(u32::try_from(most).unwrap_or(u32::MAX));
    }
    match kind {
        Some(FieldKind::Url) => FieldError::NotAnAddress,
        Some(FieldKind::Contact) => FieldError::NotAnEmail,
        Some(FieldKind::Year) => FieldError::NotAYear,
        Some(FieldKind::Languages) => FieldError::NotLanguages,
        Some(FieldKind::Country) => FieldError::NotFit,
        _ => FieldError::Other(message.to_owned()),
    }
}

fn missing_field(key: &str) -> Option<ProfileField> {
    Some(match key {
        "name" => ProfileField::Name,
        "tagLine" => ProfileField::TagLine,
        "description" => ProfileField::Description,
        "organizationType" => ProfileField::OrganizationType,
        "foundingDate" => ProfileField::FoundingDate,
        "communicationLanguages" => ProfileField::CommunicationLanguages,
        "homeUrl" => ProfileField::HomeUrl,
        "logo" => ProfileField::Logo,
        "contactUrl" => ProfileField::ContactUrl,
        "termsOfServiceUrl" => ProfileField::Terms,
        "privacyPolicyUrl" => ProfileField::Privacy,
        _ => return None,
    })
}

async fn preview(visit: Visit) -> Result<Response, ApiError> {
    let documents = visit.app.published.get();
    let kind = [(header::CONTENT_TYPE, "application/json")];
    let body = documents
        .librehost
        .as_ref()
        .map_or_else(|| draft(&documents.profile), |document| document.body.clone());
    Ok((kind, body).into_response())
}

/// The values there are, with `null` where one is missing: what is shown here is never published.
fn draft(profile: &Profile) -> String {
    let needed = FIELDS.iter().filter(|field| field.needed);
    let value = |key: &str| match profile.get(key) {
        "" => serde_json::Value::Null,
        text => text.into(),
    };
    let values: BTreeMap<&str, serde_json::Value> =
        needed.map(|field| (field.key, value(field.key))).collect();
    serde_json::to_string_pretty(&values).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_the_profile_is_in_the_form() {
        let mut keys: Vec<&str> = NAMES.iter().map(|(_, key)| *key).collect();
        keys.extend(TICKED.map(|(_, key)| key));
        assert!(FIELDS.iter().all(|field| keys.contains(&field.key)));
        assert_eq!(keys.len(), FIELDS.len());
    }
}
