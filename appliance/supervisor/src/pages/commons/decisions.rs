// SPDX-License-Identifier: AGPL-3.0-or-later
//! Proposals and votes.

use super::{
    super::{
        facts,
        form::Fields,
        shell::{INVALID, Visit, show, show_as},
    },
    is_wrong, kind, mark,
};
use crate::{
    ApiError,
    access::Policy,
    api::Route,
    cooperative::decisions::{self, NewProposal, ProposalView},
};
use ::cooperative::{
    Act, Amount, Outcome,
    decision::{Choice, Method},
    text::{NOTICE_DAYS, TextKind},
};
use axum::{extract::Path, response::Response};
use http::{Method as Verb, StatusCode};
use types::Timestamp;
use web_ui::{
    ActWords, ChoiceLabel, ChoiceRow, DecisionsPage, Notice, ProposalForm, ProposalPage, ProposalRow,
    Standing, TextField,
};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Member;
    const ALL: &str = "/cooperative/decisions";
    vec![
        Route::new(Verb::GET, ALL, Member, "Proposals.", list),
        Route::new(Verb::POST, ALL, Member, "Propose something.", propose),
        Route::new(
            Verb::GET,
            "/cooperative/decisions/{id}",
            Member,
            "A proposal.",
            get,
        ),
        Route::new(
            Verb::POST,
            "/cooperative/decisions/{id}/vote",
            Member,
            "Vote.",
            vote,
        ),
        Route::new(
            Verb::POST,
            "/cooperative/decisions/{id}/withdraw",
            Member,
            "Take a proposal back.",
            withdraw,
        ),
    ]
}

fn standing(view: &ProposalView, now: Timestamp) -> Standing {
    match (&view.result, view.tally.outcome) {
        _ if view.withdrawn => Standing::Withdrawn,
        (None, _) if now >= view.proposal.deadline => Standing::Counting,
        (None, _) | (_, Outcome::Open) => Standing::Open,
        (_, Outcome::Passed { .. }) => Standing::Passed,
        (_, Outcome::Rejected) => Standing::Rejected,
        (_, Outcome::NoQuorum) => Standing::NoQuorum,
    }
}

async fn list_page(visit: Visit, form: ProposalForm, status: StatusCode) -> Result<Response, ApiError> {
    let member = visit.caller.name()?.clone();
    let now = visit.layout.now;
    let views = decisions::views(&visit.app, Some(&member)).await?;
    let row = |view: &ProposalView| ProposalRow {
        id: view.proposal.id.clone(),
        title: view.proposal.title.clone(),
        standing: standing(view, now),
        deadline: view.proposal.deadline,
        waits: decisions::waits_for(view, &member, now),
    };
    let enabled = visit.app.store.desired().await?.services;
    let catalogs = visit.app.catalogs.get();
    let offered = catalogs
        .current()
        .keys()
        .filter(|name| !enabled.contains_key(*name));
    let services = offered.map(|name| (name.to_string(), facts::title(&visit.app, name, visit.language())));
    let page = DecisionsPage {
        proposals: views.iter().map(row).collect(),
        services: services.collect(),
        form,
        layout: visit.layout,
    };
    Ok(show_as(status, &page))
}

async fn list(visit: Visit) -> Result<Response, ApiError> {
    let form = ProposalForm {
        method: TextField::new("consent"),
        quorum: TextField::new("30"),
        days: TextField::new("7"),
        act: TextField::new("none"),
        commodity: TextField::new("EUR"),
        ..ProposalForm::default()
    };
    list_page(visit, form, StatusCode::OK).await
}

fn form(fields: &Fields) -> ProposalForm {
    let text = |name| fields.text(name);
    ProposalForm {
        title: text("title"),
        text: text("text"),
        options: text("options"),
        method: text("method"),
        quorum: text("quorum"),
        days: text("days"),
        secret: fields.get("secret") == "true",
        act: text("act"),
        service: text("service"),
        amount: text("amount"),
        commodity: text("commodity"),
        memo: text("memo"),
        text_kind: text("text_kind"),
        act_text: text("act_text"),
    }
}

