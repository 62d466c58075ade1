// SPDX-License-Identifier: AGPL-3.0-or-later
//! Carries a command out. Exit codes: 0 done, 1 refused or failed, 2 wrong use (clap's own).

use super::{
    arguments::{
        Agreement, AppPassword, Archive, Arguments, Audit, Board, Catalog, Certificate, Check, Domain,
        Invitation, Job, Member, Noun, Peer, Reach, Service, Session, Snapshot, System, Token,
    },
    client::{Client, Failure},
    print::print,
};
use crate::access::judge;
use clap::Parser;
use http::Method;
use serde_json::{Map, Value, json};
use std::{io::Write, process::ExitCode, time::Duration};

/// The command line's `main`.
pub fn main() -> ExitCode {
    // The daemon's word, not one for people.
    if std::env::args_os().nth(1).is_some_and(|word| word == judge::WORD) {
        return judge::answer().map_or_else(|error| fail(&error.to_string()), |()| ExitCode::SUCCESS);
    }
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.to_string()),
    };
    match runtime.block_on(carry_out(&arguments)) {
        Ok(answer) => {
            print(&answer, arguments.target.json);
            ExitCode::SUCCESS
        }
        Err(failure) => fail(&failure),
    }
}

fn fail(failure: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "commonhost: {failure}");
    ExitCode::FAILURE
}

async fn carry_out(arguments: &Arguments) -> Result<Value, Failure> {
    let client = Client(&arguments.target);
    if matches!(arguments.noun, Noun::Status) {
        return status(&client).await;
    }
    let (method, path, body) = request(&arguments.noun)?;
    let answer = client.ask(method, &format!("/api/v1{path}"), body).await?;
    match answer.get("job").and_then(Value::as_str) {
        Some(job) if !arguments.target.no_wait => wait(&client, job).await,
        _ => Ok(answer),
    }
}

async fn status(client: &Client<'_>) -> Result<Value, Failure> {
    let mut board = client.ask(Method::GET, "/api/v1/board", None).await?;
    let services = client.ask(Method::GET, "/api/v1/services", None).await?;
    let findings = client.ask(Method::GET, "/api/v1/checks", None).await?;
    let states = services.as_array().into_iter().flatten().map(|service| {
        let text = |key: &str| service[key].as_str().unwrap_or_default().to_owned();
        format!("{} {}", text("name"), text("state"))
    });
    board["states"] = json!(states.collect::<Vec<_>>());
    let codes = findings
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|finding| finding["code"].as_str());
    board["findings"] = json!(codes.collect::<Vec<_>>());
    Ok(board)
}

/// Waits until a job has ended; a failed one is a failure.
async fn wait(client: &Client<'_>, id: &str) -> Result<Value, Failure> {
    loop {
        let job = client
            .ask(Method::GET, &format!("/api/v1/jobs/{id}"), None)
            .await?;
        match job["state"].as_str() {
            Some("running") => tokio::time::sleep(Duration::from_millis(100)).await,
            Some("failed") => return Err(job["message"].as_str().unwrap_or("it failed").to_owned()),
            _ => return Ok(job),
        }
    }
}

pub(super) type Asked = (Method, String, Option<Value>);

