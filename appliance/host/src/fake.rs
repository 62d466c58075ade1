// SPDX-License-Identifier: AGPL-3.0-or-later
//! A machine for tests: the real [`Machine`] below a temporary folder, with an init system and mounts that only
//! pretend. A started unit really listens on its Unix socket and answers HTTP.

mod restic;

pub use restic::FakeRestic;

use crate::{
    card::ReleaseSource,
    client::{Host, HostError},
    error::{At, MachineError},
    layout::Layout,
    machine::{EntrySource, Machine},
    render::parse_unit_name,
    systemd::Systemd,
};
use async_trait::async_trait;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    task::AbortHandle,
};
use types::{
    Active, CatalogEntry, Digest, ProcessId, ServiceName, UnitState,
    host::{HostReply, HostRequest},
    manifest::Signal,
};

/// An init system that only pretends.
pub struct FakeSystemd {
    root: PathBuf,
    state: Mutex<BTreeMap<String, Started>>,
    broken: Mutex<BTreeSet<String>>,
    last_pid: AtomicU32,
    /// Units and the signals they were sent.
    pub signals: Mutex<Vec<(String, Signal)>>,
    /// The program that is run for backups.
    pub restic: Mutex<FakeRestic>,
}

struct Started {
    state: UnitState,
    listener: Option<AbortHandle>,
}

impl FakeSystemd {
    /// For a machine below `root`.
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            state: Mutex::default(),
            broken: Mutex::default(),
            last_pid: AtomicU32::new(1000),
            signals: Mutex::default(),
            restic: Mutex::default(),
        }
    }

    /// From now on this unit ends as soon as it starts.
    pub fn break_unit(&self, unit: &str) {
        lock(&self.broken).insert(unit.to_owned());
    }

    /// Heals every broken unit.
    pub fn heal(&self) {
        lock(&self.broken).clear();
    }

    /// A unit's own text, while it has a file.
    fn text(&self, unit: &str) -> Option<String> {
        fs::read_to_string(self.root.join("run/systemd/system").join(unit)).ok()
    }

    fn listen(unit: &str, text: &str) -> Result<AbortHandle, MachineError> {
        let folder = text
            .lines()
            .filter_map(|line| line.strip_prefix("BindPaths="))
            .find_map(|paths| paths.strip_suffix(":/run/service"));
        let socket = PathBuf::from(folder.unwrap_or_default()).join("http.sock");
        let _ = fs::remove_file(&socket);
        let listener = UnixListener::bind(&socket).at("listen at", &socket)?;
        let name = unit.to_owned();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, name.clone()));
            }
        });
        Ok(task.abort_handle())
    }
}

/// Answers every request with 200 and its own head, so that a test sees what reached the service.
async fn answer(stream: UnixStream, unit: String) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = format!("{unit}\n");
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            if line == "\r\n" {
                break;
            }
            head.push_str(&line);
        }
        let reply = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{head}", head.len());
        stream.write_all(reply.as_bytes()).await?;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Systemd for FakeSystemd {
    async fn reload(&self) -> Result<(), MachineError> {
        Ok(())
    }

    async fn restart(&self, unit: &str) -> Result<(), MachineError> {
        // The supervisor is the test itself.
        if unit == "commonhost.service" {
            return Ok(());
        }
        self.stop(unit).await?;
        let text = self
            .text(unit)
            .ok_or_else(|| MachineError::Refused(format!("{unit} has no file")))?;
        if lock(&self.broken).contains(unit) {
            let state = UnitState {
                active: Active::Activating,
                result: "exit-code".into(),
                exit_status: 1,
                restarts: 3,
                ..UnitState::default()
            };
            lock(&self.state).insert(
                unit.to_owned(),
                Started {
                    state,
                    listener: None,
                },
            );
            return Ok(());
        }
        let pid = self.last_pid.fetch_add(1, Ordering::Relaxed) + 1;
        let folder = self.root.join("proc").join(pid.to_string());
        fs::create_dir_all(&folder).at("create", &folder)?;
        let variable = text
            .lines()
            .find_map(|line| line.strip_prefix("Environment=COMMONHOST_RENDERED="));
        let environment = format!("COMMONHOST_RENDERED={}\0", variable.unwrap_or_default());
        fs::write(folder.join("environ"), environment).at("write", &folder)?;
        let listener = Some(Self::listen(unit, &text)?);
        let state = UnitState {
            active: Active::Active,
            result: "success".into(),
            main_pid: pid,
            ..UnitState::default()
        };
        lock(&self.state).insert(unit.to_owned(), Started { state, listener });
        Ok(())
    }

    async fn stop(&self, unit: &str) -> Result<(), MachineError> {
        if let Some(listener) = lock(&self.state)
            .remove(unit)
            .and_then(|started| started.listener)
        {
            listener.abort();
        }
        Ok(())
    }

    async fn signal(&self, unit: &str, signal: Signal) -> Result<(), MachineError> {
        lock(&self.signals).push((unit.to_owned(), signal));
        Ok(())
    }

    async fn run(&self, unit: &str) -> Result<(), MachineError> {
        self.text(unit)
            .map(|_| ())
            .ok_or_else(|| MachineError::Refused(format!("{unit} has no file")))
    }

    async fn begin(&self, unit: &str) -> Result<(), MachineError> {
        let text = self
            .text(unit)
            .ok_or_else(|| MachineError::Refused(format!("{unit} has no file")))?;
        let archive = text.lines().find_map(|line| {
            let (_, rest) = line
                .strip_prefix("ExecStart=/usr/bin/tar")?
                .split_once("--file=")?;
            rest.split(' ').next()
        });
        if let Some(archive) = archive {
            fs::write(archive, b"packed").at("write", archive)?;
        }
        let (status, out) = if text.contains("ExecStart=/usr/bin/restic") {
            lock(&self.restic).run(&text)
        } else {
            (0, String::new())
        };
        let listener = text
            .contains("\nType=exec\n")
            .then(|| Self::listen(unit, &text))
            .transpose()?;
        let output = text
            .lines()
            .find_map(|line| line.strip_prefix("StandardOutput=truncate:"));
        if let Some(path) = output {
            fs::write(path, out).at("write", path)?;
        }
        let state = UnitState {
            active: if status == 0 {
                Active::Active
            } else {
                Active::Failed
            },
            exit_status: status,
            ..UnitState::default()
        };
        lock(&self.state).insert(unit.to_owned(), Started { state, listener });
        Ok(())
    }

    async fn ended(&self, unit: &str) -> Result<(Active, i32), MachineError> {
        let state = lock(&self.state);
        let known = state.get(unit).map(|started| &started.state);
        Ok(known.map_or((Active::Inactive, 0), |state| (state.active, state.exit_status)))
    }

    async fn services(&self) -> Result<BTreeMap<(ServiceName, ProcessId), UnitState>, MachineError> {
        // What waits for an automatic restart is started again once it is no longer broken.
        let waiting: Vec<String> = {
            let (state, broken) = (lock(&self.state), lock(&self.broken));
            let waits =
                |(unit, started): &(&String, &Started)| started.listener.is_none() && !broken.contains(*unit);
            state
                .iter()
                .filter(|(unit, _)| parse_unit_name(unit).is_some())
                .filter(waits)
                .map(|(unit, _)| unit.clone())
                .collect()
        };
        for unit in waiting {
            self.restart(&unit).await?;
        }
        let state = lock(&self.state);
        let named =
            |(unit, started): (&String, &Started)| Some((parse_unit_name(unit)?, started.state.clone()));
        Ok(state.iter().filter_map(named).collect())
    }

    async fn reboot(&self) -> Result<(), MachineError> {
        Ok(())
    }

    async fn set_host_name(&self, _name: &str) -> Result<(), MachineError> {
        Ok(())
    }
}