/// The act that was chosen.
fn act(visit: &Visit, fields: &Fields) -> Result<Option<Act>, ApiError> {
    Ok(match fields.get("act") {
        "enable_service" => Some(Act::EnableService {
            service: crate::services::parse_name(fields.trimmed("service"))?,
            settings: std::collections::BTreeMap::new(),
        }),
        "spend" => {
            let commodity = fields.trimmed("commodity").to_uppercase().parse();
            let commodity = commodity.map_err(|error: ::cooperative::ledger::AmountError| {
                ApiError::field("commodity", error.to_string())
            })?;
            let amount = Amount::parse(fields.get("amount"), commodity);
            Some(Act::Spend {
                amount: amount.map_err(|error| ApiError::field("amount", error.to_string()))?,
                memo: fields.trimmed("memo").to_owned(),
            })
        }
        "change_text" => Some(Act::ChangeText {
            kind: TextKind::from_word(fields.get("text_kind"))
                .ok_or_else(|| ApiError::field("text_kind", "must be one of our texts"))?,
            language: visit.language(),
            text: fields.get("act_text").replace("\r\n", "\n"),
            notice_days: NOTICE_DAYS,
        }),
        _ => None,
    })
}

fn new_proposal(visit: &Visit, fields: &Fields) -> Result<NewProposal, ApiError> {
    let days: u16 = fields.trimmed("days").parse().unwrap_or(0);
    if !(1..=180).contains(&days) {
        return Err(ApiError::field("days", "must be from 1 to 180"));
    }
    let quorum = fields.trimmed("quorum").parse();
    Ok(NewProposal {
        title: fields.owned("title"),
        text: fields.owned("text"),
        options: fields.get("options").lines().map(str::to_owned).collect(),
        method: match fields.get("method") {
            "majority" => Method::Majority,
            "two_thirds" => Method::TwoThirds,
            _ => Method::Consent,
        },
        quorum: quorum.map_err(|_| ApiError::field("quorum", "is a share in percent, from 0 to 100"))?,
        secret: fields.get("secret") == "true",
        hours: days * 24,
        act: act(visit, fields)?,
    })
}

async fn propose(mut visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let proposed = match new_proposal(&visit, &fields) {
        Ok(new) => decisions::propose(&visit.app, new, &by).await,
        Err(error) => Err(error),
    };
    match proposed {
        Ok(proposal) => {
            let path = format!("/cooperative/decisions/{}", proposal.id);
            Ok(visit.redirect(&path, Some(Notice::Proposed)))
        }
        Err(error) if is_wrong(&error) => {
            let mut form = form(&fields);
            let language = visit.language();
            for (key, field) in [
                ("title", &mut form.title),
                ("text", &mut form.text),
                ("options", &mut form.options),
                ("quorum", &mut form.quorum),
                ("days", &mut form.days),
                ("service", &mut form.service),
                ("amount", &mut form.amount),
                ("commodity", &mut form.commodity),
                ("memo", &mut form.memo),
                ("text_kind", &mut form.text_kind),
                ("act_text", &mut form.act_text),
            ] {
                mark(language, field, error.fields.get(key));
            }
            mark(language, &mut form.days, error.fields.get("deadline"));
            visit.at("/cooperative/decisions");
            list_page(visit, form, INVALID).await
        }
        Err(error) => Err(error),
    }
}

fn act_words(visit: &Visit, act: &Act) -> ActWords {
    let title = |name| facts::title(&visit.app, name, visit.language());
    match act {
        Act::EnableService { service, .. } => ActWords::Enable(title(service)),
        Act::RemoveService { service } => ActWords::Remove(title(service)),
        Act::Spend { amount, memo } => ActWords::Spend(amount.to_string(), memo.clone()),
        Act::ChangeText {
            kind: which, text, ..
        } => ActWords::Text(kind(*which), text.clone()),
    }
}

/// The word of a choice in the form.
fn value(choice: &Choice) -> String {
    match choice {
        Choice::For => "for".into(),
        Choice::Against => "against".into(),
        Choice::Option { option } => option.to_string(),
        Choice::Abstain => "abstain".into(),
        Choice::Object { .. } => "object".into(),
    }
}

fn choices(view: &ProposalView) -> Vec<ChoiceRow> {
    let proposal = &view.proposal;
    let counted = view.result.is_some();
    let mut labels: Vec<(String, ChoiceLabel, usize)> = if proposal.options.is_empty() {
        let words = if proposal.method == Method::Consent {
            [("for", ChoiceLabel::Agree), ("object", ChoiceLabel::Object)]
        } else {
            [("for", ChoiceLabel::For), ("against", ChoiceLabel::Against)]
        };
        let [(first, yes), (second, no)] = words;
        vec![
            (first.to_owned(), yes, view.tally.counts[0]),
            (second.to_owned(), no, view.tally.counts[1]),
        ]
    } else {
        let all = proposal.options.iter().zip(&view.tally.counts).enumerate();
        all.map(|(number, (text, count))| (number.to_string(), ChoiceLabel::Option(text.clone()), *count))
            .collect()
    };
    labels.push(("abstain".to_owned(), ChoiceLabel::Abstain, view.tally.abstained));
    let own = view.own.as_ref().map(value);
    let row = |(value, label, count): (String, ChoiceLabel, usize)| ChoiceRow {
        chosen: own.as_ref() == Some(&value),
        count: counted.then_some(count),
        value,
        label,
    };
    labels.into_iter().map(row).collect()
}

