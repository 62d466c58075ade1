// SPDX-License-Identifier: AGPL-3.0-or-later
//! A board: start it, kill it, start it again over the same folder and the same machine.

use crate::{
    catalog,
    client::{self, Ask, Door},
    lan::TestLan,
    machine::TestHost,
    person::{PASSWORD, Person},
};
use host::{FakeHost, Host, sensors::Readings};
use http::Method;
use reach::outside::{self, Port};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use supervisor::{
    App,
    catalogs::{Catalogs, Loaded},
    cooperative::hosters::Reply,
    daemon::{Listeners, Options, Supervisor},
    outside::Questions,
    system::{Pace, Trust},
};
use tempfile::TempDir;
use tokio::{
    net::{TcpListener, UnixListener},
    runtime::{Builder, Handle, Runtime},
    time::sleep,
};
use types::{
    Catalog, Observed, Timestamp,
    host::{HostReply, HostRequest},
};

/// What the boards of these tests are called.
pub const BOARD: &str = "oak";

/// What must have happened after this long did not happen.
const PATIENCE: Duration = Duration::from_mins(1);

/// The command line, which cargo builds for this package: beside the folder of its test programs.
fn command() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    tests.ancestors().nth(2).unwrap().join("api-tests-commonhost")
}

/// What a board starts with.
pub struct Scene {
    folder: TempDir,
    now: Timestamp,
    catalogs: Option<Arc<Catalogs>>,
    questions: Questions,
    pace: Pace,
}

/// A board that runs.
pub struct Board {
    folder: TempDir,
    /// The machine below it.
    pub host: Arc<TestHost>,
    /// Its catalogs.
    pub catalogs: Arc<Catalogs>,
    clock: Arc<AtomicI64>,
    sensors: Arc<Mutex<Readings>>,
    internet: Internet,
    questions: Questions,
    pace: Pace,
    /// The local network, as this board sees it.
    pub lan: Arc<TestLan>,
    running: Mutex<Option<Running>>,
}

/// What other hosters answer, by address; everything else is 404.
type Internet = Arc<Mutex<BTreeMap<String, Reply>>>;

struct Running {
    runtime: Runtime,
    app: App,
    door: Door,
}

impl Scene {
    /// Nothing but a folder.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("boot")).unwrap();
        // Certificates are checked by the clock of this machine, so a board has its time, unless that is implausible.
        let now = Timestamp(host::clock::now().0.max(1_793_500_000));
        Self {
            folder,
            now,
            catalogs: None,
            questions: Questions::default(),
            pace: Pace::default(),
        }
    }

    /// The board's time.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// With another time.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    /// The root of the board's files.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Allowed to ask these about the way from outside; else nobody.
    #[must_use]
    pub fn asking(mut self, questions: Questions) -> Self {
        self.questions = questions;
        self
    }

    /// With updates at this pace.
    #[must_use]
    pub fn at_pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// With a file, by its path below the root.
    #[must_use]
    pub fn with_file(self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        self
    }

    /// With catalogs that count as verified.
    #[must_use]
    pub fn with_catalogs(mut self, catalogs: Vec<Catalog>) -> Self {
        self.catalogs = Some(Arc::new(Catalogs::fixed(Loaded::danger_unsigned(catalogs))));
        self
    }

    /// With the catalogs in its own folders, which must be signed.
    #[must_use]
    pub fn with_signed_catalogs(mut self) -> Self {
        let layout = host::Layout::new(self.root());
        self.catalogs = Some(Arc::new(Catalogs::load(&layout)));
        self
    }

    /// Starts it.
    pub async fn start(self) -> Board {
        let scene = if self.catalogs.is_some() {
            self
        } else {
            let catalogs = vec![catalog(self.now)];
            self.with_catalogs(catalogs)
        };
        let catalogs = scene.catalogs.clone().unwrap();
        let releases = Trust::load(&host::Layout::new(scene.root()));
        let fake = FakeHost::new(scene.root(), catalogs.clone(), Box::new(releases));
        let readings = Readings {
            cpu: Some(0.25),
            cores: 4,
            memory_total: 1 << 30,
            memory_available: 1 << 29,
            disk_total: Some(32 << 30),
            disk_available: Some(16 << 30),
            temperature: Some(48.5),
            uptime: 60,
            ..Readings::default()
        };
        let board = Board {
            host: Arc::new(TestHost::new(fake, Handle::current())),
            catalogs,
            clock: Arc::new(AtomicI64::new(scene.now.0)),
            sensors: Arc::new(Mutex::new(readings)),
            internet: Internet::default(),
            questions: scene.questions,
            pace: scene.pace,
            lan: Arc::default(),
            running: Mutex::new(None),
            folder: scene.folder,
        };
        board.start_again().await;
        board
    }
}

