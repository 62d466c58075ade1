// SPDX-License-Identifier: AGPL-3.0-or-later
//! Claiming, signing in, members and what they sign in with. Used by the API and by the pages alike.

mod claim;
mod forgotten;
mod groups;
mod invitations;
mod passkeys;
mod passwords;
mod people;
mod second_step;
mod secrets;
mod sign_in;
mod way_back;

pub use claim::{check_claim_code, claim, must_be_unclaimed};
pub use forgotten::{
    Forgotten, approve_password, ask_for_password, asked_for, forgotten, redeem_password, refuse_password,
    set_recovery_contacts, to_approve,
};
pub use groups::open_service;
pub use invitations::{invite, invited, join, revoke_invitation};
pub use passkeys::{
    MadePasskey, NewPasskey, PasskeyChallenge, ShownPasskey, add_passkey, ask_for_passkey, begin_passkey,
    remove_passkey, sign_in_by_passkey,
};
pub use passwords::{change_password, prove, reset_password};
pub use people::{Change, add, change, get, remove};
pub(crate) use people::{change_role_now, remove_now};
pub(crate) use second_step::take_second_step_now;
pub use second_step::{
    Enrolment, RecoveryCodes, enrolment, remove_second_step, renew_recovery_codes, second_step,
    set_second_step, take_second_step_from,
};
pub use secrets::{add_app_password, add_token, revoke_app_password};
pub use sign_in::{Opened, SignIn, redeem, sign_in, sign_in_by_code};
pub use way_back::reset_steward;

use crate::ApiError;
use http::StatusCode;
use passwords::{hash, judge};
use people::{check_new, name_taken};
use secrets::provision;
use sign_in::open_session;

/// The name root on the board acts by; no member may have it.
pub(crate) const BOARD: &str = "board";

fn wait(seconds: u64) -> ApiError {
    let message = if seconds == u64::MAX {
        "Too many wrong codes. Restart the board (pull the plug and put it back) and try again.".to_owned()
    } else {
        format!("Too many tries. Wait {seconds} seconds and try again.")
    };
    let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_tries", message);
    ApiError {
        retry_after: Some(seconds.min(3600)),
        ..error
    }
}
