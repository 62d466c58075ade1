// SPDX-License-Identifier: AGPL-3.0-or-later
//! `commonhost backup <verb>`.

use super::{
    client::Failure,
    run::{Asked, segment},
};
use clap::Subcommand;
use http::Method;
use serde_json::{Value, json};

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
        /// A disk's identifier, as `backup show` lists it.
        #[arg(long, conflicts_with_all = ["s3", "rest"])]
        disk: Option<String>,
        /// Server and bucket of an S3 store.
        #[arg(long, conflicts_with = "rest")]
        s3: Option<String>,
        /// Address of a rest-server.
        #[arg(long)]
        rest: Option<String>,
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
                disk,
                s3,
                rest,
                user,
                secret,
                append_only,
                upload_kib,
            } => {
                let place = match (disk, s3, rest) {
                    (Some(disk), ..) => json!({ "kind": "disk", "disk": disk }),
                    (_, Some(url), _) => json!({ "kind": "s3", "url": url }),
                    (.., Some(url)) => json!({ "kind": "rest", "url": url }),
                    _ => return Err("say where: --disk, --s3 or --rest".into()),
                };
                let mut body = json!({ "title": title, "user": user, "secret": secret,
                    "append_only": append_only, "upload_kib": upload_kib });
                for (key, value) in place.as_object().into_iter().flatten() {
                    body[key] = value.clone();
                }
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
