// SPDX-License-Identifier: AGPL-3.0-or-later
//! Carries out host requests, as root.

use crate::{
    adopt,
    atomic::{sync_folder, write_atomic},
    card::{self, Found, ReleaseSource, Writing},
    certificate, console, data,
    error::{At, MachineError},
    journal,
    layout::Layout,
    mount, network, pack, provision,
    render::{HOSTS, render_files, render_hosts, render_units, rendering_digest, unit_name, version_digest},
    reset, restic, setup,
    systemd::Systemd,
    trial, usage,
};
use nix::unistd::{Gid, chown};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::ErrorKind,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::Arc,
};
use tokio::sync::Mutex;
use types::{
    Active, CatalogEntry, Digest, Manifest, Observed, ProcessId, ServiceName, Timestamp,
    backup::{Run, Subject},
    data::{Act, DataMark, WorkState},
    host::{ArchiveInfo, HostReply, HostRequest, RenderInput},
};

/// The unit of the supervisor.
const SUPERVISOR: &str = "commonhost.service";

/// Where the machine finds manifests: in catalogs whose signature it has checked itself.
pub trait EntrySource: Send + Sync {
    /// The entry of a service with this digest, from a catalog that verifies.
    fn entry(&self, service: &ServiceName, entry: &Digest) -> Option<CatalogEntry>;
}

/// A catalog entry with its manifest parsed.
pub(crate) struct Entry {
    pub(crate) catalog: CatalogEntry,
    pub(crate) manifest: Manifest,
}

/// The machine: a root path, an init system, and signed catalogs.
pub struct Machine {
    layout: Layout,
    systemd: Arc<dyn Systemd>,
    catalogs: Box<dyn EntrySource>,
    /// Group of the supervisor: services' sockets belong to it.
    group: u32,
    /// One change at a time.
    changing: Mutex<()>,
    /// What takes long.
    works: data::Works,
    releases: Box<dyn ReleaseSource>,
    writing: Writing,
}

impl Machine {
    /// A machine below `layout`; `group` is the supervisor's group id.
    pub fn new(
        layout: Layout,
        systemd: Arc<dyn Systemd>,
        catalogs: Box<dyn EntrySource>,
        releases: Box<dyn ReleaseSource>,
        group: u32,
    ) -> Self {
        Self {
            layout,
            systemd,
            catalogs,
            group,
            changing: Mutex::new(()),
            works: data::Works::default(),
            releases,
            writing: Writing::default(),
        }
    }

    /// Carries out one request.
    pub async fn handle(&self, request: HostRequest) -> HostReply {
        self.carry_out(request)
            .await
            .unwrap_or_else(|error| error.reply())
    }

