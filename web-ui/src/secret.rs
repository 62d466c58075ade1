// SPDX-License-Identifier: AGPL-3.0-or-later
//! Secrets that are shown once.

/// A password or token that was just made. Answer the POST that made it with the page itself (200,
/// `Cache-Control: no-store`), not with a redirect: it is never stored in the clear.
#[derive(Clone, PartialEq, Eq)]
pub struct NewSecret {
    /// Whom or what it is for: the member's name, the device, the token's label.
    pub label: String,
    /// The secret itself.
    pub secret: String,
}

impl std::fmt::Debug for NewSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewSecret")
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}
