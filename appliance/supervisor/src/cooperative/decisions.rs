// SPDX-License-Identifier: AGPL-3.0-or-later
//! Proposals and votes: made, cast, counted; and what a decision does.

use crate::{
    ApiError, App,
    access::secret,
    services,
    state::{Counted, Effect, Performed, StateError, Withdrawn, latest},
};
use ::cooperative::{
    Act, Proposal, ProposalError, Tally,
    decision::{Choice, Method},
};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use types::{MemberName, Timestamp};

/// What a member proposes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProposal {
    /// In one line.
    pub title: String,
    /// In full.
    pub text: String,
    /// What can be chosen; none: for or against.
    #[serde(default)]
    pub options: Vec<String>,
    /// How it is decided.
    pub method: Method,
    /// Share of members who must vote, in percent.
    #[serde(default = "default_quorum")]
    pub quorum: u8,
    /// Whether nobody is told who voted how.
    #[serde(default)]
    pub secret: bool,
    /// Hours to vote.
    #[serde(default = "default_hours")]
    pub hours: u16,
    /// What the board does when it has passed.
    #[serde(default)]
    pub act: Option<Act>,
}

fn default_quorum() -> u8 {
    30
}

fn default_hours() -> u16 {
    168
}

/// A proposal with all that is known about it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ProposalView {
    /// What is asked.
    #[serde(flatten)]
    pub proposal: Proposal,
    /// Whether it was taken back.
    pub withdrawn: bool,
    /// The sums; while the vote is open, only of those who took part.
    pub tally: Tally,
    /// The signed result, once counted.
    pub result: Option<Counted>,
    /// What became of its act.
    pub performed: Option<Performed>,
    /// What the member who asks has chosen.
    pub own: Option<Choice>,
    /// Who voted how, in an open vote that was counted.
    pub votes: Vec<Vote>,
}

/// Who voted how.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Vote {
    /// Who.
    #[schemars(with = "String")]
    pub member: MemberName,
    /// How.
    #[serde(flatten)]
    pub choice: Choice,
}

fn refused(error: &ProposalError) -> ApiError {
    let code = match error {
        ProposalError::Field { field, message } => return ApiError::field(field, message.clone()),
        ProposalError::Closed => "closed",
        ProposalError::NotEntitled => {
            return ApiError::new(StatusCode::FORBIDDEN, "not_entitled", sentence(error));
        }
        ProposalError::NoChoice => "no_choice",
    };
    ApiError::conflict(code, sentence(error))
}

fn sentence(error: &ProposalError) -> String {
    let text = error.to_string();
    let mut chars = text.chars();
    let first = chars
        .next()
        .map(|c| c.to_uppercase().to_string())
        .unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

/// Opens a proposal. Entitled are the members there are now.
///
/// # Errors
/// 409 when the board's clock cannot be right, 422 per field.
pub async fn propose(app: &App, new: NewProposal, by: &MemberName) -> Result<Proposal, ApiError> {
    let now = app.now();
    if !host::clock::is_plausible(now) {
        let message =
            "The board does not know the time yet, so no deadline can be set. Try again when it is online.";
        return Err(ApiError::conflict("clock_wrong", message));
    }
    let electors = app
        .store
        .members()
        .await?
        .into_iter()
        .map(|member| member.name)
        .collect();
    let proposal = Proposal {
        id: secret::identifier(),
        title: new.title.trim().to_owned(),
        text: new.text.replace("\r\n", "\n").trim().to_owned(),
        options: new
            .options
            .iter()
            .map(|option| option.trim().to_owned())
            .filter(|option| !option.is_empty())
            .collect(),
        method: new.method,
        quorum: new.quorum,
        secret: new.secret,
        opens: now,
        deadline: Timestamp(now.0 + i64::from(new.hours) * 3_600),
        electors,
        by: by.clone(),
        act: new.act,
    };
    proposal.check().map_err(|error| refused(&error))?;
    if let Some(Act::EnableService { service, settings }) = &proposal.act {
        let catalogs = app.catalogs.get();
        let entry = catalogs.current().get(service);
        let entry = entry.ok_or_else(|| ApiError::field("service", "is not in the catalog"))?;
        services::parse_settings(&entry.manifest, settings)?;
    }
    if let Some(Act::RemoveService { service }) = &proposal.act {
        services::view(app, service).await?;
    }
    let stored = proposal.clone();
    app.store
        .state((by.as_str(), now, "propose"), |_: &[Proposal]| {
            Ok::<_, ApiError>((vec![stored], ()))
        })
        .await??;
    Ok(proposal)
}

/// Takes a proposal back, before its deadline.
///
/// # Errors
/// 403 for somebody else, 404 when there is none, 409 when it is over.
pub async fn withdraw(app: &App, id: &str, by: &MemberName) -> Result<(), ApiError> {
    let view = view(app, id, None).await?;
    if view.proposal.by != *by {
        let message = "Only who made a proposal can take it back.";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "not_yours", message));
    }
    if view.result.is_some() || view.withdrawn || app.now() >= view.proposal.deadline {
        return Err(ApiError::conflict("over", "This is over already."));
    }
    let withdrawn = Withdrawn {
        proposal: id.to_owned(),
    };
    app.store
        .state(
            (by.as_str(), app.now(), "withdraw-proposal"),
            |_: &[Withdrawn]| Ok::<_, ApiError>((vec![withdrawn], ())),
        )
        .await??;
    Ok(())
}

