// SPDX-License-Identifier: AGPL-3.0-or-later
//! Start-up of the supervisor, as a script: open the state, prepare the parts, hand the listeners to the front door,
//! say ready.

use crate::{
    App,
    access::{
        attempts::Attempts,
        caller::Operator,
        gate::SignInGate,
        judge::Judge,
        limits::{self, Limit},
        seal::Seal,
        secret,
        tickets::Tickets,
    },
    app::{Announce, Clock, Parts, ReadSensors, Seen, lock},
    catalogs::Catalogs,
    checks::{self, Rounds},
    cooperative::hosters::{self, Fetch},
    data,
    directory::Directory,
    events::Events,
    first_start,
    mdns::{Announcer, Lan, Neighbours},
    outside::{self, Knock, Outside, Questions},
    peers::{self, Away, Contacts, Pairings, PeerDoor, Shelves},
    publish::{self, Published},
    reconcile::{self, Driver, Wake},
    services::history::{self, Histories},
    state::{self, AcmeChoice, Adoption, JobKind, JobState, Store},
    system::{self, Trust, Updates},
};
use anyhow::Context as _;
use arc_swap::ArcSwap;
use host::{Host, HostClient, Layout};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use ingress::{Ingress, Limits, PlainPages, RouteTable};
use std::{
    collections::BTreeSet,
    hash::RandomState,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};
use tls::{AcmeSettings, Certificates, ExternalAccount, LETS_ENCRYPT};
use tokio::net::{TcpListener, UnixListener};
use types::host::{HostReply, HostRequest};

/// What the supervisor is started with. On a board all of it has one value; tests choose.
pub struct Options {
    /// Folder of the database and the certificates.
    pub data: PathBuf,
    /// Folder with one folder of sockets per service.
    pub sockets: PathBuf,
    /// Folder with one folder per service that asks about members.
    pub directory: PathBuf,
    /// Folder of the sockets by which restic reaches peers.
    pub peer_sockets: PathBuf,
    /// The host process.
    pub host: Arc<dyn Host>,
    /// The signed catalogs.
    pub catalogs: Arc<Catalogs>,
    /// The command line's program.
    pub command: PathBuf,
    /// Tells the time.
    pub clock: Clock,
    /// Tells how the board is.
    pub sensors: ReadSensors,
    /// Told which names to announce on the local network.
    pub announce: Announce,
    /// Looks at a port of another board's front door.
    pub knock: Knock,
    /// Reads other hosters' files.
    pub fetch: Fetch,
    /// Whom the board may ask about the way from outside.
    pub questions: Questions,
    /// Finds other boards on the local network.
    pub lan: Arc<dyn Lan>,
    /// What is believed about releases of the board's system.
    pub releases: Trust,
    /// How fast updates go.
    pub pace: system::Pace,
}

impl Options {
    /// The options of a real board.
    pub fn board() -> Self {
        let layout = Layout::new("/");
        let data = PathBuf::from("/data/commonhost");
        let mut announcer = Announcer::new();
        let lan = Arc::new(Neighbours::new(announcer.daemon()));
        Self {
            sockets: PathBuf::from("/run/commonhost/sockets"),
            directory: PathBuf::from("/run/commonhost/ldap"),
            peer_sockets: PathBuf::from("/run/commonhost/peers"),
            host: Arc::new(HostClient::new("/run/commonhost/host.sock")),
            catalogs: Arc::new(Catalogs::load(&layout)),
            command: PathBuf::from("/usr/bin/commonhost"),
            clock: Arc::new(host::clock::now),
            sensors: crate::app::machine_sensors(data.clone()),
            announce: Box::new(move |names| announcer.set(names)),
            knock: Arc::new(|name, door| Box::pin(async move { reach::outside::knock(&name, door).await })),
            fetch: hosters::over_https(),
            questions: Questions::board(),
            lan,
            releases: Trust::load(&layout),
            pace: system::Pace::default(),
            data,
        }
    }
}

