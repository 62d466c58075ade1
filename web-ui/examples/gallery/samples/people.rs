// SPDX-License-Identifier: AGPL-3.0-or-later
//! Claiming, signing in, members, the own account.

use super::{NOW, Samples, ago};
use web_ui::{
    AcceptPage, AccountPage, ClaimPage, ClaimState, ConsentRow, DeviceRow, FieldError, InvitationRow,
    InvitationsPage, Invited, MemberRow, MembersPage, NewInvitation, NewSecret, Notice, ResetPage,
    ResetState, Role, SessionRow, SignInPage, SignInProblem, TextField, TokenRow, WelcomePage,
};

impl Samples<'_> {
    pub(super) fn claim(&self, state: ClaimState, wrong: bool) -> ClaimPage {
        let mut layout = self.layout("/claim", None);
        layout.https_url = Some(self.says("https://lilac.local/claim"));
        let mut page = ClaimPage::new(layout, state);
        if wrong {
            page.code = self.field("7K3M-Q9TD").with_error(FieldError::WrongCode);
            page.board_name = self.field("Our Board").with_error(FieldError::NotABoardName);
            page.name = self.field("Anna").with_error(FieldError::NotAMemberName);
            page.display_name.error = Some(FieldError::Required);
            page.password_error = Some(FieldError::TooShort(10));
            page.password_again_error = Some(FieldError::Different);
        }
        page
    }

    pub(super) fn reset(&self, state: ResetState, wrong: bool) -> ResetPage {
        let mut page = ResetPage::new(self.layout("/reset", None), state);
        if wrong {
            page.code = self.field("7K3M-Q9TD").with_error(FieldError::WrongCode);
            page.name = self.field("chloe").with_error(FieldError::NotASteward);
        }
        page
    }

    pub(super) fn sign_in(&self, problem: Option<SignInProblem>) -> SignInPage {
        let mut layout = self.layout("/sign-in", None);
        layout.notices = vec![Notice::SignedOut];
        SignInPage {
            layout,
            to: Some(self.says("/services/radicale")),
            name: self.says("anna"),
            problem,
        }
    }

    pub(super) fn members(&self) -> MembersPage {
        let member = |name: &str, display: &str, role, seen, you| MemberRow {
            name: name.parse().expect("a good name"),
            display_name: self.says(display),
            role,
            groups: if you { vec![self.says("choir")] } else { Vec::new() },
            joined: ago(200 * 86_400),
            last_seen: seen,
            second_step: !you,
            you,
        };
        let mut layout = self.layout("/members", Some(true));
        layout.notices = vec![Notice::MemberAdded(self.says("Chloé Petit"))];
        MembersPage {
            layout,
            members: vec![
                member("anna", "Anna Martin", Role::Steward, Some(NOW), true),
                member("bruno", "Bruno Lefèvre", Role::Member, Some(ago(90_000)), false),
                member("chloe", "Chloé Petit", Role::Member, None, false),
            ],
            new: Some(NewSecret {
                label: self.says("chloe"),
                secret: self.says("maple-otter-violin-42"),
            }),
            name: TextField::default(),
            display_name: TextField::default(),
            role: Role::Member,
        }
    }

    pub(super) fn invitations(&self) -> InvitationsPage {
        InvitationsPage {
            layout: self.layout("/invitations", Some(true)),
            open: vec![
                InvitationRow {
                    id: self.says("1"),
                    note: self.pick("Spring meeting", "Réunion de printemps"),
                    role: Role::Guest,
                    groups: vec![self.says("choir"), self.says("garden")],
                    used: 3,
                    uses: 20,
                    by: self.says("anna"),
                    expires: ago(-5 * 86_400),
                },
                InvitationRow {
                    id: self.says("2"),
                    note: String::new(),
                    role: Role::Member,
                    groups: Vec::new(),
                    used: 0,
                    uses: 1,
                    by: self.says("anna"),
                    expires: ago(-7200),
                },
            ],
            new: Some(NewInvitation {
                note: self.says("Chloé"),
                url: self.says("https://lilac.local/join/h3k7m-a9pqr-s2tuv-w4xyz"),
            }),
            note: TextField::default(),
            role: Role::Member,
            groups: self.field("Choir!").with_error(FieldError::NotGroups),
            uses: self.field("1"),
            days: self.field("7"),
        }
    }

    pub(super) fn accept(&self, open: bool) -> AcceptPage {
        let invited = Invited {
            code: self.says("h3k7m-a9pqr-s2tuv-w4xyz"),
            by: self.says("Anna Martin"),
        };
        AcceptPage {
            name: if open {
                self.field("chloe").with_error(FieldError::Taken)
            } else {
                TextField::default()
            },
            ..AcceptPage::new(self.layout("/join/x", None), open.then_some(invited))
        }
    }

    pub(super) fn welcome(&self) -> WelcomePage {
        WelcomePage {
            services: self.home_member().services,
            address: self.says("https://lilac.local"),
            layout: self.layout("/welcome", Some(false)),
        }
    }

    pub(super) fn account(&self) -> AccountPage {
        AccountPage {
            layout: self.layout("/account", Some(true)),
            display_name: self.field("Anna Martin"),
            current_password_error: Some(FieldError::WrongPassword),
            new_password_error: None,
            new_password_again_error: None,
            second_step: None,
            sessions: vec![
                SessionRow {
                    id: self.says("1"),
                    device: self.says("Firefox, Linux"),
                    created: ago(86_400),
                    last_used: NOW,
                    current: true,
                },
                SessionRow {
                    id: self.says("2"),
                    device: self.says("Chrome, Android"),
                    created: ago(9 * 86_400),
                    last_used: ago(7200),
                    current: false,
                },
            ],
            app_passwords: vec![DeviceRow {
                id: self.says("1"),
                device: self.pick("Anna’s phone", "Téléphone d’Anna"),
                services: vec![
                    self.pick("Calendars and contacts", "Agendas et contacts"),
                    self.pick("Files", "Fichiers"),
                ],
                created: ago(30 * 86_400),
                last_used: Some(ago(3600)),
            }],
            consents: vec![ConsentRow {
                client: self.says("0123456789abcdef"),
                name: self.pick("The choir’s forum", "Le forum de la chorale"),
                given: ago(3 * 86_400),
            }],
            tokens: vec![TokenRow {
                id: self.says("1"),
                label: self.pick("backup script", "script de sauvegarde"),
                created: ago(86_400),
                last_used: None,
            }],
            token_label: TextField::default(),
            new_token: Some(NewSecret {
                label: self.says("laptop"),
                secret: self.says("ch_4f9a1c7e2b8d6035a1e9c4d7f2b80c6e"),
            }),
        }
    }
}