fn request(noun: &Noun) -> Result<Asked, Failure> {
    let get = |path: &str| (Method::GET, path.to_owned(), None);
    let delete = |path: String| (Method::DELETE, path, None);
    let post = |path: &str, body: Value| (Method::POST, path.to_owned(), Some(body));
    Ok(match noun {
        Noun::Status => get("/health"),
        Noun::Claim {
            code,
            board_name,
            name,
            display_name,
            password,
        } => {
            let password = password_or_ask(password.as_ref())?;
            let member = json!({ "name": name, "display_name": display_name, "password": password });
            post(
                "/claim",
                json!({ "code": code, "board_name": board_name, "member": member }),
            )
        }
        Noun::Restore { code, words, place } => {
            let body = json!({ "code": code, "words": words, "place": place.body()? });
            post("/restore", body)
        }
        Noun::Reset { code, name, password } => {
            let password = password_or_ask(password.as_ref())?;
            post(
                "/reset",
                json!({ "code": code, "name": name, "password": password }),
            )
        }
        Noun::Catalog(Catalog::List) => get("/catalog"),
        Noun::Catalog(Catalog::Refresh) => post("/catalog/refresh", json!({})),
        Noun::Service(service) => service_request(service)?,
        Noun::Member(Member::List) => get("/members"),
        Noun::Member(Member::Add {
            name,
            display_name,
            steward,
            password,
        }) => {
            let role = if *steward { "steward" } else { "member" };
            let password = password_or_ask(password.as_ref())?;
            post(
                "/members",
                json!({ "name": name, "display_name": display_name, "role": role, "password": password }),
            )
        }
        Noun::Member(Member::Change { name, role, groups }) => (
            Method::PATCH,
            format!("/members/{}", segment(name)),
            Some(json!({ "role": role, "groups": groups })),
        ),
        Noun::Invitation(Invitation::List) => get("/invitations"),
        Noun::Invitation(Invitation::Add {
            note,
            guest,
            groups,
            uses,
            days,
        }) => {
            let role = if *guest { "guest" } else { "member" };
            let body = json!({ "note": note, "role": role, "groups": groups, "uses": uses, "days": days });
            post("/invitations", body)
        }
        Noun::Invitation(Invitation::Revoke { id }) => delete(format!("/invitations/{}", segment(id))),
        Noun::Member(Member::Remove { name }) => delete(format!("/members/{}", segment(name))),
        Noun::Domain(Domain::List) => get("/domains"),
        Noun::Domain(Domain::Add {
            name,
            service,
            every_service,
            wildcard,
        }) => post(
            "/domains",
            json!({ "name": name, "service": service, "every_service": every_service, "wildcard": wildcard }),
        ),
        Noun::Domain(Domain::Show { name }) => get(&format!("/domains/{}", segment(name))),
        Noun::Domain(Domain::Look { name }) => post(&format!("/domains/{}/look", segment(name)), json!({})),
        Noun::Domain(Domain::Prove { name, fields }) => (
            Method::PUT,
            format!("/domains/{}/proof", segment(name)),
            Some(Value::Object(pairs(fields)?)),
        ),
        Noun::Reach(Reach::Show) => get("/reach"),
        Noun::Reach(Reach::Look) => post("/reach/look", json!({})),
        Noun::Reach(Reach::Set {
            open_ports,
            echo,
            dynamic,
        }) => {
            let mut body = Map::new();
            if let Some(open) = open_ports {
                body.insert("open_ports".into(), json!(open));
            }
            if !echo.is_empty() {
                body.insert("echo".into(), json!(echo));
            }
            if !dynamic.is_empty() {
                body.insert("dynamic".into(), Value::Object(pairs(dynamic)?));
            }
            (Method::PUT, "/reach/settings".into(), Some(Value::Object(body)))
        }
        Noun::Domain(Domain::Remove { name }) => delete(format!("/domains/{}", segment(name))),
        Noun::Certificate(Certificate::List) => get("/certificates"),
        Noun::Certificate(Certificate::Retry { name }) => {
            post(&format!("/certificates/{}/retry", segment(name)), json!({}))
        }
        Noun::Certificate(Certificate::Root) => get("/certificates/local-authority"),
        Noun::Certificate(Certificate::RenewRoot { days }) => {
            let body = json!({ "days": days });
            (
                Method::PUT,
                "/certificates/local-authority/next".into(),
                Some(body),
            )
        }
        Noun::Certificate(Certificate::KeepRoot) => delete("/certificates/local-authority/next".into()),
        Noun::Certificate(Certificate::Authority {
            directory,
            root_file,
            contact,
            staging,
            account_key_name,
            account_key_file,
            accept_terms,
        }) => {
            let read = |what: &str, file: &Option<std::path::PathBuf>| {
                let text = file.as_ref().map(std::fs::read_to_string).transpose();
                text.map(Option::unwrap_or_default)
                    .map_err(|error| format!("the {what} file cannot be read: {error}"))
            };
            let body = json!({
                "directory": directory,
                "root": read("root", root_file)?,
                "contact": contact,
                "staging": staging,
                "account_key_name": account_key_name,
                "account_key": read("key", account_key_file)?.trim(),
                "terms_accepted": accept_terms,
            });
            (Method::PUT, "/certificates/authority".into(), Some(body))
        }
        Noun::Check(check) => check_request(check),
        Noun::Cooperative(verb) => super::cooperative::request(verb)?,
        Noun::AppPassword(AppPassword::List) => get("/app-passwords"),
        Noun::AppPassword(AppPassword::Add { services, device }) => post(
            "/app-passwords",
            json!({ "services": services, "device": device }),
        ),
        Noun::AppPassword(AppPassword::Revoke { id }) => delete(format!("/app-passwords/{}", segment(id))),
        Noun::Token(Token::List) => get("/tokens"),
        Noun::Token(Token::Add { name }) => post("/tokens", json!({ "name": name })),
        Noun::Token(Token::Revoke { id }) => delete(format!("/tokens/{}", segment(id))),
        Noun::Session(Session::List) => get("/sessions"),
        Noun::Session(Session::Revoke { id }) => delete(format!("/sessions/{}", segment(id))),
        Noun::SecondStep(second_step) => second_step.request()?,
        Noun::Forgotten(forgotten) => forgotten.request()?,
        Noun::Act(act) => act.request(),
        Noun::Passkey(passkey) => passkey.request(),
        Noun::OpenId(openid) => openid.request(),
        Noun::Archive(Archive::List) => get("/archives"),
        Noun::Archive(Archive::Purge { name }) => delete(format!("/archives/{}", segment(name))),
        Noun::Backup(backup) => backup.request()?,
        Noun::Export(export) => export.request(),
        Noun::Snapshot(Snapshot::List) => get("/backups/snapshots"),
        Noun::Snapshot(Snapshot::Add { service }) => {
            post("/backups/snapshots", json!({ "service": service }))
        }
        Noun::Snapshot(Snapshot::Restore { name }) => post(
            &format!("/backups/snapshots/{}/restore", segment(name)),
            json!({}),
        ),
        Noun::Snapshot(Snapshot::Remove { name }) => delete(format!("/backups/snapshots/{}", segment(name))),
        Noun::Job(Job::List) => get("/jobs"),
        Noun::Job(Job::Show { id }) => get(&format!("/jobs/{}", segment(id))),
        Noun::Audit(Audit::List) => get("/audit"),
        Noun::Board(Board::Show) => get("/board"),
        Noun::Board(Board::Rename { name }) => (Method::PUT, "/board".into(), Some(json!({ "name": name }))),
        Noun::System(System::Releases) => get("/system/releases"),
        Noun::System(System::Slots) => get("/system/slots"),
        Noun::System(System::Look) => post("/system/releases/look", json!({})),
        Noun::System(System::Install) => post("/system/releases/install", json!({})),
        Noun::System(System::Defer { days }) => post("/system/releases/defer", json!({ "days": days })),
        Noun::System(System::Back) => post("/system/releases/back", json!({})),
        Noun::System(System::Set {
            by_hand,
            channel,
            hour,
            source,
        }) => {
            let body = json!({ "automatic": !by_hand, "channel": channel, "hour": hour, "source": source });
            (Method::PUT, "/system/releases".into(), Some(body))
        }
        Noun::Board(Board::Reboot) | Noun::System(System::Reboot) => post("/system/reboot", json!({})),
        Noun::Peer(peer) => peer_request(peer),
        Noun::Agreement(agreement) => agreement_request(agreement),
    })
}