    async fn carry_out(&self, request: HostRequest) -> Result<HostReply, MachineError> {
        // Reading waits for nobody.
        match request {
            HostRequest::Observe => return self.observe().await.map(HostReply::Observed),
            HostRequest::Archives => return self.archives().map(|archives| HostReply::Archives { archives }),
            HostRequest::Journal {
                service,
                lines,
                after,
            } => {
                let processes = self.processes(&service);
                let lines = journal::read(&service, &processes, lines, after.as_deref()).await?;
                return Ok(HostReply::Journal { lines });
            }
            HostRequest::Work { work } => {
                let state = match self.works.state(&work) {
                    WorkState::Unknown => restic::state(&self.layout, &*self.systemd, &work).await?,
                    known => known,
                };
                return Ok(HostReply::Work(state));
            }
            HostRequest::BackupSetup => return Ok(HostReply::BackupSetup(restic::setup(&self.layout))),
            HostRequest::BackupKey => {
                let key = restic::key(&self.layout)?;
                return Ok(HostReply::BackupKey { key });
            }
            HostRequest::Snapshots => {
                return data::snapshots(&self.layout).map(|snapshots| HostReply::Snapshots { snapshots });
            }
            HostRequest::System => {
                let facts = card::find(&self.layout).map(|found| self.writing.tell(found.facts()));
                let system = facts.map(Box::new);
                return Ok(HostReply::System { system });
            }
            HostRequest::Usage { service } => {
                return Ok(HostReply::Usage(usage::usage(
                    &self.layout,
                    &service,
                    &self.processes(&service),
                )));
            }
            _ => {}
        }
        let _one_at_a_time = self.changing.lock().await;
        match request {
            HostRequest::MountBundles { service, entry } => self.mount(&service, &entry)?,
            HostRequest::UnmountUnused => self.unmount_unused()?,
            HostRequest::Render(input) => self.render(&input).await?,
            HostRequest::Certificate { service, certificate } => {
                let input = self.rendered_input(&service)?;
                let entry = self.entry(&service, &input.entry)?;
                certificate::hand(&self.layout, &*self.systemd, &entry, &certificate).await?;
            }
            HostRequest::Start { service } => self.start(&service).await?,
            HostRequest::Stop { service } => self.stop(&service).await?,
            HostRequest::Remove { service } => self.remove(&service).await?,
            HostRequest::Archive { service, at } => {
                return self
                    .archive(&service, at)
                    .map(|archive| HostReply::Archived { archive });
            }
            HostRequest::Purge { archive } => self.purge(&archive)?,
            HostRequest::Begin {
                work,
                act: Act::Restic { repository, run },
            } => {
                let input = match &run {
                    Run::Backup {
                        subject: Subject::Service(service),
                        ..
                    } => Some(self.rendered_input(service)?),
                    _ => None,
                };
                restic::begin(&self.layout, &*self.systemd, &work, &repository, run, input).await?;
            }
            HostRequest::Begin {
                work,
                act:
                    Act::Try {
                        service,
                        restored,
                        trial,
                    },
            } => {
                let input = self.rendered_input(&service)?;
                let entry = self.entry(&service, &input.entry)?;
                let (layout, what) = (&self.layout, (&restored, trial));
                trial::begin(layout, &*self.systemd, &work, &entry, &input, what, self.group).await?;
            }
            HostRequest::Begin {
                work,
                act: Act::Pack { service, from },
            } => pack::begin(&self.layout, &*self.systemd, &work, &service, &from).await?,
            HostRequest::HandOver { work, name } => pack::hand_over(&self.layout, &work, &name)?,
            HostRequest::EndWork { work, keep } => {
                restic::end(&self.layout, &*self.systemd, &work, keep).await?;
            }
            HostRequest::SetBackupKey { key } => restic::set_key(&self.layout, &key)?,
            HostRequest::ForgetBackupKey => restic::forget_key(&self.layout)?,
            HostRequest::AdoptBoard { work, repository } => {
                adopt::stage(&self.layout, &work, &repository)?;
                self.systemd.restart(SUPERVISOR).await?;
            }
            HostRequest::SetRepository {
                repository,
                credentials,
            } => restic::set_repository(&self.layout, repository, credentials)?,
            HostRequest::RemoveRepository { repository } => {
                restic::remove_repository(&self.layout, &repository)?;
            }
            HostRequest::Begin { work, act } => self.works.begin(work, &self.layout, act)?,
            HostRequest::TakeOver { service, work, at } => {
                self.must_be_stopped(&service).await?;
                data::take_over(&self.layout, &service, &work, at)?;
            }
            HostRequest::DropSnapshot { snapshot } => data::drop_snapshot(&self.layout, &snapshot)?,
            HostRequest::Provision {
                service,
                member,
                display_name,
                password,
            } => {
                let input = self.rendered_input(&service)?;
                let entry = self.entry(&service, &input.entry)?;
                let password = password.as_deref();
                provision::provision(
                    &self.layout,
                    &*self.systemd,
                    &entry,
                    &input,
                    &member,
                    &display_name,
                    password,
                )
                .await?;
            }
            HostRequest::ClaimCode { code, board } => {
                console::keep_code(&self.layout, &board, code.as_ref())?;
            }
            HostRequest::HostName { board } => self.systemd.set_host_name(board.as_str()).await?,
            HostRequest::Setup => {
                return setup::read(&self.layout).map(|setup| HostReply::Setup(Box::new(setup)));
            }
            HostRequest::SetupStored => setup::consume(&self.layout)?,
            HostRequest::ResetAsked => {
                let asked = reset::asked(&self.layout)?;
                return Ok(HostReply::ResetAsked { asked });
            }
            HostRequest::ResetStored => reset::take(&self.layout)?,
            HostRequest::Network(network) => network::join(&self.layout, &*self.systemd, &network).await?,
            HostRequest::Screen(screen) => console::show(&self.layout, &screen)?,
            // One that is being written already is no refusal.
            HostRequest::Stage { version } if self.writing.is(&version) => {}
            HostRequest::Stage { version } => {
                let found = self.card()?;
                let release = self.releases.release(&version, found.kind());
                let release = release.ok_or_else(|| {
                    MachineError::Refused(format!("no signed release {version} for this board is known"))
                })?;
                self.writing.begin(found, release)?;
            }
            HostRequest::OpenDisk { disk } => restic::open_disk(&self.layout, &disk)?,
            HostRequest::Arm => self.card()?.arm()?,
            HostRequest::Healthy => {
                self.card()?.healthy()?;
                remove_file(&self.layout.trial_mark())?;
            }
            HostRequest::Unhealthy { detail } => self.card()?.unhealthy(&detail)?,
            HostRequest::Reboot => {
                self.writing.must_rest()?;
                self.systemd.reboot().await?;
            }
            HostRequest::Observe
            | HostRequest::Archives
            | HostRequest::Journal { .. }
            | HostRequest::BackupSetup
            | HostRequest::BackupKey
            | HostRequest::Snapshots
            | HostRequest::Work { .. }
            | HostRequest::System
            | HostRequest::Usage { .. } => {}
        }
        Ok(HostReply::Done)
    }

