// SPDX-License-Identifier: AGPL-3.0-or-later
//! Votes, results, and acts that run exactly once.

use super::{
    Counted, Performed, Result, StateError, Store, Withdrawn, audit, board,
    desired::{delete_service, insert_service},
    jobs::{self, JobKind},
    statements::{insert, load},
    stored, stored_json, to_json,
};
use ::cooperative::{
    Act, Ballot, Entry, Ledger, Proposal, ProposalError, Tally, Version,
    decision::{Choice, Decision},
    ledger::{Booking, Source},
    text::{NOTICE_DAYS, next_version},
};
use rusqlite::{Connection, OptionalExtension, params};
use types::{Digest, MemberName, ServiceName, Settings, Timestamp};

/// What an act does to the state, once everything that could speak against it was asked.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Record only that it could not be done, and why.
    Refused(String),
    /// Ask for a service.
    Enable(ServiceName, Digest, Settings),
    /// Ask for a service to be gone.
    Remove(ServiceName),
    /// Add an entry to the books, or a version of a text.
    State(Act),
}

fn ballots(connection: &Connection, proposal: &str) -> Result<Vec<Ballot>> {
    let sql = "SELECT member, number, at, choice FROM ballot WHERE proposal = ?1 AND choice IS NOT NULL ORDER BY member";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map([proposal], |row| {
        let (member, number, at): (String, u64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok((member, number, at, row.get::<_, String>(3)?))
    })?;
    rows.map(|row| {
        let (member, number, at, choice) = row?;
        Ok(Ballot {
            number,
            at: Timestamp(at),
            member: stored(&member)?,
            choice: stored_json(&choice)?,
        })
    })
    .collect()
}

fn has<T: super::Statement>(connection: &Connection, key: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM statement WHERE kind = ?1 AND key = ?2";
    Ok(connection
        .query_row(sql, [T::KIND, key], |_| Ok(()))
        .optional()?
        .is_some())
}

fn proposal(connection: &Connection, id: &str) -> Result<Option<Proposal>> {
    Ok(load::<Proposal>(connection)?
        .into_iter()
        .find(|proposal| proposal.id == id))
}

impl Store {
    /// Votes that count so far.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ballots(&self, proposal: String) -> Result<Vec<Ballot>> {
        self.run(move |connection| ballots(connection, &proposal)).await
    }

    /// Casts a vote, or changes it; `None` when there is no such proposal or it was taken back.
    ///
    /// # Errors
    /// When the database fails; the inner one says why the vote does not count.
    pub async fn cast(
        &self,
        id: String,
        member: MemberName,
        choice: Choice,
        now: Timestamp,
    ) -> Result<Option<std::result::Result<(), ProposalError>>> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            let Some(proposal) = proposal(&change, &id)? else {
                return Ok(None);
            };
            if has::<Withdrawn>(&change, &id)? {
                return Ok(None);
            }
            // A clock that was set back opens no vote that was counted.
            if has::<Counted>(&change, &id)? {
                return Ok(Some(Err(ProposalError::Closed)));
            }
            let sql = "SELECT number FROM ballot WHERE proposal = ?1 AND member = ?2";
            let last: Option<u64> = change
                .query_row(sql, [&id, member.as_str()], |row| row.get(0))
                .optional()?;
            let ballot = Ballot {
                number: last.unwrap_or(0) + 1,
                at: now,
                member,
                choice,
            };
            if let Err(error) = proposal.admits(&ballot) {
                return Ok(Some(Err(error)));
            }
            let sql = "INSERT INTO ballot (proposal, member, number, at, choice) VALUES (?1, ?2, ?3, ?4, ?5)
                       ON CONFLICT (proposal, member) DO UPDATE SET number = ?3, at = ?4, choice = ?5";
            let choice = to_json(&ballot.choice)?;
            change.execute(
                sql,
                params![id, ballot.member.as_str(), ballot.number, now.0, choice],
            )?;
            change.commit()?;
            Ok(Some(Ok(())))
        })
        .await
    }

    /// Counts every proposal whose deadline is over and that was not counted yet; each once. What was chosen in a
    /// secret vote is erased in the same transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_due(&self, now: Timestamp, new_key: fn() -> Option<Vec<u8>>) -> Result<Vec<Counted>> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            let mut all = Vec::new();
            for proposal in load::<Proposal>(&change)? {
                let over = proposal.deadline <= now;
                if !over || has::<Counted>(&change, &proposal.id)? || has::<Withdrawn>(&change, &proposal.id)?
                {
                    continue;
                }
                let tally = Tally::of(&proposal, &ballots(&change, &proposal.id)?, now);
                let decision = Decision::new(&proposal, tally, now);
                let key = key(&change, new_key)?;
                let seal = decision
                    .seal(&key)
                    .map_err(|error| StateError::Unexpected(error.to_string()))?;
                let counted = Counted { decision, seal };
                insert(&change, "board", now, &counted)?;
                if proposal.secret {
                    change.execute(
                        "UPDATE ballot SET choice = NULL WHERE proposal = ?1",
                        [&proposal.id],
                    )?;
                }
                audit::append(&change, now, "board", "count-votes", &proposal.id)?;
                all.push(counted);
            }
            change.commit()?;
            Ok(all)
        })
        .await
    }

    /// Proposals that passed with an act that was not performed yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn acts_due(&self) -> Result<Vec<(Proposal, Act)>> {
        self.run(|connection| {
            let passed = load::<Counted>(connection)?;
            let performed = load::<Performed>(connection)?;
            let is_due = |proposal: &Proposal| {
                let of = |counted: &&Counted| counted.decision.proposal == proposal.id;
                passed
                    .iter()
                    .find(of)
                    .is_some_and(|counted| counted.decision.tally.passed())
                    && !performed
                        .iter()
                        .any(|performed| performed.proposal == proposal.id)
            };
            let all = load::<Proposal>(connection)?.into_iter().filter(is_due);
            Ok(all
                .filter_map(|proposal| proposal.act.clone().map(|act| (proposal, act)))
                .collect())
        })
        .await
    }

    /// Performs an act and records that in one transaction: whatever is cut off when, it happens once. Returns `None`
    /// when it was performed before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn perform(
        &self,
        id: String,
        effect: Effect,
        notice: Option<u16>,
        now: Timestamp,
    ) -> Result<Option<Performed>> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            if has::<Performed>(&change, &id)? {
                return Ok(None);
            }
            let by = format!("decision {id}");
            let outcome = match effect {
                Effect::Refused(why) => Err(why),
                Effect::Enable(service, entry, settings) => {
                    insert_service(&change, &service, &entry, &settings)?;
                    job(&change, JobKind::Enable, &service, now)
                }
                Effect::Remove(service) => {
                    delete_service(&change, &service)?;
                    job(&change, JobKind::Remove, &service, now)
                }
                Effect::State(act) => state(&change, &id, &by, act, notice.unwrap_or(NOTICE_DAYS), now)?,
            };
            let performed = Performed {
                proposal: id.clone(),
                done: outcome.is_ok(),
                detail: outcome.unwrap_or_else(|why| why),
            };
            insert(&change, "board", now, &performed)?;
            audit::append(&change, now, "board", "perform-decision", &id)?;
            change.commit()?;
            Ok(Some(performed))
        })
        .await
    }
}