fn check_request(check: &Check) -> Asked {
    let get = |path: &str| (Method::GET, path.to_owned(), None);
    let silenced = |key: &str| format!("/checks/silenced/{}", segment(key));
    match check {
        Check::Run => (Method::POST, "/checks/run".into(), Some(json!({}))),
        Check::List => get("/checks"),
        Check::Report => get("/checks/report"),
        Check::Digest => get("/checks/digest"),
        Check::Silence { key, days } => {
            let until = host::clock::now().0 + i64::from(*days) * 86_400;
            (Method::PUT, silenced(key), Some(json!({ "until": until })))
        }
        Check::Listen { key } => (Method::DELETE, silenced(key), None),
    }
}

fn service_request(service: &Service) -> Result<Asked, Failure> {
    let path = |name: &str, rest: &str| format!("/services/{}{rest}", segment(name));
    let act = |name: &str, verb: &str| (Method::POST, path(name, verb), Some(json!({})));
    Ok(match service {
        Service::List => (Method::GET, "/services".into(), None),
        Service::Show { name } => (Method::GET, path(name, ""), None),
        Service::Enable { name, settings } | Service::Set { name, settings } => (
            Method::PUT,
            path(name, ""),
            Some(json!({ "settings": pairs(settings)? })),
        ),
        Service::Start { name } => act(name, "/start"),
        Service::Stop { name } => act(name, "/stop"),
        Service::Restart { name } => act(name, "/restart"),
        Service::Update { name } => act(name, "/update"),
        Service::Rollback { name } => act(name, "/rollback"),
        Service::Remove { name } => (Method::DELETE, path(name, ""), None),
        Service::Logs { name, lines } => (Method::GET, path(name, &format!("/logs?lines={lines}")), None),
        Service::Metrics { name } => (Method::GET, path(name, "/metrics"), None),
    })
}

