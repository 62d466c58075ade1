// SPDX-License-Identifier: AGPL-3.0-or-later
//! Measures, once a minute, how services are and what the board uses; writes it down every ten minutes, because a card
//! wears; books a month when it is over.

use crate::{
    App,
    app::lock,
    state::{StateError, latest},
    views::ServiceState,
};
use ::cooperative::{
    Amount, Booking, Commodity, Entry, Ledger,
    date::{self, DAY},
    ledger::Source,
    news::{self, News},
    uptime::{Day, day_number},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use types::{BoardName, ServiceName, Timestamp};

/// Seconds between two writings.
const WRITE_EVERY: i64 = 600;
/// Two looks further apart than this have an unknown time between them: the board was off, or its clock was set.
const LONGEST_GAP: i64 = 180;

/// What a board draws, in milliwatts, idle and with every core busy: the estimate is linear between the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PowerModel {
    /// Idle.
    pub idle_milliwatts: u32,
    /// Every core busy.
    pub busy_milliwatts: u32,
}

impl Default for PowerModel {
    /// A Raspberry Pi 4: 600 mA at 5 V with nothing attached, by the "typical bare-board active current" of the
    /// Raspberry Pi documentation, and twice that busy. Stewards put in what a meter says.
    fn default() -> Self {
        Self {
            idle_milliwatts: 3_000,
            busy_milliwatts: 6_000,
        }
    }
}

impl PowerModel {
    /// Milliwatt seconds used in so many seconds at this share of all cores.
    fn energy(self, cpu: f32, seconds: i64) -> i64 {
        let idle = i64::from(self.idle_milliwatts);
        let more = (i64::from(self.busy_milliwatts) - idle).max(0);
        #[expect(clippy::cast_possible_truncation, reason = "a share of 0 to 1 in thousandths")]
        let share = (cpu.clamp(0.0, 1.0) * 1000.0) as i64;
        (idle + more * share / 1000) * seconds
    }
}

/// What was measured and is not written down yet.
#[derive(Debug, Default)]
pub struct Meter {
    last: Option<Timestamp>,
    written: Option<Timestamp>,
    uptime: BTreeMap<(ServiceName, i64), Day>,
    used: BTreeMap<(String, &'static str), i64>,
}

/// The words of what is metered, with how many of their unit are one of the commodity's smallest unit.
const METERED: [(&str, i64); 2] = [
    // Milliwatt seconds in a thousandth of a kilowatt hour.
    ("energy", 3_600_000),
    // Megabyte seconds in a thousandth of a gigabyte month of 30 days.
    ("disk", 30 * DAY),
];

fn month(at: Timestamp) -> String {
    date::day(at).chars().take(7).collect()
}

pub(super) async fn measure(app: &App) -> Result<(), StateError> {
    let now = app.now();
    if !host::clock::is_plausible(now) {
        return Ok(());
    }
    let news: Vec<News> = latest(app.store.statements().await?);
    let model = app.store.power_model().await?;
    let readings = app.readings();
    let seen = app.seen.load_full();
    let due = {
        let mut meter = lock(&app.meter);
        let passed = meter.last.replace(now).map_or(0, |last| now.0 - last.0);
        if (1..=LONGEST_GAP).contains(&passed) {
            meter.add_states(&seen.states, &news, now, passed);
            if let Some(cpu) = readings.cpu {
                meter.add(month(now), "energy", model.energy(cpu, passed));
            }
            if let Some((total, free)) = readings.disk_total.zip(readings.disk_available) {
                let megabytes = i64::try_from(total.saturating_sub(free) / 1_000_000).unwrap_or(0);
                meter.add(month(now), "disk", megabytes.saturating_mul(passed));
            }
        }
        let since = *meter.written.get_or_insert(now);
        (now.0 - since.0 >= WRITE_EVERY || now < since).then(|| {
            meter.written = Some(now);
            (std::mem::take(&mut meter.uptime), std::mem::take(&mut meter.used))
        })
    };
    if let Some((uptime, used)) = due {
        app.store.add_measured(uptime, used).await?;
        book(app, now).await?;
    }
    Ok(())
}

/// Adds what is measured but not yet written to what was read from the database.
pub(super) fn add_unwritten(app: &App, all: &mut BTreeMap<ServiceName, Vec<(i64, Day)>>) {
    for ((service, number), more) in &lock(&app.meter).uptime {
        let days = all.entry(service.clone()).or_default();
        match days.iter_mut().find(|(other, _)| other == number) {
            Some((_, day)) => day.add(*more),
            None => days.push((*number, *more)),
        }
    }
}

impl Meter {
    fn add(&mut self, month: String, what: &'static str, amount: i64) {
        let sum = self.used.entry((month, what)).or_default();
        *sum = sum.saturating_add(amount);
    }