fn job(
    connection: &Connection,
    kind: JobKind,
    service: &ServiceName,
    now: Timestamp,
) -> std::result::Result<String, String> {
    let made = board::next_generation(connection)
        .and_then(|generation| jobs::insert(connection, kind, service, generation, "board", now));
    made.map_err(|error| error.to_string())
}

/// An act that is a statement itself.
fn state(
    connection: &Connection,
    id: &str,
    by: &str,
    act: Act,
    notice: u16,
    now: Timestamp,
) -> Result<std::result::Result<String, String>> {
    Ok(match act {
        Act::Spend { amount, memo } => {
            let entry = Booking::Expense { amount }.postings().map(|postings| Entry {
                id: format!("decision-{id}"),
                date: ::cooperative::date::day(now),
                memo,
                postings,
                corrects: None,
                source: Source::Decided,
            });
            let ledger = Ledger::of(load::<Entry>(connection)?);
            let checked = entry.map_err(str::to_owned).and_then(|entry| {
                ledger.admits(&entry).map_err(|error| error.to_string())?;
                Ok(entry)
            });
            match checked {
                Ok(entry) => {
                    insert(connection, by, now, &entry)?;
                    Ok(entry.id)
                }
                Err(why) => Err(why),
            }
        }
        Act::ChangeText {
            kind,
            language,
            text,
            notice_days,
        } => {
            let versions = load::<Version>(connection)?;
            let notice = notice.max(notice_days);
            match next_version(&versions, (kind, language), &text, None, (by, now, notice)) {
                Ok(version) => {
                    insert(connection, by, now, &version)?;
                    Ok(format!("{}/{}/{}", kind.word(), language.code(), version.number))
                }
                Err(error) => Err(error.to_string()),
            }
        }
        Act::EnableService { .. } | Act::RemoveService { .. } => Err("this act is not a statement".into()),
    })
}

/// The board's key for results; made when the first one is signed.
fn key(connection: &Connection, make: fn() -> Option<Vec<u8>>) -> Result<Vec<u8>> {
    let hex = data_encoding::HEXLOWER;
    if let Some(text) = board::get(connection, "decision_key")? {
        return hex
            .decode(text.as_bytes())
            .map_err(|_| StateError::Unexpected("decision_key".into()));
    }
    let key = make().ok_or_else(|| StateError::Unexpected("no random numbers for a key".into()))?;
    board::set(connection, "decision_key", &hex.encode(&key))?;
    Ok(key)
}
