// SPDX-License-Identifier: AGPL-3.0-or-later
//! Every page with realistic data. Texts that people or other programs choose go through `says`, so that tests can
//! make them hostile.

mod acts;
mod backups;
mod board;
mod cooperative;
mod forgotten;
mod openid;
mod passkeys;
mod peers;
mod people;
mod public;
mod second_step;
mod service;
mod system;

use types::Language;
use types::Timestamp;
use web_ui::{
    ClaimState, ErrorKind, FieldError, JobState, JoinState, Layout, Page as _, PairingProblem, PlaceKind,
    Refusal, ResetState, RestoreState, SignInProblem, StepKind, TextField, TextKind, Viewer,
};

const NOW: Timestamp = Timestamp(1_795_183_200);
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

const CALENDAR: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round"><rect x="8" y="10" width="32" height="31" rx="6"/><path d="M8 19h32M16.5 6v7M31.5 6v7"/><path d="M17 34c0-3.9 3-5.5 7-5.5s7 1.6 7 5.5"/></svg>"#;
const FOLDER: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linejoin="round"><path d="M7 35V14a5 5 0 0 1 5-5h6.5a5 5 0 0 1 3.6 1.5L25 13.5h11a5 5 0 0 1 5 5V35a6 6 0 0 1-6 6H13a6 6 0 0 1-6-6z"/></svg>"#;
const BUBBLE: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linejoin="round"><path d="M14 8h20a7 7 0 0 1 7 7v12a7 7 0 0 1-7 7H23l-9 7v-7a7 7 0 0 1-7-7V15a7 7 0 0 1 7-7z"/></svg>"#;

struct Samples<'a> {
    language: Language,
    says: &'a dyn Fn(&str) -> String,
}