fn agreement_request(agreement: &Agreement) -> Asked {
    let one = |id: &str, act: &str| format!("/agreements/{}{act}", segment(id));
    match agreement {
        Agreement::List => (Method::GET, "/agreements".into(), None),
        Agreement::Show { id } => (Method::GET, one(id, ""), None),
        Agreement::Watch { peer, me, silence } => {
            let giver = if *me { "them" } else { "us" };
            let grant = json!({ "kind": "watch", "silence": silence });
            let body = json!({ "peer": peer, "giver": giver, "grant": grant });
            (Method::POST, "/agreements".into(), Some(body))
        }
        Agreement::Hold {
            peer,
            us,
            gib,
            notice,
        } => {
            let giver = if *us { "us" } else { "them" };
            let grant = json!({ "kind": "hold_backups", "gib": gib, "notice": notice });
            let body = json!({ "peer": peer, "giver": giver, "grant": grant });
            (Method::POST, "/agreements".into(), Some(body))
        }
        Agreement::Accept { id } => (Method::POST, one(id, "/accept"), Some(json!({}))),
        Agreement::End { id } => (Method::POST, one(id, "/end"), Some(json!({}))),
    }
}

fn peer_request(peer: &Peer) -> Asked {
    let post = |path: &str, body: Value| (Method::POST, path.to_owned(), Some(body));
    match peer {
        Peer::List => (Method::GET, "/peers".into(), None),
        Peer::Code => post("/pairings", json!({})),
        Peer::Pair { code, address } => {
            let address = address
                .as_ref()
                .map(|address| json!({ "code": code, "address": address }));
            post("/pairings", address.unwrap_or_else(|| json!({ "code": code })))
        }
        Peer::Pairings => (Method::GET, "/pairings".into(), None),
        Peer::Confirm { id, words } => post(
            &format!("/pairings/{}/confirm", segment(id)),
            json!({ "words": words.join(" ") }),
        ),
        Peer::Cancel { id } => (Method::DELETE, format!("/pairings/{}", segment(id)), None),
        Peer::Show { peer } => (Method::GET, format!("/peers/{}", segment(peer)), None),
        Peer::Move { peer, address } => (
            Method::PATCH,
            format!("/peers/{}", segment(peer)),
            Some(json!({ "address": address })),
        ),
        Peer::Remove { peer } => (Method::DELETE, format!("/peers/{}", segment(peer)), None),
        Peer::Held => (Method::GET, "/held".into(), None),
        Peer::FetchCode { peer, take_back } => {
            let method = if *take_back { Method::DELETE } else { Method::POST };
            (method, format!("/held/{}/code", segment(peer)), None)
        }
        Peer::BringBack { peer } => post(&format!("/held/{}/bring-back", segment(peer)), json!({})),
    }
}

pub(super) fn segment(text: &str) -> String {
    crate::access::gate::encode(text).replace('/', "%2F")
}

pub(super) fn pairs(words: &[String]) -> Result<Map<String, Value>, Failure> {
    let pair = |word: &String| {
        let (key, value) = word
            .split_once('=')
            .ok_or_else(|| format!("{word} must be written as key=value"))?;
        Ok((key.to_owned(), Value::String(value.to_owned())))
    };
    words.iter().map(pair).collect()
}

/// The password that was given, or the first line of standard input.
pub(super) fn password_or_ask(given: Option<&String>) -> Result<String, Failure> {
    if let Some(password) = given {
        return Ok(password.clone());
    }
    let _ = write!(std::io::stderr(), "Password: ");
    let mut line = String::new();
    std::io::stdin()
        .read_line(&mut line)
        .map_err(|error| format!("no password could be read: {error}"))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
