// SPDX-License-Identifier: AGPL-3.0-or-later
//! Software elsewhere asks who a member is.

use crate::layout::{Layout, page};

/// `GET /openid/authorize`: other software wants to know who the member is.
///
/// Form: `POST /openid/authorize` with `asked` and `answer` (`yes` or `no`); 303 to that software.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentPage {
    /// What every page knows.
    pub layout: Layout,
    /// What the software is called.
    pub client: String,
    /// Host it is at, which cannot lie.
    pub host: String,
    /// Whether it wants name and language.
    pub profile: bool,
    /// Whether it wants the groups.
    pub groups: bool,
    /// What it asked, as it stood in the address.
    pub asked: String,
}

page!(ConsentPage, "openid_consent.html");
