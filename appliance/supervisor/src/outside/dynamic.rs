// SPDX-License-Identifier: AGPL-3.0-or-later
//! The name that follows the board's address: sends an update when the rules of `reach::dyndns` allow it.

use super::{Choice, Dynamic, choice::dyndns2};
use crate::{ApiError, App};
use reach::{
    dyndns::{Decision, Outcome},
    records::Addresses,
};
use types::Timestamp;

/// Does what is due, and says when to decide again.
pub(super) async fn turn(
    app: &App,
    choice: &Choice,
    current: &Addresses,
) -> Result<Option<Timestamp>, ApiError> {
    let Some(dynamic) = &choice.dynamic else {
        return Ok(None);
    };
    let now = app.now();
    let mut state = app.store.dynamic_state().await?;
    state.settle(now);
    match state.decide(current, now) {
        Decision::Update(addresses) => {
            // Stored before it is sent: a power cut does not make the board send sooner than it may.
            state.begins(now);
            app.store.set_dynamic_state(&state).await?;
            let outcome = send(dynamic, &addresses, now).await;
            state.ended(outcome, &addresses);
            app.store.set_dynamic_state(&state).await?;
            app.rounds.soon();
            Ok(None)
        }
        Decision::Wait { until } => Ok(Some(until)),
        Decision::Idle | Decision::Stopped(_) => Ok(None),
    }
}

async fn send(dynamic: &Dynamic, addresses: &Addresses, now: Timestamp) -> Outcome {
    match dynamic {
        Dynamic::Dyndns2 {
            server,
            name,
            user,
            password,
        } => dyndns2(server, name, user, password).update(addresses).await,
        Dynamic::Rfc2136 { tsig, name } => match tsig.client(name) {
            Some(client) => client.update(addresses, now).await,
            None => Outcome::BadAuth,
        },
    }
}
