// SPDX-License-Identifier: AGPL-3.0-or-later
//! The command line, and what the daemons' start-up shares.

mod arguments;
mod backup;
mod client;
mod cooperative;
mod forgotten;
mod openid;
mod passkeys;
mod print;
mod run;
mod second_step;
mod two_person;

pub use run::main;

use sd_notify::NotifyState;

/// Logs to the journal with structured fields; without a journal to standard error.
pub fn logging() {
    let journal = systemd_journal_logger::JournalLog::new().map(|log| log.with_syslog_identifier(name()));
    if let Ok(journal) = journal {
        let _ = journal.install();
    }
    log::set_max_level(log::LevelFilter::Info);
}

fn name() -> String {
    let name = std::env::args().next().unwrap_or_default();
    name.rsplit('/').next().unwrap_or("commonhost").to_owned()
}

/// Tells systemd that this process serves, and from now on that it is alive.
pub fn ready(status: &str) {
    let _ = sd_notify::notify(&[NotifyState::Ready, NotifyState::Status(status)]);
    if let Some(limit) = sd_notify::watchdog_enabled() {
        tokio::spawn(async move {
            loop {
                // On the async threads on purpose: when they hang, the watchdog bites.
                tokio::time::sleep(limit / 3).await;
                let _ = sd_notify::notify(&[NotifyState::Watchdog]);
            }
        });
    }
}
