// SPDX-License-Identifier: AGPL-3.0-or-later
//! Texts: the questions, versions, what they changed.

use super::{
    super::{
        form::Fields,
        shell::{INVALID, Visit, show, show_as},
    },
    is_wrong, kind, mark,
};
use crate::{
    ApiError,
    access::Policy,
    api::{Route, text_kind, text_language},
    cooperative::texts,
    publish,
};
use ::cooperative::{
    date,
    text::{Answers, Change, Fee, Joining, TextKind, Voting, standing},
};
use axum::{extract::Path, response::Response};
use http::{Method, StatusCode};
use std::collections::BTreeMap;
use types::Language;
use web_ui::{
    ChangesPage, EditTextPage, Notice, Piece, PieceChange, QuestionsForm, QuestionsPage, TextField, TextRow,
    TextsPage, VersionRow,
};

pub(super) fn routes() -> Vec<Route> {
    use Policy::{Member, Public, Steward};
    const TEXT: &str = "/cooperative/texts/{kind}/{language}";
    const QUESTIONS: &str = "/cooperative/questions";
    vec![
        Route::new(Method::GET, "/cooperative/texts", Member, "Every text.", list),
        Route::new(Method::GET, QUESTIONS, Steward, "A few questions.", questions),
        Route::new(Method::POST, QUESTIONS, Steward, "Write first texts.", draft),
        Route::new(
            Method::POST,
            "/cooperative/questions/publish",
            Steward,
            "Publish first texts.",
            publish_drafts,
        ),
        Route::new(Method::GET, TEXT, Member, "A text's versions.", edit),
        Route::new(Method::POST, TEXT, Steward, "Publish a version.", save),
        Route::new(
            Method::GET,
            "/cooperative/texts/{kind}/{language}/{number}",
            Public,
            "A version and what it changed.",
            changes,
        ),
        Route::new(
            Method::POST,
            "/cooperative/texts/{kind}/{language}/{number}/read",
            Member,
            "You have read it.",
            read,
        ),
    ]
}

async fn list(visit: Visit) -> Result<Response, ApiError> {
    let documents = visit.app.published.get();
    let now = visit.layout.now;
    let mut rows = Vec::new();
    for one in TextKind::ALL {
        for language in Language::ALL {
            let found = standing(&documents.texts, one, language, now);
            let number = |version: &::cooperative::Version| (version.number, version.effective);
            rows.push(TextRow {
                kind: kind(one),
                language,
                current: found.current.map(number),
                coming: found.coming.map(number),
            });
        }
    }
    let page = TextsPage {
        rows,
        layout: visit.layout,
    };
    Ok(show(&page))
}

fn word<T: serde::Serialize>(value: T) -> TextField {
    let value = serde_json::to_value(value).unwrap_or_default();
    TextField::new(value.as_str().unwrap_or_default())
}

/// The form as it was answered last, or with what the profile knows.
async fn answered(visit: &Visit) -> Result<QuestionsForm, ApiError> {
    let documents = visit.app.published.get();
    let profile = |key: &str| TextField::new(documents.profile.get(key));
    let known = texts::answers(&visit.app).await?;
    let answers = known.unwrap_or_else(|| Answers {
        name: documents.profile.get("name").to_owned(),
        contact: documents.profile.get("contact").to_owned(),
        answer_days: 7,
        log_days: 14,
        notice_days: 14,
        end_days: 90,
        ..Answers::default()
    });
    let days = |days: u16| TextField::new(days.to_string());
    Ok(QuestionsForm {
        name: TextField::new(answers.name),
        tag_line: profile("tagLine"),
        description: profile("description"),
        organization_type: profile("organizationType"),
        contact: TextField::new(answers.contact),
        country: TextField::new(answers.country),
        joining: word(answers.joining),
        fee: word(answers.fee),
        dues: TextField::new(answers.dues),
        voting: word(answers.voting),
        answer_days: days(answers.answer_days),
        log_days: days(answers.log_days),
        notice_days: days(answers.notice_days),
        end_days: days(answers.end_days),
        copies: answers.copies,
        delegates: TextField::new(answers.delegates.join("\n")),
        language: word(visit.language()),
    })
}

async fn questions(visit: Visit) -> Result<Response, ApiError> {
    let page = QuestionsPage {
        form: answered(&visit).await?,
        drafts: Vec::new(),
        layout: visit.layout,
    };
    Ok(show(&page))
}

fn form(fields: &Fields) -> QuestionsForm {
    let text = |name| fields.text(name);
    QuestionsForm {
        name: text("name"),
        tag_line: text("tag_line"),
        description: text("description"),
        organization_type: text("organization_type"),
        contact: text("contact"),
        country: text("country"),
        joining: text("joining"),
        fee: text("fee"),
        dues: text("dues"),
        voting: text("voting"),
        answer_days: text("answer_days"),
        log_days: text("log_days"),
        notice_days: text("notice_days"),
        end_days: text("end_days"),
        copies: fields.get("copies") == "true",
        delegates: text("delegates"),
        language: text("language"),
    }
}

