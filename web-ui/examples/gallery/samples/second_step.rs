// SPDX-License-Identifier: AGPL-3.0-or-later
//! The second step of signing in.

use super::{NOW, Samples, ago};
use web_ui::{CodeProblem, FieldError, SecondStepPage, SignInCodePage, Step, TextField};

impl Samples<'_> {
    pub(super) fn second_step_off(&self, wrong: bool) -> SecondStepPage {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let code = TextField::default();
        SecondStepPage {
            layout: self.layout("/account/second-step", Some(false)),
            step: Step::Off {
                secret: secret.into(),
                uri: self.says(&format!("otpauth://totp/lilac:anna?secret={secret}&issuer=lilac")),
                code: if wrong {
                    code.with_error(FieldError::NotTheAppsCode)
                } else {
                    code
                },
            },
            codes: Vec::new(),
            password_error: wrong.then_some(FieldError::WrongPassword),
        }
    }

    pub(super) fn second_step_on(&self) -> SecondStepPage {
        let code = |number: u32| self.says(&format!("kqhtm-9vb{number}x-ueaz{number}"));
        SecondStepPage {
            layout: self.layout("/account/second-step", Some(false)),
            step: Step::On {
                since: NOW,
                codes_left: 8,
            },
            codes: (2..10).map(code).collect(),
            password_error: None,
        }
    }

    pub(super) fn sign_in_code(&self, wrong: bool) -> SignInCodePage {
        SignInCodePage {
            layout: self.layout("/sign-in", None),
            proof: self.says("anna~1~00"),
            to: None,
            problem: if wrong {
                Some(CodeProblem::Wait(ago(-600)))
            } else {
                None
            },
        }
    }
}