/// Listeners, handed in by systemd or a test.
pub struct Listeners {
    /// Port 80.
    pub http: Option<TcpListener>,
    /// Port 443.
    pub https: Option<TcpListener>,
    /// For the CLI on the board.
    pub control: Option<UnixListener>,
}

/// A supervisor that is about to serve.
pub struct Supervisor {
    /// Its parts.
    pub app: App,
    /// The front door.
    pub ingress: Ingress,
    router: axum::Router,
}

impl Supervisor {
    /// Opens the state and prepares all parts. Nothing is served yet.
    ///
    /// # Errors
    /// When the database or the certificates' folder cannot be used.
    pub async fn prepare(options: Options) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&options.data).context("the data folder cannot be made")?;
        let adoption = state::adopt(&options.data)?;
        let store = Store::open(&options.data.join("state.db"))?;
        let certificates = Certificates::open(tls::Parts {
            folder: options.data.join("certificates"),
            board: store.board_name().await?,
            clock: Arc::clone(&options.clock),
            acme: acme_settings(store.acme().await?),
        })?;
        let seal = Seal::new(&store.seal(secret::secret).await?);
        let rules = ArcSwap::from_pointee(store.service_groups().await?);
        let app = App::new(Parts {
            store,
            rules,
            host: options.host,
            catalogs: options.catalogs,
            certificates,
            routes: Arc::new(ArcSwap::from_pointee(RouteTable::default())),
            sockets: options.sockets,
            directory: Mutex::new(Directory::new(options.directory)),
            clock: options.clock,
            sensors: options.sensors,
            events: Events::new(),
            wake: Wake::default(),
            seen: ArcSwap::from_pointee(Seen::default()),
            claim_attempts: Mutex::new(Attempts::new(5, Some(20))),
            guesses: Mutex::default(),
            judge: Judge::new(&options.command),
            seal,
            tickets: Mutex::new(Tickets::default()),
            challenges: Mutex::new(crate::access::challenges::Challenges::default()),
            openid: Mutex::new(crate::openid::Grants::default()),
            announced: Mutex::new(options.announce),
            data: data::Data::default(),
            lan: options.lan,
            peers: Contacts::new(),
            shelves: Shelves::new(options.data.join("held")),
            away: Away::new(options.peer_sockets, &options.data),
            pairings: Mutex::new(Pairings::default()),
            histories: Mutex::new(Histories::default()),
            published: Published::default(),
            rounds: Rounds::default(),
            meter: Mutex::default(),
            applications: Mutex::new(Limit::new(limits::NETWORK, RandomState::new())),
            knock: options.knock,
            forgotten: Mutex::new(Limit::new(limits::FORGOTTEN, RandomState::new())),
            fetch: options.fetch,
            outside: Outside::new(options.questions),
            updates: Updates::new(options.releases, options.pace),
        });
        match adoption {
            Adoption::None => {}
            Adoption::From(repository) => {
                data::settle_in(&app, repository).await?;
                state::settled(&options.data)?;
            }
            Adoption::TooNew => too_new(&app).await?,
        }
        data::hold_pending(&app).await?;
        publish::refresh(&app).await?;
        reconcile::open_doors(&app).await?;
        let router = crate::api::router(&app);
        let (certificates, strict) = (app.certificates.clone(), app.certificates.clone());
        let ingress = Ingress::new(ingress::Parts {
            tls: app.certificates.server_config(),
            aside: Some(Arc::new(PeerDoor(app.clone()))),
            routes: Arc::clone(&app.routes),
            gate: Arc::new(SignInGate(app.clone())),
            board: ingress::board(router.clone()),
            http01: Arc::new(move |token| certificates.http_01_key_authorization(token)),
            strict: Arc::new(move |name| strict.strict_transport(name)),
            pages: Arc::new(PlainPages {
                title: "Commonhost".into(),
            }),
            https_port: 443,
            limits: Limits::default(),
        });
        Ok(Self { app, ingress, router })
    }

    /// Serves on these listeners and keeps the machine as asked. Returns at once; the tasks go on.
    pub fn start(&self, listeners: Listeners) {
        let ingress = &self.ingress;
        if let Some(listener) = listeners.https {
            let ingress = ingress.clone();
            spawn("https", async move { ingress.serve_https(listener).await });
        }
        if let Some(listener) = listeners.http {
            if let Ok(address) = listener.local_addr() {
                self.app.updates.door_is(address);
            }
            let ingress = ingress.clone();
            spawn("http", async move { ingress.serve_http(listener).await });
        }
        if let Some(listener) = listeners.control {
            let router = self.router.clone();
            spawn("control", serve_control(listener, router));
        }
        tokio::spawn(self.app.certificates.clone().run());
        tokio::spawn(Driver::default().run(self.app.clone()));
        tokio::spawn(data::run(self.app.clone()));
        tokio::spawn(housekeeping(self.app.clone()));
        tokio::spawn(peers::run(self.app.clone()));
        tokio::spawn(outside::watch(self.app.clone()));
        tokio::spawn(checks::watch(self.app.clone()));
        tokio::spawn(system::watch(self.app.clone()));
        tokio::spawn(first_start::run(self.app.clone()));
    }
}

