// SPDX-License-Identifier: AGPL-3.0-or-later
//! Names and their certificates.

use super::{
    facts,
    form::{Fields, required_or},
    shell::{INVALID, Visit, show_as},
    trust::other_root,
};
use crate::{
    ApiError,
    access::Policy,
    api,
    api::Route,
    domains::{self, NewDomain},
    outside::{DomainView, NameView, RecordView},
    roots,
    state::AcmeChoice,
};
use ::reach::NameState;
use axum::response::Response;
use http::{Method, StatusCode};
use tls::{CaFacts, CertificateStatus, ProblemKind, Source};
use web_ui::{
    AcmeAccount, AuthorityForm, CertificateProblem, CertificateRow, CertificateSource, CertificateState,
    CertificatesPage, DomainCard, FieldError, LocalCa, NameRow, NameStanding, Notice, RecordRow, TextField,
};

pub(super) fn routes() -> Vec<Route> {
    use Policy::Steward;
    vec![
        Route::new(
            Method::GET,
            "/certificates",
            Steward,
            "Every name and its certificate.",
            get,
        ),
        Route::new(
            Method::POST,
            "/certificates/domains",
            Steward,
            "Add a domain.",
            add,
        ),
        Route::new(
            Method::POST,
            "/certificates/domains/remove",
            Steward,
            "Remove a domain.",
            remove,
        ),
        Route::new(
            Method::POST,
            "/certificates/domains/look",
            Steward,
            "Look for a domain's records now.",
            look,
        ),
        Route::new(Method::POST, "/certificates/retry", Steward, "Ask again.", retry),
        Route::new(
            Method::POST,
            "/certificates/acme",
            Steward,
            "Accept the terms.",
            acme,
        ),
        Route::new(
            Method::POST,
            "/certificates/authority",
            Steward,
            "Choose another authority.",
            authority,
        ),
        Route::new(
            Method::POST,
            "/certificates/root",
            Steward,
            "Renew the board's own root certificate.",
            renew_root,
        ),
        Route::new(
            Method::POST,
            "/certificates/root/keep",
            Steward,
            "Keep the present root certificate.",
            keep_root,
        ),
    ]
}

async fn get(visit: Visit) -> Result<Response, ApiError> {
    page(visit, |_| ()).await
}

async fn page(mut visit: Visit, mark: impl FnOnce(&mut CertificatesPage)) -> Result<Response, ApiError> {
    visit.at("/certificates");
    let language = visit.language();
    let views = api::domain_views(&visit.app).await?;
    let services = facts::enabled(&visit.app).await?;
    let seen = visit.app.seen.load_full();
    let title = |name: &str| {
        let found = seen
            .addresses
            .services
            .iter()
            .find(|(_, names)| names.iter().any(|other| other == name));
        found.map(|(service, _)| facts::title(&visit.app, service, language))
    };
    let status = visit.app.certificates.status();
    let named = status.iter().filter(|status| !status.name.is_empty());
    let mut certificates: Vec<CertificateRow> =
        named.map(|status| row(status, title(&status.name))).collect();
    certificates.sort_by_key(|row| row.state == CertificateState::Good);
    let card = |view: &DomainView| card(view, title(&view.name));
    let roots = roots::view(&visit.app);
    let mut page = CertificatesPage {
        domains: views.iter().map(card).collect(),
        certificates,
        services: services
            .iter()
            .map(|service| (service.name.clone(), service.title(language)))
            .collect(),
        domain: TextField::default(),
        service: String::new(),
        acme: account(
            &visit.app.store.acme().await?,
            visit.app.certificates.authority().as_ref(),
        ),
        local_ca: LocalCa {
            download: "/ca.pem".into(),
            next: roots.next.as_ref().map(other_root),
            former: roots.former.as_ref().map(other_root),
            fingerprint: roots.fingerprint,
            not_after: roots.not_after.unwrap_or_default(),
        },
        layout: visit.layout,
    };
    mark(&mut page);
    let fields = [&page.domain, &page.acme.contact]
        .into_iter()
        .chain(page.acme.other.fields());
    let wrong = fields.into_iter().any(|field| field.error.is_some()) || page.acme.accepted_error.is_some();
    let status = if wrong { INVALID } else { StatusCode::OK };
    Ok(show_as(status, &page))
}