    /// The card, while nothing is written to it.
    fn card(&self) -> Result<Found, MachineError> {
        self.writing.must_rest()?;
        card::find(&self.layout).ok_or_else(|| {
            MachineError::Refused(
                "this board does not run from a card with two systems: update the machine it runs on".into(),
            )
        })
    }

    fn entry(&self, service: &ServiceName, digest: &Digest) -> Result<Entry, MachineError> {
        let unknown = || MachineError::UnknownEntry {
            service: service.clone(),
            entry: digest.clone(),
        };
        let catalog = self.catalogs.entry(service, digest).ok_or_else(unknown)?;
        let manifest = catalog.manifest().map_err(|source| MachineError::Manifest {
            service: service.clone(),
            source,
        })?;
        Ok(Entry { catalog, manifest })
    }

    fn mount(&self, service: &ServiceName, entry: &Digest) -> Result<(), MachineError> {
        let entry = self.entry(service, entry)?;
        entry
            .catalog
            .bundles
            .iter()
            .try_for_each(|bundle| mount::mount_bundle(&self.layout, service, bundle))
    }

    fn unmount_unused(&self) -> Result<(), MachineError> {
        let mut used = BTreeSet::new();
        for service in self.rendered()?.into_keys() {
            let input = self.rendered_input(&service)?;
            let bundles = self.entry(&service, &input.entry)?.catalog.bundles;
            used.extend(bundles.into_iter().map(|bundle| bundle.digest));
        }
        mount::unmount_unused(&self.layout, &used)
    }