fn spawn(what: &'static str, task: impl Future<Output = std::io::Result<()>> + Send + 'static) {
    tokio::spawn(async move {
        if let Err(error) = task.await {
            // Without a listener the board is deaf: systemd starts the supervisor again.
            log::error!("the {what} listener broke: {error}");
            std::process::exit(1);
        }
    });
}

/// Says why the board did not become the one that was fetched.
async fn too_new(app: &App) -> anyhow::Result<()> {
    if let Some(job) = app.store.newest_job(JobKind::RestoreBoard).await? {
        let message = "The backup was made by a newer release of Commonhost. Put the newest release on this card, \
                       then try again.";
        app.end_job(&job, JobState::Failed, message.into()).await?;
    }
    Ok(())
}

/// From what a steward chose to what the certificates are made with.
pub fn acme_settings(choice: AcmeChoice) -> AcmeSettings {
    let some = |text: String| (!text.is_empty()).then_some(text);
    let directory = some(choice.directory).unwrap_or_else(|| LETS_ENCRYPT.to_owned());
    AcmeSettings {
        staging: match choice.staging.as_str() {
            "" => tls::staging_of(&directory),
            "none" => None,
            staging => Some(staging.to_owned()),
        },
        external_account: some(choice.account_key_name).map(|kid| ExternalAccount {
            kid,
            key: choice.account_key,
        }),
        directory,
        root_pem: some(choice.root),
        contact: some(choice.contact),
        enabled: choice.terms_accepted,
    }
}

/// Measures, copies the database once a day, and gives memory back.
async fn housekeeping(app: App) {
    loop {
        tokio::time::sleep(Duration::from_secs(history::EVERY)).await;
        let now = app.now();
        let services: BTreeSet<_> = app.seen.load().states.keys().cloned().collect();
        for service in &services {
            if let Ok(HostReply::Usage(usage)) = app
                .host
                .ask(HostRequest::Usage {
                    service: service.clone(),
                })
                .await
            {
                lock(&app.histories).add(service, usage, now);
            }
        }
        lock(&app.histories).keep(|service| services.contains(service));
        crate::cooperative::tick(&app).await;
        peers::tidy(&app).await;
        if let Err(error) = app.store.copy_daily(now).await {
            log::warn!("the daily copy failed: {}", host::chain(&error));
        }
    }
}

/// The CLI's socket: whoever may open it (root) acts as a steward.
async fn serve_control(listener: UnixListener, router: axum::Router) -> std::io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        if stream.peer_cred()?.uid() != 0 {
            continue;
        }
        let service = router.clone().layer(axum::Extension(Operator));
        tokio::spawn(async move {
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
            if let Err(error) = connection.await {
                log::debug!("a control connection broke: {error}");
            }
        });
    }
}