fn card(view: &DomainView, service: Option<String>) -> DomainCard {
    let record = |record: &RecordView| RecordRow {
        label: record.label.clone(),
        kind: record.kind.clone(),
        value: record.value.clone(),
    };
    let waiting = view.names.iter().filter_map(|name| {
        let standing = standing(name)?;
        Some(NameRow {
            name: name.name.clone(),
            standing,
        })
    });
    let lines: Vec<&str> = view.records.iter().map(|record| record.line.as_str()).collect();
    DomainCard {
        name: view.name.clone(),
        service,
        every_service: view.every_service,
        records: view.records.iter().map(record).collect(),
        zone_file: lines.join("\n"),
        proof: view.proof.as_ref().map(|proof| proof.server.clone()),
        waiting: waiting.collect(),
    }
}

/// Where a name stands; `None` when it is ready.
fn standing(name: &NameView) -> Option<NameStanding> {
    Some(match &name.report.as_ref().map(|report| &report.state) {
        None => NameStanding::Looking,
        Some(NameState::Ready) => return None,
        Some(NameState::Missing { .. }) => NameStanding::Missing,
        Some(NameState::Wrong { found, .. }) => NameStanding::Wrong(found.clone()),
        Some(NameState::CaaForbids { issuer, .. }) => NameStanding::CaaForbids {
            issuer: issuer.clone(),
        },
        Some(NameState::NotPropagated { at_most }) => NameStanding::Spreading {
            minutes: at_most.map(|seconds| seconds.div_ceil(60)),
        },
        Some(NameState::NoAnswer) => NameStanding::NoAnswer,
    })
}

fn row(status: &CertificateStatus, service: Option<String>) -> CertificateRow {
    CertificateRow {
        name: status.name.clone(),
        service,
        source: match status.source {
            Source::Local => CertificateSource::Local,
            Source::Acme => CertificateSource::Authority(status.issuer.clone()),
        },
        not_after: Some(status.not_after),
        renewal: status.renewal,
        strict: status.strict.is_some(),
        state: state(status),
    }
}

fn state(status: &CertificateStatus) -> CertificateState {
    let next_try = match status.state {
        tls::CertificateState::Ordering => return CertificateState::Ordering,
        tls::CertificateState::Off => return CertificateState::NeedsTerms,
        tls::CertificateState::Held => return CertificateState::NeedsRecords,
        tls::CertificateState::Issued => None,
        tls::CertificateState::Waiting { until } => Some(until),
    };
    match (&status.last_problem, next_try) {
        (Some(problem), _) => CertificateState::Failed {
            problem: problem_of(problem.kind),
            detail: problem.detail.clone(),
            next_try,
        },
        (None, Some(_)) => CertificateState::Ordering,
        (None, None) => CertificateState::Good,
    }
}

fn problem_of(kind: ProblemKind) -> CertificateProblem {
    use ProblemKind as K;
    match kind {
        K::NameNotFound | K::WrongAnswer => CertificateProblem::Dns,
        K::NameServersFail => CertificateProblem::NameServers,
        K::DnsUpdate => CertificateProblem::Record,
        K::ExternalAccountRequired | K::ExternalAccountRefused => CertificateProblem::Contract,
        K::NotReachable | K::TlsAtChallenge => CertificateProblem::Unreachable,
        K::RateLimited => CertificateProblem::RateLimited,
        K::CaNameNotFound | K::CaUnreachable | K::CaTimeout | K::CaBroken | K::BadNonce => {
            CertificateProblem::AuthorityDown
        }
        K::Caa => CertificateProblem::Forbidden,
        K::ClockWrong => CertificateProblem::Clock,
        _ => CertificateProblem::Other,
    }
}

fn account(choice: &AcmeChoice, facts: Option<&CaFacts>) -> AcmeAccount {
    let usual = choice.directory.is_empty() || choice.directory == tls::LETS_ENCRYPT;
    let host = choice.directory.trim_start_matches("https://");
    let host = host.split('/').next().unwrap_or_default();
    AcmeAccount {
        authority: if usual {
            "Let’s Encrypt".into()
        } else {
            host.to_owned()
        },
        terms_url: facts
            .and_then(|facts| facts.terms.clone())
            .or_else(|| usual.then(|| "https://letsencrypt.org/repository/".into())),
        contact: TextField::new(&choice.contact),
        accepted: choice.terms_accepted,
        accepted_error: None,
        other: AuthorityForm {
            directory: TextField::new(if usual { "" } else { &choice.directory }),
            root: TextField::new(&choice.root),
            key_name: TextField::new(&choice.account_key_name),
            key: TextField::default(),
        },
    }
}