fn page(visit: Visit, view: &ProposalView, reason: TextField) -> Result<ProposalPage, ApiError> {
    let member = visit.caller.name()?.clone();
    let now = visit.layout.now;
    let proposal = &view.proposal;
    let open = standing(view, now) == Standing::Open;
    let choices = choices(view);
    let label = |value: &str| {
        choices
            .iter()
            .find(|row| row.value == value)
            .map(|row| row.label.clone())
    };
    let language = visit.language();
    let votes = view.votes.iter().map(|vote| {
        let words = label(&value(&vote.choice)).map(|label| label.in_language(language));
        (vote.member.to_string(), words.unwrap_or_default())
    });
    let own_reason = match &view.own {
        Some(Choice::Object { reason }) => TextField::new(reason.clone()),
        _ => TextField::default(),
    };
    Ok(ProposalPage {
        id: proposal.id.clone(),
        title: proposal.title.clone(),
        text: proposal.text.clone(),
        standing: standing(view, now),
        by: proposal.by.to_string(),
        deadline: proposal.deadline,
        method: match proposal.method {
            Method::Majority => web_ui::Method::Majority,
            Method::TwoThirds => web_ui::Method::TwoThirds,
            Method::Consent => web_ui::Method::Consent,
        },
        quorum: proposal.quorum,
        secret: proposal.secret,
        act: proposal.act.as_ref().map(|act| act_words(&visit, act)),
        entitled: view.tally.entitled,
        voted: view.tally.voted.len(),
        can_vote: open && proposal.electors.contains(&member),
        has_voted: view.own.is_some(),
        reason: if reason == TextField::default() {
            own_reason
        } else {
            reason
        },
        objections: view
            .tally
            .objections
            .iter()
            .map(|objection| {
                (
                    objection.member.as_ref().map(ToString::to_string),
                    objection.reason.clone(),
                )
            })
            .collect(),
        votes: votes.collect(),
        seal: view
            .result
            .as_ref()
            .map(|result| (result.seal.key.clone(), result.seal.signature.clone())),
        performed: view.performed.as_ref().map(|one| (one.done, one.detail.clone())),
        can_withdraw: open && proposal.by == member,
        choices,
        layout: visit.layout,
    })
}

async fn get(visit: Visit, Path(id): Path<String>) -> Result<Response, ApiError> {
    let view = decisions::view(&visit.app, &id, Some(visit.caller.name()?)).await?;
    Ok(show(&page(visit, &view, TextField::default())?))
}

async fn vote(mut visit: Visit, Path(id): Path<String>, fields: Fields) -> Result<Response, ApiError> {
    let member = visit.caller.name()?.clone();
    let path = format!("/cooperative/decisions/{id}");
    let choice = match fields.get("choice") {
        "for" => Choice::For,
        "against" => Choice::Against,
        "abstain" => Choice::Abstain,
        "object" => Choice::Object {
            reason: fields.get("reason").replace("\r\n", "\n"),
        },
        number => Choice::Option {
            option: number.parse().unwrap_or(u8::MAX),
        },
    };
    match decisions::vote(&visit.app, &id, choice, &member).await {
        Ok(()) => Ok(visit.redirect(&path, Some(Notice::Voted))),
        Err(error) if is_wrong(&error) => {
            let view = decisions::view(&visit.app, &id, Some(&member)).await?;
            let mut reason = fields.text("reason");
            mark(visit.language(), &mut reason, error.fields.get("reason"));
            visit.at(path);
            Ok(show_as(INVALID, &page(visit, &view, reason)?))
        }
        Err(error) if error.status == StatusCode::CONFLICT => {
            Ok(visit.redirect(&path, Some(Notice::Error(error.message))))
        }
        Err(error) => Err(error),
    }
}

async fn withdraw(visit: Visit, Path(id): Path<String>) -> Result<Response, ApiError> {
    decisions::withdraw(&visit.app, &id, visit.caller.name()?).await?;
    Ok(visit.redirect("/cooperative/decisions", Some(Notice::Saved)))
}