    fn add_states(
        &mut self,
        states: &BTreeMap<ServiceName, (ServiceState, String)>,
        news: &[News],
        now: Timestamp,
        passed: i64,
    ) {
        let seconds = u32::try_from(passed).unwrap_or(0);
        for (name, (state, _)) in states {
            let day = match state {
                ServiceState::Running => Day {
                    up: seconds,
                    ..Day::default()
                },
                _ if news::is_planned(news, name, now) => Day {
                    planned: seconds,
                    ..Day::default()
                },
                ServiceState::Starting | ServiceState::Failing | ServiceState::Stopped => Day {
                    down: seconds,
                    ..Day::default()
                },
                ServiceState::Removing => continue,
            };
            self.uptime
                .entry((name.clone(), day_number(now)))
                .or_default()
                .add(day);
        }
    }
}

/// Books every month that is over. The entry's id is made of board, month and what was used, so that it is booked once,
/// whatever is cut off when.
async fn book(app: &App, now: Timestamp) -> Result<(), StateError> {
    let board = app.store.board_name().await?;
    let this = month(now);
    let over: Vec<(String, String, i64)> = app
        .store
        .metered()
        .await?
        .into_iter()
        .filter(|(month, ..)| *month < this)
        .collect();
    if over.is_empty() {
        return Ok(());
    }
    let new: Vec<Entry> = over.iter().filter_map(|used| entry(&board, used)).collect();
    app.store
        .state(("board", now, "book-month"), move |before: &[Entry]| {
            let ledger = Ledger::of(before.iter().cloned());
            let new = new.into_iter().filter(|entry| ledger.admits(entry).is_ok());
            Ok::<_, StateError>((new.collect(), ()))
        })
        .await??;
    app.store.forget_metered(this).await
}

/// The entry of a month, on its last day; none when it is less than the smallest unit.
fn entry(board: &BoardName, (month, what, amount): &(String, String, i64)) -> Option<Entry> {
    let (word, per) = METERED.iter().find(|(word, _)| word == what)?;
    let commodity = if *word == "energy" {
        Commodity::energy()
    } else {
        Commodity::disk()
    };
    let booking = Booking::Board {
        board: board.clone(),
        amount: Amount {
            units: amount / per,
            commodity,
        },
    };
    let last = (28..=31)
        .rev()
        .map(|day| format!("{month}-{day}"))
        .find(|day| date::parse_day(day).is_some())?;
    Some(Entry {
        id: format!("{board}-{month}-{word}"),
        date: last,
        memo: format!("{board}: {word} used in {month}"),
        postings: booking.postings().ok()?,
        corrects: None,
        source: Source::Estimated,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energy_is_linear_between_idle_and_busy() {
        let model = PowerModel {
            idle_milliwatts: 3_000,
            busy_milliwatts: 7_000,
        };
        assert_eq!(model.energy(0.0, 60), 180_000);
        assert_eq!(model.energy(1.0, 60), 420_000);
        assert_eq!(model.energy(0.5, 1), 5_000);
        assert_eq!(model.energy(f32::NAN, 1), 3_000);
        assert_eq!(model.energy(9.0, 1), 7_000);
    }

    #[test]
    fn a_month_is_booked_on_its_last_day() {
        let board = "oak".parse().expect("a name");
        // Three watts for 30 days: 2.16 kWh.
        let used = ("2026-02".to_owned(), "energy".to_owned(), 3_000 * 30 * DAY);
        let entry = entry(&board, &used).expect("an entry");
        assert_eq!(
            (entry.date.as_str(), entry.id.as_str()),
            ("2026-02-28", "oak-2026-02-energy")
        );
        assert_eq!(entry.postings[0].amount.to_string(), "2.160 KWH");
        // 10 GB for 15 days are 5 gigabyte months.
        let used = ("2026-04".to_owned(), "disk".to_owned(), 10_000 * 15 * DAY);
        let entry = super::entry(&board, &used).expect("an entry");
        assert_eq!(
            (entry.date.as_str(), entry.postings[0].amount.to_string()),
            ("2026-04-30", "5.000 GBM".into())
        );
        assert_eq!(super::entry(&board, &("2026-04".into(), "disk".into(), 5)), None);
    }
}
