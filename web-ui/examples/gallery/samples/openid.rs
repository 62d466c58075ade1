// SPDX-License-Identifier: AGPL-3.0-or-later
//! Software elsewhere that signs members in.

use super::{Samples, ago};
use web_ui::{ClientRow, ClientsPage, ConsentPage, FieldError, NewOpenIdClient, TextField};

impl Samples<'_> {
    pub(super) fn consent(&self) -> ConsentPage {
        ConsentPage {
            layout: self.layout("/openid/authorize", Some(false)),
            client: self.pick("The choir’s forum", "Le forum de la chorale"),
            host: self.says("forum.example.org"),
            profile: true,
            groups: true,
            asked: self.says("client_id=0123456789abcdef"),
        }
    }

    pub(super) fn clients(&self, wrong: bool) -> ClientsPage {
        let row = |id: &str, name: String, redirect: &str, confidential| ClientRow {
            id: self.says(id),
            name,
            redirects: vec![self.says(redirect)],
            confidential,
            created: ago(40 * 86_400),
        };
        let forum = self.pick("The choir’s forum", "Le forum de la chorale");
        ClientsPage {
            layout: self.layout("/members/clients", Some(true)),
            issuer: self.says("https://lilac.local"),
            clients: vec![
                row(
                    "0123456789abcdef",
                    forum.clone(),
                    "https://forum.example.org/auth/oidc/callback",
                    true,
                ),
                row(
                    "fedcba9876543210",
                    self.says("Podcaster"),
                    "http://127.0.0.1:7777/back",
                    false,
                ),
            ],
            name: TextField::new(if wrong { forum.clone() } else { String::new() }),
            redirects: if wrong {
                TextField::new("http://forum.example.org/").with_error(FieldError::NotRedirects)
            } else {
                TextField::default()
            },
            public: false,
            new: (!wrong).then(|| NewOpenIdClient {
                name: forum,
                id: self.says("0123456789abcdef"),
                secret: Some(self.says("1f0a9c4e77d2b8531f0a9c4e77d2b8531f0a9c4e77d2b8531f0a9c4e77d2b853")),
            }),
        }
    }
}
