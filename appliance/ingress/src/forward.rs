// SPDX-License-Identifier: AGPL-3.0-or-later
//! Relaying one request to a service.

use types::ServiceName;

/// Extension on a request under `/.commonhost/` that was asked on a service's host and is handed to the board:
/// the sign-in handoff lives there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceHost {
    /// Service that owns the host.
    pub service: ServiceName,
    /// Host name: lower case, without port.
    pub host: String,
}