    /// Writes folders, files and units, the main unit last: a rendering is current only when all of it is there.
    async fn render(&self, input: &RenderInput) -> Result<(), MachineError> {
        let entry = self.entry(&input.service, &input.entry)?;
        let complete = types::settings::complete(&entry.manifest.settings, &input.settings);
        if complete.as_ref() != Ok(&input.settings) {
            return Err(MachineError::Refused(format!(
                "the settings of {} do not fit its manifest",
                input.service
            )));
        }
        let files = render_files(&entry.manifest, &entry.catalog, input)?;
        let units = render_units(&entry.manifest, &entry.catalog, input, &self.layout);

        // The service, as nobody in particular, makes its socket there; the supervisor's group only goes through.
        self.shared_folder(&self.layout.sockets(&input.service), 0o2757)?;
        if entry.manifest.asks_directory() {
            // The supervisor puts its socket there; the service may only connect.
            self.shared_folder(&self.layout.directory(&input.service), 0o2775)?;
        }
        if entry.manifest.certificate.is_some() {
            certificate::prepare(&self.layout, &input.service)?;
        }
        let folder = self.layout.files(&input.service);
        fs::create_dir_all(&folder).at("create", &folder)?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).at("set the mode of", &folder)?;
        for (name, text) in &files {
            write_atomic(&folder.join(name), text.as_bytes(), 0o600)?;
        }
        if let Some(hosts) = render_hosts(input) {
            write_atomic(&folder.join(HOSTS), hosts.as_bytes(), 0o644)?;
        }
        let json = serde_json::to_vec(input).map_err(|error| MachineError::Refused(error.to_string()))?;
        write_atomic(&folder.join(INPUT), &json, 0o600)?;
        let units_folder = self.layout.units();
        fs::create_dir_all(&units_folder).at("create", &units_folder)?;
        let main = unit_name(&input.service, &main_process());
        for (unit, text) in units.iter().filter(|(unit, _)| **unit != main) {
            write_atomic(&units_folder.join(unit), text.as_bytes(), 0o644)?;
        }
        let text = units.get(&main).map_or("", String::as_str);
        write_atomic(&units_folder.join(&main), text.as_bytes(), 0o644)?;
        self.systemd.reload().await
    }

    /// A folder that the supervisor's group shares.
    fn shared_folder(&self, folder: &Path, mode: u32) -> Result<(), MachineError> {
        fs::create_dir_all(folder).at("create", folder)?;
        chown(folder, None, Some(Gid::from_raw(self.group))).at("change the group of", folder)?;
        fs::set_permissions(folder, fs::Permissions::from_mode(mode)).at("set the mode of", folder)
    }

    async fn start(&self, service: &ServiceName) -> Result<(), MachineError> {
        let units = self.units(service)?;
        if units.is_empty() {
            return Err(MachineError::Refused(format!(
                "{service} has no units; render them first"
            )));
        }
        let input = self.rendered_input(service)?;
        let mark = DataMark {
            version: version_digest(&input.entry, &input.settings),
            entry: input.entry,
        };
        data::write_mark(&self.layout, service, &mark)?;
        for unit in units {
            self.systemd.restart(&unit).await?;
        }
        Ok(())
    }

    /// Refuses while a process of the service runs.
    async fn must_be_stopped(&self, service: &ServiceName) -> Result<(), MachineError> {
        let units = self.systemd.services().await?;
        let runs = units.iter().any(|((owner, _), unit)| {
            owner == service && !matches!(unit.active, Active::Inactive | Active::Failed)
        });
        if runs {
            return Err(MachineError::Refused(format!(
                "{service} still runs; stop it first"
            )));
        }
        Ok(())
    }

    async fn stop(&self, service: &ServiceName) -> Result<(), MachineError> {
        for unit in self.units(service)? {
            self.systemd.stop(&unit).await?;
        }
        Ok(())
    }

    async fn remove(&self, service: &ServiceName) -> Result<(), MachineError> {
        self.stop(service).await?;
        // The main unit goes last, as it came last: half a removal is seen and done again.
        let main = unit_name(service, &main_process());
        let mut units = self.units(service)?;
        units.sort_by_key(|unit| *unit == main);
        for folder in [
            self.layout.files(service),
            self.layout.sockets(service),
            self.layout.directory(service),
            self.layout.certificate(service),
        ] {
            remove_folder(&folder)?;
        }
        for unit in units {
            let path = self.layout.units().join(unit);
            fs::remove_file(&path).at("remove", path)?;
        }
        self.systemd.reload().await
    }

    fn archive(&self, service: &ServiceName, at: Timestamp) -> Result<Option<String>, MachineError> {
        if !self.units(service)?.is_empty() {
            return Err(MachineError::Refused(format!(
                "{service} still has units; remove them first"
            )));
        }
        let data = self.layout.data(service);
        if !data.is_dir() {
            return Ok(None);
        }
        let archives = self.layout.archives();
        fs::create_dir_all(&archives).at("create", &archives)?;
        let name = (at.0..=i64::MAX)
            .map(|second| format!("{service}-{second}"))
            .find(|name| !archives.join(name).exists())
            .unwrap_or_default();
        let target = archives.join(&name);
        fs::rename(&data, &target).at("move to the archive", &data)?;
        data::forget_mark(&self.layout, service);
        sync_folder(&archives)?;
        // DynamicUser= leaves a link beside its private folder; a dangling one would confuse the next start.
        let link = self.layout.root().join("var/lib").join(service.as_str());
        if link.is_symlink() {
            fs::remove_file(&link).at("remove", link)?;
        }
        Ok(Some(name))
    }

    fn archives(&self) -> Result<Vec<ArchiveInfo>, MachineError> {
        let folder = self.layout.archives();
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).at("list", folder),
        };
        let mut archives: Vec<ArchiveInfo> = entries
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let (service, at) = parse_archive(&name)?;
                Some(ArchiveInfo {
                    service,
                    at,
                    bytes: usage::disk_bytes(&entry.path()),
                    name,
                })
            })
            .collect();
        archives.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.name.cmp(&b.name)));
        Ok(archives)
    }

    fn purge(&self, archive: &str) -> Result<(), MachineError> {
        if parse_archive(archive).is_none() {
            return Err(MachineError::Refused(format!(
                "\"{archive}\" is not the name of an archive"
            )));
        }
        let folder = self.layout.archives().join(archive);
        if !folder.is_dir() {
            return Err(MachineError::Refused(format!("there is no archive {archive}")));
        }
        // Renamed first: half a purge is not mistaken for an archive.
        let doomed = self.layout.archives().join(format!(".{archive}.purged"));
        fs::rename(&folder, &doomed).at("remove", &folder)?;
        remove_folder(&doomed)
    }

    async fn observe(&self) -> Result<Observed, MachineError> {
        let mut observed = Observed {
            mounted: mount::mounted(&self.layout)?,
            ..Observed::default()
        };
        for (service, rendered) in self.rendered()? {
            let certificate = certificate::handed(&self.layout, &service);
            let seen = observed.services.entry(service).or_default();
            (seen.rendered, seen.certificate) = (Some(rendered), certificate);
        }
        for ((service, process), mut state) in self.systemd.services().await? {
            state.started_from = started_from(&self.layout, state.main_pid);
            observed
                .services
                .entry(service)
                .or_default()
                .units
                .insert(process, state);
        }
        let data = self.layout.root().join("data/services");
        for entry in fs::read_dir(&data).into_iter().flatten().flatten() {
            if let Some(service) = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse::<ServiceName>().ok())
            {
                let seen = observed.services.entry(service.clone()).or_default();
                seen.data = true;
                seen.data_from = data::read_mark(&self.layout, &service);
                seen.snapshot_before = data::newest(&self.layout, &service).and_then(|newest| newest.before);
            }
        }
        Ok(observed)
    }

    /// What each service's main unit was rendered from.
    fn rendered(&self) -> Result<BTreeMap<ServiceName, Digest>, MachineError> {
        let mut rendered = BTreeMap::new();
        for unit in self.unit_files()? {
            let Some((service, process)) = crate::render::parse_unit_name(&unit) else {
                continue;
            };
            let path = self.layout.units().join(&unit);
            let text = fs::read_to_string(&path).at("read", path)?;
            let digest = text
                .lines()
                .find_map(|line| line.strip_prefix("X-Commonhost-Rendered=")?.parse().ok());
            if let Some(digest) = digest.filter(|_| process == main_process()) {
                rendered.insert(service, digest);
            }
        }
        Ok(rendered)
    }

    fn rendered_input(&self, service: &ServiceName) -> Result<RenderInput, MachineError> {
        let path = self.layout.files(service).join(INPUT);
        let bytes = fs::read(&path).at("read", &path)?;
        let input: RenderInput = serde_json::from_slice(&bytes)
            .map_err(|error| MachineError::Refused(format!("{} cannot be read: {error}", path.display())))?;
        debug_assert_eq!(rendering_digest(&input).as_str().len(), 64);
        Ok(input)
    }

    fn unit_files(&self) -> Result<Vec<String>, MachineError> {
        let folder = self.layout.units();
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).at("list", folder),
        };
        Ok(entries
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect())
    }

    /// The unit files of a service.
    fn units(&self, service: &ServiceName) -> Result<Vec<String>, MachineError> {
        let mut units = self.unit_files()?;
        units.retain(|unit| {
            crate::render::parse_unit_name(unit)
                .is_some_and(|(owner, process)| owner == *service && process.as_str() != "account")
        });
        units.sort();
        Ok(units)
    }

    fn processes(&self, service: &ServiceName) -> Vec<ProcessId> {
        let units = self.units(service).unwrap_or_default();
        let mut processes: Vec<ProcessId> = units
            .iter()
            .filter_map(|unit| crate::render::parse_unit_name(unit))
            .map(|(_, process)| process)
            .collect();
        if processes.is_empty() {
            processes.push(main_process());
        }
        processes
    }
}

/// The rendering's input, kept beside the rendered files.
const INPUT: &str = ".input.json";

fn main_process() -> ProcessId {
    "main"
        .parse()
        .unwrap_or_else(|_| unreachable!("main is a process id"))
}

fn parse_archive(name: &str) -> Option<(ServiceName, Timestamp)> {
    let (service, at) = name.rsplit_once('-')?;
    Some((
        service.parse().ok()?,
        Timestamp(at.parse().ok().filter(|at| *at >= 0)?),
    ))
}

/// What a running process was started from, from its environment.
fn started_from(layout: &Layout, pid: u32) -> Option<Digest> {
    let environment = fs::read(layout.process(pid).join("environ")).ok()?;
    let mut variables = environment.split(|byte| *byte == 0);
    let value = variables.find_map(|variable| variable.strip_prefix(b"COMMONHOST_RENDERED="))?;
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn remove_file(file: &Path) -> Result<(), MachineError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error).at("remove", file),
        _ => Ok(()),
    }
}

fn remove_folder(folder: &Path) -> Result<(), MachineError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error).at("remove", folder),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