/// Votes, or changes a vote.
///
/// # Errors
/// 403 when not entitled, 404 when there is no such proposal, 409 after the deadline, 422 without a reason.
pub async fn vote(app: &App, id: &str, choice: Choice, member: &MemberName) -> Result<(), ApiError> {
    let cast = app
        .store
        .cast(id.to_owned(), member.clone(), choice, app.now())
        .await?;
    match cast {
        None => Err(ApiError::not_found(
            "There is no such proposal, or it was taken back.",
        )),
        Some(cast) => cast.map_err(|error| refused(&error)),
    }
}

/// All proposals, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn views(app: &App, member: Option<&MemberName>) -> Result<Vec<ProposalView>, StateError> {
    let withdrawn: Vec<Withdrawn> = app.store.statements().await?;
    let results: Vec<Counted> = latest(app.store.statements().await?);
    let performed: Vec<Performed> = app.store.statements().await?;
    let mut all = Vec::new();
    for proposal in app.store.statements::<Proposal>().await?.into_iter().rev() {
        let ballots = app.store.ballots(proposal.id.clone()).await?;
        let result = results
            .iter()
            .find(|result| result.decision.proposal == proposal.id)
            .cloned();
        let own = ballots.iter().find(|ballot| Some(&ballot.member) == member);
        let own = own.map(|ballot| ballot.choice.clone());
        let shown = result.is_some() && !proposal.secret;
        let votes = ballots.iter().filter(|_| shown).map(|ballot| Vote {
            member: ballot.member.clone(),
            choice: ballot.choice.clone(),
        });
        let votes = votes.collect();
        let tally = match &result {
            Some(result) => result.decision.tally.clone(),
            None => running(Tally::of(&proposal, &ballots, app.now())),
        };
        all.push(ProposalView {
            withdrawn: withdrawn.iter().any(|one| one.proposal == proposal.id),
            performed: performed.iter().find(|one| one.proposal == proposal.id).cloned(),
            tally,
            result,
            own,
            votes,
            proposal,
        });
    }
    Ok(all)
}

/// While a vote is open nobody is told how it stands: that would be a reason to vote otherwise.
fn running(tally: Tally) -> Tally {
    Tally {
        outcome: ::cooperative::Outcome::Open,
        counts: vec![0; tally.counts.len()],
        abstained: 0,
        // Objections are there to be answered, so they are told at once.
        ..tally
    }
}

/// One proposal, or 404.
///
/// # Errors
/// When there is none.
pub async fn view(app: &App, id: &str, member: Option<&MemberName>) -> Result<ProposalView, ApiError> {
    let found = views(app, member)
        .await?
        .into_iter()
        .find(|view| view.proposal.id == id);
    found.ok_or_else(|| ApiError::not_found("There is no such proposal."))
}

fn new_key() -> Option<Vec<u8>> {
    let random = ring::rand::SystemRandom::new();
    let key = ring::signature::Ed25519KeyPair::generate_pkcs8(&random).ok()?;
    Some(key.as_ref().to_vec())
}

/// Counts what is due and performs what passed.
///
/// # Errors
/// When the database fails; the next look goes on.
pub async fn settle(app: &App) -> Result<(), StateError> {
    let now = app.now();
    if !host::clock::is_plausible(now) {
        return Ok(());
    }
    app.store.count_due(now, new_key).await?;
    for (proposal, act) in app.store.acts_due().await? {
        let Some(effect) = effect(app, act).await else {
            continue;
        };
        let notice = super::texts::notice_days(app).await?;
        if let Some(performed) = app
            .store
            .perform(proposal.id.clone(), effect, Some(notice), now)
            .await?
        {
            log::info!("decision {}: {}", performed.proposal, performed.detail);
            app.wake.now();
        }
    }
    Ok(())
}

/// What an act comes to; `None` when that cannot be told now and is to be asked again.
async fn effect(app: &App, act: Act) -> Option<Effect> {
    match act {
        Act::EnableService { service, settings } => match services::admit(app, &service, &settings).await {
            Ok((entry, settings)) => Some(Effect::Enable(service, entry.digest.clone(), settings)),
            // The host process restarts by itself.
            Err(error) if error.status.is_server_error() => None,
            Err(error) => Some(Effect::Refused(error.message)),
        },
        Act::RemoveService { service } => match services::view(app, &service).await {
            Ok(_) => Some(Effect::Remove(service)),
            Err(error) if error.status.is_server_error() => None,
            Err(error) => Some(Effect::Refused(error.message)),
        },
        act @ (Act::Spend { .. } | Act::ChangeText { .. }) => Some(Effect::State(act)),
    }
}

/// Whether a proposal waits for this member's vote.
pub fn waits_for(view: &ProposalView, member: &MemberName, now: Timestamp) -> bool {
    let open = !view.withdrawn && view.result.is_none() && now < view.proposal.deadline;
    open && view.own.is_none() && view.proposal.electors.contains(member)
}
