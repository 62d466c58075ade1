// SPDX-License-Identifier: AGPL-3.0-or-later
//! Twice a day: what came up, what is over, what stayed. For stewards who do not look at the page.

use crate::{ApiError, App, state::Sighting};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};
use types::Timestamp;

/// How often it is summed up.
const EVERY: Duration = Duration::from_hours(12);

/// A text per language, by its code.
pub(super) type Texts = BTreeMap<String, String>;

/// What changed since the last time of summing up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Digest {
    /// When it was summed up (seconds since 1970).
    #[schemars(with = "i64")]
    pub at: Timestamp,
    /// What came up and is there: a text per language.
    pub new: Vec<Texts>,
    /// What is over.
    pub over: Vec<Texts>,
    /// How many findings stayed.
    pub still: u32,
}

impl Digest {
    /// Sums up what was seen since `last`; at the first time everything is new.
    pub fn of(sightings: &[Sighting], last: Option<Timestamp>, now: Timestamp) -> Self {
        let recent = |at: Timestamp| last.is_none_or(|last| at > last);
        let mut digest = Self {
            at: now,
            ..Self::default()
        };
        for sighting in sightings {
            match sighting.ended {
                None if recent(sighting.since) => digest.new.push(sighting.what.clone()),
                None => digest.still += 1,
                // What came and went between two times is told as over.
                Some(ended) if recent(ended) && last.is_some() => digest.over.push(sighting.what.clone()),
                Some(_) => {}
            }
        }
        digest
    }
}

/// Sums up when it is time to.
pub(super) async fn when_due(app: &App) -> Result<(), ApiError> {
    let now = app.now();
    let last = app.store.digest().await?;
    let last = last.map(|digest| digest.at).filter(|at| *at <= now);
    if !host::clock::is_plausible(now) || last.is_some_and(|last| now.since(last) < EVERY) {
        return Ok(());
    }
    let digest = Digest::of(&app.store.sightings().await?, last, now);
    if !digest.new.is_empty() || !digest.over.is_empty() {
        log::info!(
            "checks: {} new, {} over, {} as before",
            digest.new.len(),
            digest.over.len(),
            digest.still
        );
    }
    app.store.set_digest(&digest).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(key: &str, since: i64, ended: Option<i64>) -> Sighting {
        Sighting {
            key: key.into(),
            what: [("en".to_owned(), key.to_owned())].into(),
            since: Timestamp(since),
            ended: ended.map(Timestamp),
        }
    }

    #[test]
    fn a_digest_tells_what_came_what_went_and_what_stayed() {
        let sightings = [
            seen("old", 10, None),
            seen("new", 120, None),
            seen("gone", 10, Some(130)),
            seen("came and went", 110, Some(140)),
            seen("gone long ago", 10, Some(50)),
        ];
        let words = |texts: &[Texts]| texts.iter().map(|text| text["en"].clone()).collect::<Vec<_>>();
        let digest = Digest::of(&sightings, Some(Timestamp(100)), Timestamp(200));
        assert_eq!(words(&digest.new), ["new"]);
        assert_eq!(words(&digest.over), ["gone", "came and went"]);
        assert_eq!(digest.still, 1);
        let first = Digest::of(&sightings, None, Timestamp(200));
        assert_eq!(words(&first.new), ["old", "new"]);
        assert!(first.over.is_empty());
    }
}
