// SPDX-License-Identifier: AGPL-3.0-or-later
//! `commonhost cooperative <verb>`.

use super::{
    client::Failure,
    run::{Asked, pairs, segment},
};
use clap::Subcommand;
use http::Method;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub(super) enum Cooperative {
    /// Show the profile.
    Show,
    /// Change values of the profile.
    Set {
        /// Values, as key=value.
        #[arg(required = true, value_name = "KEY=VALUE")]
        values: Vec<String>,
    },
    /// Every version of every text.
    Policies,
    /// Publish a text.
    Publish {
        /// terms, privacy, economy, conduct or contact.
        kind: String,
        /// en or fr.
        language: String,
        /// File with the whole text.
        file: PathBuf,
        /// The day it takes effect, like 2026-12-01; absent: as soon as the notice allows.
        #[arg(long)]
        effective: Option<String>,
    },
    /// Promises and how they stand.
    Commitments,
    /// Declare how a promise stands that the board cannot verify.
    Declare {
        /// Its word, as `commitments` shows it.
        item: String,
        /// met, partial or unmet.
        state: String,
        /// Why anybody should believe it.
        #[arg(long)]
        evidence: String,
    },
    /// All proposals.
    Proposals,
    /// One proposal.
    Proposal {
        /// Its id.
        id: String,
    },
    /// Propose something.
    Propose {
        /// In one line.
        title: String,
        /// In full.
        #[arg(long)]
        text: String,
        /// consent, majority or `two_thirds`.
        #[arg(long, default_value = "consent")]
        method: String,
        /// Something that can be chosen; may be repeated. None: for or against.
        #[arg(long = "option")]
        options: Vec<String>,
        /// Hours to vote.
        #[arg(long, default_value_t = 168)]
        hours: u16,
        /// Share of members who must vote, in percent.
        #[arg(long, default_value_t = 30)]
        quorum: u8,
        /// Nobody is told who voted how.
        #[arg(long)]
        secret: bool,
        /// What the board does when it passes, as JSON: {"act":"`enable_service`","service":"radicale"}.
        #[arg(long)]
        act: Option<String>,
    },
    /// Vote, or change your vote.
    Vote {
        /// Id of the proposal.
        id: String,
        /// for, against, abstain, object, or the number of an option, counted from 0.
        choice: String,
        /// Why you object.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// The books.
    Ledger,
    /// Book something.
    Book {
        /// dues, donation, expense, advance, refund, hours or board.
        kind: String,
        /// How much, like 12.50.
        amount: String,
        /// A currency, HOUR, KWH, GBM or GB.
        commodity: String,
        /// What for, in one line.
        #[arg(long)]
        memo: String,
        /// Which member.
        #[arg(long)]
        member: Option<String>,
        /// Which board.
        #[arg(long)]
        board: Option<String>,
        /// Day, like 2026-11-25; absent: today.
        #[arg(long)]
        date: Option<String>,
    },
    /// Take an entry back by a counter-entry.
    Correct {
        /// Its id.
        id: String,
        /// Why.
        #[arg(long)]
        memo: String,
    },
    /// A year on one page.
    Report {
        /// The year.
        year: i16,
    },
    /// Members and boards.
    Register,
    /// Who asked to join.
    Applications,
    /// Incidents and planned downtime.
    News,
    /// Write news.
    WriteNews {
        /// planned or incident.
        kind: String,
        /// In one line.
        title: String,
        /// What people should know.
        #[arg(long, default_value = "")]
        text: String,
        /// Which service; may be repeated. None: all.
        #[arg(long = "service")]
        services: Vec<String>,
        /// When it begins, UTC, like 2026-12-01T18:00; absent: now.
        #[arg(long)]
        begins: Option<String>,
        /// When it ends.
        #[arg(long)]
        ends: Option<String>,
    },
    /// It is over, or will not happen.
    EndNews {
        /// Its id.
        id: String,
    },
    /// Other hosters.
    Hosters,
    /// Add a hoster by its address.
    AddHoster {
        /// Like <https://example.org>.
        address: String,
        /// The cooperative vouches for it.
        #[arg(long)]
        vouch: bool,
    },
    /// The end, if one is announced.
    WindDown,
    /// Announce the end.
    AnnounceEnd {
        /// The last day services run, like 2027-03-31.
        last_day: String,
        /// The last day members can fetch their data.
        exports_until: String,
        /// Why, and what to do.
        #[arg(long)]
        text: String,
    },
    /// Call the end off.
    CallOffEnd,
}

pub(super) fn request(verb: &Cooperative) -> Result<Asked, Failure> {
    let path = |rest: &str| format!("/cooperative{rest}");
    let get = |rest: &str| (Method::GET, path(rest), None);
    let put = |rest: String, body: Value| (Method::PUT, path(&rest), Some(body));
    let post = |rest: String, body: Value| (Method::POST, path(&rest), Some(body));
    Ok(match verb {
        Cooperative::Show => get("/profile"),
        Cooperative::Set { values } => put("/profile".into(), Value::Object(pairs(values)?)),
        Cooperative::Policies => get("/policies"),
        Cooperative::Publish {
            kind,
            language,
            file,
            effective,
        } => put(
            format!("/policies/{}/{}", segment(kind), segment(language)),
            json!({ "text": read(file)?, "effective": effective }),
        ),
        Cooperative::Commitments => get("/commitments"),
        Cooperative::Declare {
            item,
            state,
            evidence,
        } => put(
            format!("/commitments/{}", segment(item)),
            json!({ "state": state, "evidence": evidence }),
        ),
        Cooperative::Proposals => get("/proposals"),
        Cooperative::Proposal { id } => get(&format!("/proposals/{}", segment(id))),
        Cooperative::Propose {
            title,
            text,
            method,
            options,
            hours,
            quorum,
            secret,
            act,
        } => {
            let act: Option<Value> = act
                .as_deref()
                .map(serde_json::from_str)
                .transpose()
                .map_err(|error| format!("the act is not JSON: {error}"))?;
            post(
                "/proposals".into(),
                json!({ "title": title, "text": text, "method": method, "options": options, "hours": hours,
                        "quorum": quorum, "secret": secret, "act": act }),
            )
        }
        Cooperative::Vote { id, choice, reason } => {
            let choice = match (choice.as_str(), choice.parse::<u8>()) {
                (_, Ok(option)) => json!({ "choice": "option", "option": option }),
                ("object", _) => json!({ "choice": "object", "reason": reason }),
                (word, _) => json!({ "choice": word }),
            };
            put(format!("/proposals/{}/vote", segment(id)), choice)
        }
        Cooperative::Ledger => get("/ledger"),
        Cooperative::Book {
            kind,
            amount,
            commodity,
            memo,
            member,
            board,
            date,
        } => {
            let mut body = json!({ "kind": kind, "memo": memo, "date": date,
                                   "amount": { "amount": amount, "commodity": commodity } });
            for (key, value) in [("member", member), ("board", board)] {
                if let Some(value) = value {
                    body[key] = json!(value);
                }
            }
            post("/ledger".into(), body)
        }
        Cooperative::Correct { id, memo } => post(
            format!("/ledger/{}/correct", segment(id)),
            json!({ "memo": memo }),
        ),
        Cooperative::Report { year } => get(&format!("/ledger/report/{year}")),
        Cooperative::Register => get("/register"),
        Cooperative::Applications => get("/applications"),
        Cooperative::News => get("/news"),
        Cooperative::WriteNews {
            kind,
            title,
            text,
            services,
            begins,
            ends,
        } => post(
            "/news".into(),
            json!({ "kind": kind, "title": title, "text": text, "services": services, "begins": begins, "ends": ends }),
        ),
        Cooperative::EndNews { id } => post(format!("/news/{}/end", segment(id)), json!({})),
        Cooperative::Hosters => get("/hosters"),
        Cooperative::AddHoster { address, vouch } => {
            post("/hosters".into(), json!({ "address": address, "vouched": vouch }))
        }
        Cooperative::WindDown => get("/wind-down"),
        Cooperative::AnnounceEnd {
            last_day,
            exports_until,
            text,
        } => put(
            "/wind-down".into(),
            json!({ "last_day": last_day, "exports_until": exports_until, "text": text }),
        ),
        Cooperative::CallOffEnd => (Method::DELETE, path("/wind-down"), None),
    })
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))
}