fn answers(fields: &Fields) -> Answers {
    let days = |name| fields.trimmed(name).parse().unwrap_or(0);
    Answers {
        name: fields.trimmed("name").to_owned(),
        contact: fields.trimmed("contact").to_owned(),
        country: fields.trimmed("country").to_owned(),
        joining: match fields.get("joining") {
            "asking" => Joining::Asking,
            "closed" => Joining::Closed,
            _ => Joining::Invited,
        },
        fee: match fields.get("fee") {
            "donations" => Fee::Donations,
            "dues" => Fee::Dues,
            _ => Fee::None,
        },
        dues: fields.trimmed("dues").to_owned(),
        voting: match fields.get("voting") {
            "majority" => Voting::Majority,
            "stewards" => Voting::Stewards,
            _ => Voting::Consent,
        },
        answer_days: days("answer_days"),
        log_days: days("log_days"),
        notice_days: days("notice_days"),
        end_days: days("end_days"),
        copies: fields.get("copies") == "true",
        delegates: fields
            .get("delegates")
            .lines()
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
    }
}

/// What the questions say about the profile, with the board's own pages where an address is missing.
fn profile(visit: &Visit, fields: &Fields) -> BTreeMap<String, String> {
    let documents = visit.app.published.get();
    let mut values = BTreeMap::new();
    for (key, field) in [
        ("name", "name"),
        ("tagLine", "tag_line"),
        ("description", "description"),
        ("organizationType", "organization_type"),
        ("contact", "contact"),
    ] {
        values.insert(key.to_owned(), fields.trimmed(field).to_owned());
    }
    let seen = visit.app.seen.load();
    let host = seen.addresses.board.first().cloned().unwrap_or_default();
    let contact = fields.trimmed("contact").to_owned();
    let year = date::year(visit.layout.now).to_string();
    for (key, value) in [
        ("homeUrl", format!("https://{host}/")),
        ("logo", format!("https://{host}/logo.svg")),
        ("foundingDate", year),
        ("communicationLanguages", fields.trimmed("language").to_owned()),
        ("isServiceProvider", "true".to_owned()),
        ("securityContact", contact),
    ] {
        if documents.profile.get(key).is_empty() {
            values.insert(key.to_owned(), value);
        }
    }
    values
}

async fn draft(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let mut form = form(&fields);
    let language = Language::from_code(fields.get("language")).unwrap_or(visit.language());
    form.language = word(language);
    let checked = publish::set_profile(&visit.app, &profile(&visit, &fields), &by).await;
    let drafted = match checked {
        Ok(()) => texts::draft(&visit.app, answers(&fields), language, &by).await,
        Err(error) => Err(error),
    };
    match drafted {
        Ok(drafts) => {
            let of = |one: TextKind| drafts.get(one.word()).cloned().unwrap_or_default();
            let page = QuestionsPage {
                drafts: TextKind::ALL
                    .into_iter()
                    .map(|one| (kind(one), TextField::new(of(one))))
                    .collect(),
                form,
                layout: visit.layout,
            };
            Ok(show(&page))
        }
        Err(error) if is_wrong(&error) => {
            let language = visit.language();
            for (key, field) in [
                ("name", &mut form.name),
                ("tagLine", &mut form.tag_line),
                ("description", &mut form.description),
                ("organizationType", &mut form.organization_type),
                ("contact", &mut form.contact),
                ("country", &mut form.country),
                ("dues", &mut form.dues),
                ("answer_days", &mut form.answer_days),
                ("log_days", &mut form.log_days),
                ("notice_days", &mut form.notice_days),
                ("end_days", &mut form.end_days),
                ("delegates", &mut form.delegates),
            ] {
                mark(language, field, error.fields.get(key));
            }
            let page = QuestionsPage {
                form,
                drafts: Vec::new(),
                layout: visit.layout,
            };
            Ok(show_as(INVALID, &page))
        }
        Err(error) => Err(error),
    }
}

async fn publish_drafts(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let language = Language::from_code(fields.get("language")).unwrap_or(visit.language());
    let mut drafts: Vec<(web_ui::TextKind, TextField)> = Vec::new();
    let mut wrong = false;
    for one in TextKind::ALL {
        let mut field = fields.text(one.word());
        if !field.value.trim().is_empty() {
            match texts::publish_text(&visit.app, (one, language), &field.value, None, &by).await {
                Ok(_) => {}
                Err(error) if error.code == "same_text" => {}
                Err(error) if is_wrong(&error) => {
                    wrong = true;
                    mark(visit.language(), &mut field, error.fields.get("text"));
                }
                Err(error) => return Err(error),
            }
        }
        drafts.push((kind(one), field));
    }
    if wrong {
        let mut form = answered(&visit).await?;
        form.language = word(language);
        let page = QuestionsPage {
            form,
            drafts,
            layout: visit.layout,
        };
        return Ok(show_as(INVALID, &page));
    }
    Ok(visit.redirect("/cooperative/texts", Some(Notice::Published)))
}