impl Default for Scene {
    fn default() -> Self {
        Self::new()
    }
}

impl Board {
    /// A board as it comes out of its box, with the small catalog.
    pub async fn start() -> Self {
        Scene::new().start().await
    }

    /// A board with its first steward, ada.
    pub async fn claimed() -> (Self, Person) {
        let board = Self::start().await;
        let ada = board.claim().await;
        (board, ada)
    }

    /// Starts the supervisor; returns when it has looked at its machine once.
    pub async fn start_again(&self) {
        assert!(self.running.lock().unwrap().is_none(), "it runs already");
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let options = self.options();
        let control = self.control_socket();
        std::fs::create_dir_all(control.parent().unwrap()).unwrap();
        let _ = std::fs::remove_file(&control);
        let started = runtime.spawn(async move {
            let supervisor = Supervisor::prepare(options).await.unwrap();
            let http = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let https = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let door = Door {
                http: http.local_addr().unwrap(),
                https: https.local_addr().unwrap(),
                ca: supervisor.app.certificates.ca_pem(),
            };
            supervisor.start(Listeners {
                http: Some(http),
                https: Some(https),
                control: Some(UnixListener::bind(control).unwrap()),
            });
            (supervisor.app, door)
        });
        let (app, door) = started.await.unwrap();
        *self.running.lock().unwrap() = Some(Running { runtime, app, door });
        self.until("the front door has its names", async || {
            !self.app().seen.load().addresses.board.is_empty()
        })
        .await;
    }

    fn options(&self) -> Options {
        let (clock, sensors) = (Arc::clone(&self.clock), Arc::clone(&self.sensors));
        let (internet, doors) = (Arc::clone(&self.internet), Arc::clone(&self.internet));
        Options {
            data: self.root().join("data/commonhost"),
            sockets: self.root().join("run/commonhost/sockets"),
            directory: self.root().join("run/commonhost/ldap"),
            peer_sockets: self.root().join("run/commonhost/peers"),
            host: self.host.clone(),
            catalogs: Arc::clone(&self.catalogs),
            command: command(),
            clock: Arc::new(move || Timestamp(clock.load(Ordering::Relaxed))),
            sensors: Arc::new(move || sensors.lock().unwrap().clone()),
            announce: Box::new(|_| {}),
            knock: Arc::new(move |name, door| {
                let prefix = match door {
                    outside::Door::Http => format!("http://{name}/"),
                    outside::Door::Https => format!("https://{name}/"),
                };
                let known = doors.lock().unwrap();
                let found = match known.iter().find(|(url, _)| url.starts_with(&prefix)) {
                    Some((_, Reply::Status(_))) => Port::SomebodyElse,
                    Some(_) => Port::Open,
                    None => Port::Closed,
                };
                Box::pin(async move { Some(found) })
            }),
            fetch: Arc::new(move |url| {
                let known = internet.lock().unwrap().get(&url).cloned();
                Box::pin(async move { Ok(known.unwrap_or(Reply::Status(404))) })
            }),
            questions: self.questions.clone(),
            lan: self.lan.clone(),
            releases: Trust::load(&host::Layout::new(self.root())),
            pace: self.pace,
        }
    }

    /// Kills the supervisor as `kill -9` does: nothing is finished, nothing is said. The machine goes on.
    pub async fn kill(&self) {
        let running = self.running.lock().unwrap().take().expect("it runs");
        let runtime = running.runtime;
        drop((running.app, running.door));
        tokio::task::spawn_blocking(move || runtime.shutdown_timeout(PATIENCE))
            .await
            .unwrap();
    }