/// Every page, with a name for its file.
pub(crate) fn pages(language: Language, says: &dyn Fn(&str) -> String) -> Vec<(&'static str, String)> {
    let s = Samples { language, says };
    let mut pages = vec![
        ("claim", s.claim(ClaimState::Open, false).render()),
        ("claim-errors", s.claim(ClaimState::Open, true).render()),
        ("claim-claimed", s.claim(ClaimState::Claimed, false).render()),
        ("claim-wait", s.claim(ClaimState::Wait(ago(-55)), false).render()),
        ("claim-exhausted", s.claim(ClaimState::Exhausted, false).render()),
        ("restore", s.restore(RestoreState::Open).render()),
        ("restore-board", s.restore_from_board().render()),
        (
            "restore-running",
            s.restore(RestoreState::Running {
                step: StepKind::Fetch,
                progress: 40,
            })
            .render(),
        ),
        ("restore-done", s.restore(RestoreState::Claimed).render()),
        ("reset", s.reset(ResetState::Closed, false).render()),
        ("reset-open", s.reset(ResetState::Open, true).render()),
        ("sign-in", s.sign_in(None).render()),
        ("sign-in-wrong", s.sign_in(Some(SignInProblem::Wrong)).render()),
        (
            "sign-in-wait",
            s.sign_in(Some(SignInProblem::Wait(ago(-120)))).render(),
        ),
        ("home", s.home().render()),
        ("home-first", s.home_first().render()),
        ("home-member", s.home_member().render()),
        ("catalog", s.catalog().render()),
        ("catalog-broken", s.catalog_broken().render()),
        ("enable", s.enable(None).render()),
        (
            "enable-refused",
            s.enable(Some(Refusal::Memory {
                needed: 120 * MIB,
                free: 64 * MIB,
            }))
            .render(),
        ),
        ("service", s.service().render()),
        ("service-failing", s.service_failing().render()),
        ("service-member", s.service_member().render()),
        ("certificates", s.certificates().render()),
        ("proof", s.proof().render()),
        ("trust", s.trust().render()),
        ("checks", s.checks().render()),
        ("reach", s.reach().render()),
        ("cooperative", s.cooperative().render()),
        ("hub", s.hub(true).render()),
        ("hub-member", s.hub(false).render()),
        ("texts", s.texts().render()),
        ("questions", s.questions(false).render()),
        ("questions-drafts", s.questions(true).render()),
        ("text-edit", s.edit_text().render()),
        ("text-changes", s.changes().render()),
        ("decisions", s.decisions().render()),
        ("proposal-open", s.proposal(true).render()),
        ("proposal-counted", s.proposal(false).render()),
        ("books", s.books(true).render()),
        ("books-member", s.books(false).render()),
        ("report", s.report().render()),
        ("register", s.register().render()),
        ("join", s.join(JoinState::Asking).render()),
        ("join-invited", s.join(JoinState::Invited).render()),
        ("join-sent", s.join(JoinState::Sent).render()),
        ("elsewhere", s.elsewhere().render()),
        ("promises", s.promises(Some(true)).render()),
        ("promises-visitor", s.promises(None).render()),
        ("news", s.news().render()),
        ("end", s.end(false).render()),
        ("end-announced", s.end(true).render()),
        ("public-ending", s.public_ending().render()),
        ("members", s.members().render()),
        ("invitations", s.invitations().render()),
        ("accept", s.accept(true).render()),
        ("accept-gone", s.accept(false).render()),
        ("welcome", s.welcome().render()),
        ("account", s.account().render()),
        ("forgotten", s.forgotten(false).render()),
        ("forgotten-asked", s.forgotten(true).render()),
        ("help-back-in", s.help_back_in().render()),
        ("acts", s.acts().render()),
        ("passkeys", s.passkeys(false).render()),
        ("passkeys-wrong", s.passkeys(true).render()),
        ("openid-consent", s.consent().render()),
        ("openid-clients", s.clients(false).render()),
        ("openid-clients-wrong", s.clients(true).render()),
        ("second-step-off", s.second_step_off(false).render()),
        ("second-step-wrong", s.second_step_off(true).render()),
        ("second-step-on", s.second_step_on().render()),
        ("sign-in-code", s.sign_in_code(false).render()),
        ("sign-in-code-wait", s.sign_in_code(true).render()),
        ("public", s.public().render()),
        ("public-unclaimed", s.unclaimed().render()),
        ("terms", s.text(TextKind::Terms).render()),
        ("privacy", s.text(TextKind::Privacy).render()),
        ("economy", s.text(TextKind::Economic).render()),
        ("conduct", s.text(TextKind::Conduct).render()),
        ("contact", s.text(TextKind::Contact).render()),
        ("job", s.job(JobState::Running).render()),
        ("job-failed", s.job(JobState::Failed).render()),
        ("backups", s.backups().render()),
        ("backups-first", s.backups_first().render()),
        ("backups-key", s.backup_key(false).render()),
        ("backups-key-again", s.backup_key(true).render()),
        ("backups-sheet", s.sheet().render()),
        ("backups-place", s.place().render()),
        ("backups-place-list", s.place_list().render()),
        ("backups-place-disk", s.new_place(PlaceKind::Disk).render()),
        ("backups-place-peer", s.new_place(PlaceKind::Peer).render()),
        ("backups-place-rest", s.new_place(PlaceKind::Rest).render()),
        ("archives", s.archives().render()),
        ("audit", s.audit().render()),
        ("system", s.system().render()),
        ("system-offer", s.system_offer().render()),
        ("system-without-card", s.system_without_card().render()),
        ("error", s.error(ErrorKind::NotFound, true).render()),
        (
            "error-visitor",
            s.error(ErrorKind::TooMany(ago(-60)), false).render(),
        ),
        ("peers", s.peers(None).render()),
        ("peer", s.peer(false).render()),
        ("peer-trouble", s.peer(true).render()),
        ("peer-gone", s.peer_gone().render()),
        ("held", s.held(true).render()),
        ("held-over", s.held(false).render()),
        (
            "peers-problem",
            s.peers(Some(PairingProblem::NobodyFound)).render(),
        ),
    ];
    pages.extend(s.pairings().map(|(name, page)| (name, page.render())));
    pages
}

fn ago(seconds: i64) -> Timestamp {
    Timestamp(NOW.0 - seconds)
}

fn fields(fields: &mut [&mut TextField], error: &FieldError) {
    for field in fields {
        field.error = Some(error.clone());
    }
}

impl Samples<'_> {
    fn says(&self, text: &str) -> String {
        (self.says)(text)
    }

    fn pick(&self, english: &str, french: &str) -> String {
        self.says(match self.language {
            Language::En => english,
            Language::Fr => french,
        })
    }

    fn field(&self, text: &str) -> TextField {
        TextField::new(self.says(text))
    }

    fn layout(&self, path: &str, member: Option<bool>) -> Layout {
        Layout {
            language: self.language,
            now: NOW,
            board: self.says("lilac"),
            path: self.says(path),
            member: member.map(|steward| Viewer {
                name: self.says("anna"),
                display_name: self.says("Anna Martin"),
                steward,
            }),
            https_url: None,
            notices: Vec::new(),
        }
    }
}