async fn edit_page(
    visit: Visit,
    which: (TextKind, Language),
    fields: Option<(&Fields, &ApiError)>,
) -> Result<Response, ApiError> {
    let documents = visit.app.published.get();
    let of = |version: &&::cooperative::Version| (version.kind, version.language) == which;
    let mut versions: Vec<_> = documents.texts.iter().filter(of).collect();
    versions.sort_by_key(|version| std::cmp::Reverse(version.number));
    let notice = if versions.is_empty() || !which.0.needs_notice() {
        0
    } else {
        texts::notice_days(&visit.app).await?
    };
    let mut page = EditTextPage {
        kind: kind(which.0),
        language: which.1,
        text: TextField::new(versions.first().map_or("", |version| &version.text)),
        effective: TextField::default(),
        notice_days: notice,
        versions: versions
            .iter()
            .map(|version| VersionRow {
                number: version.number,
                effective: version.effective,
                by: version.by.clone(),
            })
            .collect(),
        layout: visit.layout,
    };
    let Some((fields, error)) = fields else {
        return Ok(show(&page));
    };
    page.text = fields.text("text");
    page.effective = fields.text("effective");
    let language = page.layout.language;
    mark(language, &mut page.text, error.fields.get("text"));
    mark(language, &mut page.effective, error.fields.get("effective"));
    Ok(show_as(INVALID, &page))
}

async fn edit(visit: Visit, Path((word, code)): Path<(String, String)>) -> Result<Response, ApiError> {
    edit_page(visit, (text_kind(&word)?, text_language(&code)?), None).await
}

async fn save(
    mut visit: Visit,
    Path((word, code)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let which = (text_kind(&word)?, text_language(&code)?);
    visit.at(format!("/cooperative/texts/{word}/{code}"));
    let day = fields.trimmed("effective");
    let effective = date::parse_day(day);
    let published = if !day.is_empty() && effective.is_none() {
        Err(ApiError::field("effective", "must be a day, like 2026-12-01"))
    } else {
        texts::publish_text(&visit.app, which, fields.get("text"), effective, &by).await
    };
    match published {
        Ok(_) => Ok(visit.redirect(
            &format!("/cooperative/texts/{word}/{code}"),
            Some(Notice::Published),
        )),
        Err(error) if error.status == StatusCode::CONFLICT => Ok(visit.redirect(
            &format!("/cooperative/texts/{word}/{code}"),
            Some(Notice::NothingChanged),
        )),
        Err(error) if is_wrong(&error) => edit_page(visit, which, Some((&fields, &error))).await,
        Err(error) => Err(error),
    }
}

async fn changes(
    visit: Visit,
    Path((word, code, number)): Path<(String, String, String)>,
) -> Result<Response, ApiError> {
    let documents = visit.app.published.get();
    let (which, language) = (text_kind(&word)?, text_language(&code)?);
    let number = number.parse().unwrap_or(0);
    let version = texts::version(&documents.texts, which, language, number)?;
    let pieces = texts::changes(&documents.texts, which, language, number)?;
    // A first version is all new: nothing to point at.
    let first = number == 1;
    let piece = |change| match change {
        Change::Kept(text) => Piece {
            change: PieceChange::Kept,
            text,
        },
        Change::Added(text) if first => Piece {
            change: PieceChange::Kept,
            text,
        },
        Change::Added(text) => Piece {
            change: PieceChange::Added,
            text,
        },
        Change::Removed(text) => Piece {
            change: PieceChange::Removed,
            text,
        },
    };
    let unread = match visit.caller.name() {
        Ok(member) => texts::news_for(&visit.app, member, language)
            .await?
            .contains(version),
        Err(_) => false,
    };
    let page = ChangesPage {
        kind: kind(which),
        language,
        number,
        effective: version.effective,
        pieces: pieces.into_iter().map(piece).collect(),
        unread,
        layout: visit.layout,
    };
    Ok(show(&page))
}

async fn read(
    visit: Visit,
    Path((word, code, number)): Path<(String, String, String)>,
) -> Result<Response, ApiError> {
    let documents = visit.app.published.get();
    let number = number.parse().unwrap_or(0);
    let version = texts::version(&documents.texts, text_kind(&word)?, text_language(&code)?, number)?;
    let member = visit.caller.name()?.clone();
    visit
        .app
        .store
        .see_text(member, version, visit.layout.now)
        .await?;
    Ok(visit.redirect("/cooperative", Some(Notice::MarkedRead)))
}