    /// The root of its files.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// The socket of the command line.
    pub fn control_socket(&self) -> PathBuf {
        self.root().join("run/commonhost/control.sock")
    }

    /// The supervisor's insides: to look, and to hurry it.
    pub fn app(&self) -> App {
        self.running
            .lock()
            .unwrap()
            .as_ref()
            .expect("it runs")
            .app
            .clone()
    }

    fn door(&self) -> Door {
        self.running
            .lock()
            .unwrap()
            .as_ref()
            .expect("it runs")
            .door
            .clone()
    }

    /// Its address over plain HTTP.
    pub fn url(&self) -> String {
        format!("http://{}", self.door().http)
    }

    /// Its address over TLS.
    pub fn secure_url(&self) -> String {
        format!("https://{}", self.door().https)
    }

    /// A host name with the port of plain HTTP.
    pub fn at(&self, host: &str) -> String {
        format!("{host}:{}", self.door().http.port())
    }

    /// A host name with the port of TLS.
    pub fn securely_at(&self, host: &str) -> String {
        format!("{host}:{}", self.door().https.port())
    }

    /// Its authority's certificate.
    pub fn ca(&self) -> String {
        self.door().ca
    }

    /// Its time.
    pub fn now(&self) -> Timestamp {
        Timestamp(self.clock.load(Ordering::Relaxed))
    }

    /// Lets time pass.
    pub fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Sets what the sensors say.
    pub fn feel(&self, change: impl FnOnce(&mut Readings)) {
        change(&mut self.sensors.lock().unwrap());
    }

    /// Puts a file of another hoster on the internet.
    pub fn elsewhere(&self, url: &str, reply: Reply) {
        self.internet.lock().unwrap().insert(url.to_owned(), reply);
    }

    /// What is on the machine.
    pub async fn observe(&self) -> Observed {
        match self.host.fake.ask(HostRequest::Observe).await.unwrap() {
            HostReply::Observed(observed) => observed,
            other => panic!("{other:?}"),
        }
    }

    /// A request.
    pub fn ask(&self, method: Method, path: &str) -> Ask {
        Ask::new(self.door(), method, path)
    }

    /// GET.
    pub fn get(&self, path: &str) -> Ask {
        self.ask(Method::GET, path)
    }

    /// POST with JSON.
    pub fn post(&self, path: &str, body: &Value) -> Ask {
        self.ask(Method::POST, path).json(body)
    }

    /// Sends bytes as they are.
    pub async fn raw(&self, bytes: &[u8]) -> String {
        client::raw(&self.door(), bytes).await
    }

    /// Waits until `holds` says yes.
    pub async fn until(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let waiting = async {
            while !holds().await {
                sleep(Duration::from_millis(5)).await;
            }
        };
        let came = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(came.is_ok(), "in vain: until {what}");
    }

    /// The code on the boot partition, once it is there.
    pub async fn claim_code(&self) -> String {
        let file = self.root().join("boot/CLAIM-CODE.TXT");
        self.until("the claim code is shown", async || file.exists())
            .await;
        let text = std::fs::read_to_string(file).unwrap();
        let code = text.lines().find_map(|line| line.trim().strip_prefix("Code"));
        code.unwrap().trim().to_owned()
    }

    /// A claim that is all right, with this code.
    pub fn good_claim(code: &str) -> Value {
        let member = json!({ "name": "ada", "display_name": "Ada", "password": PASSWORD });
        json!({ "code": code, "board_name": BOARD, "member": member })
    }

    /// Claims it for ada and waits until it goes by its name.
    pub async fn claim(&self) -> Person {
        let claim = Self::good_claim(&self.claim_code().await);
        let answer = self.post("/api/v1/claim", &claim).await.expect(200).json();
        let text = |key: &str| answer[key].as_str().unwrap().to_owned();
        let name = format!("{BOARD}.local");
        self.until("the board goes by its name", async || {
            self.app().seen.load().addresses.board.contains(&name)
        })
        .await;
        Person {
            name: "ada".into(),
            session: text("session"),
            token: text("token"),
        }
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        if let Ok(mut running) = self.running.lock()
            && let Some(running) = running.take()
        {
            running.runtime.shutdown_background();
        }
    }
}