async fn add(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let domain = fields.get("domain");
    let new = NewDomain {
        name: domain.to_owned(),
        service: Some(fields.owned("service")),
        every_service: fields.get("every_service") == "true",
        wildcard: fields.get("wildcard") == "true",
    };
    match domains::add(&visit.app, &new, &by).await {
        Ok(record) => Ok(visit.redirect(
            "/certificates",
            Some(Notice::DomainAdded(record.name.to_string())),
        )),
        Err(error) if error.fields.contains_key("name") => {
            let kind = if error.code == "domain_taken" {
                FieldError::Taken
            } else {
                required_or(domain, FieldError::NotADomain)
            };
            page(visit, |page| {
                page.domain = fields.text("domain").with_error(kind);
                page.service = fields.owned("service");
            })
            .await
        }
        Err(error) => Err(error),
    }
}

async fn remove(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let domain = api::known_domain(&visit.app, fields.get("domain")).await?;
    let notice = Notice::DomainRemoved(domain.to_string());
    visit
        .app
        .store
        .remove_domain(domain, &by, visit.app.now())
        .await?;
    crate::reconcile::open_doors(&visit.app).await?;
    visit.app.wake.now();
    Ok(visit.redirect("/certificates", Some(notice)))
}

async fn look(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let domain = api::known_domain(&visit.app, fields.get("domain")).await?;
    for name in visit.app.store.public_names().await? {
        if name.domain == domain {
            visit.app.outside.look_now(&name.name);
        }
    }
    Ok(visit.redirect("/certificates", None))
}

async fn retry(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let domain = api::retry_name(&visit.app, fields.get("name")).await?;
    Ok(visit.redirect(
        "/certificates",
        Some(Notice::CertificateOrdered(domain.to_string())),
    ))
}

async fn acme(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let contact = fields.trimmed("contact").to_owned();
    let accepted = fields.get("terms") == "accepted";
    if !accepted {
        return page(visit, |page| {
            page.acme.contact = TextField::new(contact);
            page.acme.accepted = false;
            page.acme.accepted_error = Some(FieldError::NotAccepted);
        })
        .await;
    }
    let choice = AcmeChoice {
        contact: contact.clone(),
        terms_accepted: accepted,
        ..visit.app.store.acme().await?
    };
    match api::choose_acme(&visit.app, choice, &by).await {
        Ok(()) => Ok(visit.redirect("/certificates", Some(Notice::Saved))),
        Err(error) if error.fields.contains_key("contact") => {
            page(visit, |page| {
                page.acme.contact = TextField::new(contact).with_error(FieldError::NotAnEmail);
                page.acme.accepted = accepted;
            })
            .await
        }
        Err(error) => Err(error),
    }
}

async fn renew_root(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let days = fields.trimmed("days").parse().unwrap_or(u16::MAX);
    roots::renew(&visit.app, days, &by).await?;
    Ok(visit.redirect("/certificates#local", Some(Notice::Saved)))
}

async fn keep_root(visit: Visit, _: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    roots::keep(&visit.app, &by).await?;
    Ok(visit.redirect("/certificates#local", Some(Notice::Saved)))
}

/// Another authority: its terms have to be accepted anew.
async fn authority(visit: Visit, fields: Fields) -> Result<Response, ApiError> {
    let by = visit.caller.name()?.clone();
    let before = visit.app.store.acme().await?;
    let directory = fields.trimmed("directory").to_owned();
    let choice = AcmeChoice {
        root: fields.owned("root").replace("\r\n", "\n").trim().to_owned(),
        account_key_name: fields.trimmed("key_name").to_owned(),
        account_key: fields.trimmed("key").to_owned(),
        terms_accepted: before.terms_accepted && before.directory == directory,
        directory,
        ..before
    };
    let tried = choice.clone();
    match api::choose_acme(&visit.app, choice, &by).await {
        Ok(()) => Ok(visit.redirect("/certificates", Some(Notice::Saved))),
        Err(error) => {
            let field = |name: &str, value: &str, kind: FieldError| {
                let text = TextField::new(value);
                if error.fields.contains_key(name) {
                    text.with_error(kind)
                } else {
                    text
                }
            };
            let other = AuthorityForm {
                directory: field("directory", &tried.directory, FieldError::NotAnAddress),
                root: field("root", &tried.root, FieldError::NotFit),
                key_name: field("account_key_name", &tried.account_key_name, FieldError::Required),
                key: field("account_key", "", FieldError::NotFit),
            };
            if other.fields().into_iter().all(|field| field.error.is_none()) {
                return Err(error);
            }
            page(visit, |page| page.acme.other = other).await
        }
    }
}