/// A host process for tests.
pub struct FakeHost {
    machine: Machine,
    /// Its init system, to break units and to look into.
    pub systemd: Arc<FakeSystemd>,
    catalogs: Arc<dyn EntrySource>,
    mounted: Mutex<BTreeSet<Digest>>,
    damaged: Mutex<BTreeSet<ServiceName>>,
}

struct Shared(Arc<dyn EntrySource>);

impl EntrySource for Shared {
    fn entry(&self, service: &ServiceName, entry: &Digest) -> Option<CatalogEntry> {
        self.0.entry(service, entry)
    }
}

impl FakeHost {
    /// A host below `root`, with these catalogs and releases.
    pub fn new(root: &Path, catalogs: Arc<dyn EntrySource>, releases: Box<dyn ReleaseSource>) -> Self {
        let systemd = Arc::new(FakeSystemd::new(root));
        let group = nix::unistd::getgid().as_raw();
        let source = Box::new(Shared(Arc::clone(&catalogs)));
        let _ = fs::create_dir_all(root.join("boot"));
        Self {
            machine: Machine::new(Layout::new(root), systemd.clone(), source, releases, group),
            systemd,
            catalogs,
            mounted: Mutex::default(),
            damaged: Mutex::default(),
        }
    }

    /// From now on the bundle of this service counts as damaged.
    pub fn damage(&self, service: &ServiceName) {
        lock(&self.damaged).insert(service.clone());
    }

    fn mount(&self, service: &ServiceName, digest: &Digest) -> Result<HostReply, MachineError> {
        let unknown = || MachineError::UnknownEntry {
            service: service.clone(),
            entry: digest.clone(),
        };
        let entry = self.catalogs.entry(service, digest).ok_or_else(unknown)?;
        for bundle in entry.bundles {
            if lock(&self.damaged).contains(service) {
                let found = Digest::from_bytes(&[0; 32]);
                return Err(MachineError::BundleDamaged {
                    service: service.clone(),
                    bundle: bundle.digest,
                    found,
                });
            }
            lock(&self.mounted).insert(bundle.digest);
        }
        Ok(HostReply::Done)
    }
}

#[async_trait]
impl Host for FakeHost {
    async fn ask(&self, request: HostRequest) -> Result<HostReply, HostError> {
        let reply = match request {
            HostRequest::MountBundles { service, entry } => {
                self.mount(&service, &entry).unwrap_or_else(|error| error.reply())
            }
            HostRequest::UnmountUnused | HostRequest::OpenDisk { .. } => HostReply::Done,
            HostRequest::Observe => match self.machine.handle(HostRequest::Observe).await {
                HostReply::Observed(mut observed) => {
                    observed.mounted.clone_from(&lock(&self.mounted));
                    HostReply::Observed(observed)
                }
                other => other,
            },
            HostRequest::Start { service } => {
                // systemd makes the state folder at the first start.
                let started = self
                    .machine
                    .handle(HostRequest::Start {
                        service: service.clone(),
                    })
                    .await;
                let _ = fs::create_dir_all(self.systemd.root.join("data/services").join(service.as_str()));
                started
            }
            HostRequest::Journal { .. } => HostReply::Journal { lines: Vec::new() },
            request => self.machine.handle(request).await,
        };
        match reply {
            HostReply::Refused { code, message } => Err(HostError::Refused { code, message }),
            reply => Ok(reply),
        }
    }
}
