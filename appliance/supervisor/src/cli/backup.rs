// SPDX-License-Identifier: AGPL-3.0-or-later
//! `commonhost backup <verb>`.

use super::{
    client::Failure,
    run::{Asked, segment},
};
use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Value, json};

/// Where backups are.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// A disk's identifier, as `backup show` lists it.
    #[arg(long, conflicts_with_all = ["s3", "rest", "peer"])]
    disk: Option<String>,
    /// Server and bucket of an S3 store.
    #[arg(long, conflicts_with_all = ["rest", "peer"])]
    s3: Option<String>,
    /// Address of a rest-server.
    #[arg(long, conflicts_with = "peer")]
    rest: Option<String>,
    /// A paired board that agreed to keep this board's backups, by its key or its name; for a lost board, the address of
    /// the board that keeps its backups, with that board's code as the secret.
    #[arg(long)]
    peer: Option<String>,
    /// User name, or the id of an S3 key.
    #[arg(long, default_value = "")]
    user: String,
    /// Password, or the secret of an S3 key.
    #[arg(
        long,
        default_value = "",
        env = "COMMONHOST_STORE_SECRET",
        hide_env_values = true
    )]
    secret: String,
}

impl Place {
    /// As the API takes it.
    pub(super) fn body(&self) -> Result<Value, Failure> {
        if let Some(peer) = &self.peer {
            let secret = &self.secret;
            return Ok(json!({ "kind": "peer", "peer": peer, "url": peer, "secret": secret }));
        }
        let (kind, key, value) = match (&self.disk, &self.s3, &self.rest) {
            (Some(disk), ..) => ("disk", "disk", disk),
            (_, Some(url), _) => ("s3", "url", url),
            (.., Some(url)) => ("rest", "url", url),
            _ => return Err("say where: --disk, --s3, --rest or --peer".into()),
        };
        Ok(json!({ "kind": kind, key: value, "user": self.user, "secret": self.secret }))
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Backup {
    /// Back everything up now.
    Run {
        /// To this place only.
        #[arg(long)]
        repository: Option<String>,
    },
    /// Where backups go, when, and how they went.
    Show,
    /// Make the recovery key, or use the one of an earlier board.
    Key {
        /// Its twelve words; absent: a new key is made and shown once.
        words: Vec<String>,
    },
    /// Add a place for backups.
    Add {
        /// What it shall be called.
        title: String,
        #[command(flatten)]
        place: Place,
        /// This board can delete nothing there.
        #[arg(long)]
        append_only: bool,
        /// Upload at most this many KiB a second.
        #[arg(long, default_value_t = 0)]
        upload_kib: u32,
    },
    /// See whether a place can be reached and opened.
    Check {
        /// Its id.
        repository: String,
    },
    /// Forget a place for backups; what is there stays there.
    Remove {
        /// Its id.
        repository: String,
    },
    /// List the backups in a place.
    List {
        /// Its id.
        repository: String,
    },
    /// Put a backup in the place of its service's data.
    Restore {
        /// The place's id.
        repository: String,
        /// The backup's id.
        backup: String,
    },
    /// Try whether the newest backup of a service can be restored.
    Test {
        /// The place's id.
        repository: String,
        /// The service.
        service: String,
    },
    /// Choose when backups are made.
    Schedule {
        /// First hour of the window, UTC.
        #[arg(long, default_value_t = 1)]
        from_hour: u8,
        /// Hours it lasts.
        #[arg(long, default_value_t = 4)]
        hours: u8,
        /// Make none by themselves.
        #[arg(long)]
        off: bool,
    },
}

impl Backup {
    /// What is asked of the API.
    pub(super) fn request(&self) -> Result<Asked, Failure> {
        let get = |path: String| (Method::GET, path, None);
        let post = |path: &str, body: Value| (Method::POST, format!("/backups{path}"), Some(body));
        let at = |repository: &str| format!("/repositories/{}", segment(repository));
        Ok(match self {
            Self::Run { repository } => post("/run", json!({ "repository": repository })),
            Self::Show => get("/backups".into()),
            Self::Key { words } => post("/key", json!({ "words": words.join(" ") })),
            Self::Add {
                title,
                place,
                append_only,
                upload_kib,
            } => {
                let mut body = place.body()?;
                body["title"] = json!(title);
                body["append_only"] = json!(append_only);
                body["upload_kib"] = json!(upload_kib);
                post("/repositories", body)
            }
            Self::Check { repository } => post(&format!("{}/check", at(repository)), json!({})),
            Self::Remove { repository } => (Method::DELETE, format!("/backups{}", at(repository)), None),
            Self::List { repository } => get(format!("/backups{}/backups", at(repository))),
            Self::Restore { repository, backup } => post(
                &format!("{}/backups/{}/restore", at(repository), segment(backup)),
                json!({}),
            ),
            Self::Test { repository, service } => {
                post(&format!("{}/test", at(repository)), json!({ "service": service }))
            }
            Self::Schedule {
                from_hour,
                hours,
                off,
            } => {
                let body = json!({ "enabled": !off, "from_hour": from_hour, "hours": hours });
                (Method::PUT, "/backups/schedule".into(), Some(body))
            }
        })
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Export {
    /// Pack the data of a service into an archive that waits for a day.
    Add {
        /// Which service.
        #[arg(required_unless_present = "backup")]
        service: Option<String>,
        /// A place's id: pack a backup in it, and not the data of now.
        #[arg(long, requires = "backup", conflicts_with = "service")]
        repository: Option<String>,
        /// The backup's id.
        #[arg(long, requires = "repository")]
        backup: Option<String>,
    },
    /// Archives that wait; each is fetched from `/api/v1/exports/<name>`.
    List,
    /// Delete an archive.
    Remove {
        /// Its name.
        name: String,
    },
}

impl Export {
    /// What is asked of the API.
    pub(super) fn request(&self) -> Asked {
        match self {
            Self::Add {
                service,
                repository,
                backup,
            } => {
                let body = json!({ "service": service, "repository": repository, "backup": backup });
                (Method::POST, "/exports".into(), Some(body))
            }
            Self::List => (Method::GET, "/exports".into(), None),
            Self::Remove { name } => (Method::DELETE, format!("/exports/{}", segment(name)), None),
        }
    }
}
