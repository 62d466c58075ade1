// SPDX-License-Identifier: AGPL-3.0-or-later
//! What to do next: a pure function of desired and observed. Every step is idempotent; when everything is as it
//! should be, the plan is empty.

use crate::catalogs::Loaded;
use std::collections::{BTreeMap, BTreeSet};
use types::{
    Active, Desired, Digest, Observed, ObservedService, Running, ServiceName, Timestamp,
    data::SnapshotReason,
    host::{HandedCertificate, HostRequest, OpenIdClient, RenderInput},
    manifest::SignIn,
    settings,
};

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Verify and mount the software.
    Mount(Digest),
    /// Write units and files.
    Render(RenderInput),
    /// Give it the certificate of its name.
    Certificate(HandedCertificate),
    /// Copy the data ahead of a version that may change them for ever.
    Snapshot(Ahead),
    /// Start, or restart from a new rendering.
    Start,
    /// Stop.
    Stop,
    /// Take units and files away.
    Remove,
    /// Move the data to the archive.
    Archive,
}

/// What a snapshot is made ahead of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// The version that is to come (see `host::version_digest`).
    pub version: Digest,
    /// Whether it is other software or only other settings.
    pub reason: SnapshotReason,
}

/// What a desired service comes down to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What its units and files are rendered from.
    pub input: RenderInput,
    /// Digest of that.
    pub rendering: Digest,
    /// The software it needs.
    pub bundles: Vec<Digest>,
    /// Whether it should run.
    pub running: Running,
    /// Digest of entry and settings.
    pub version: Digest,
    /// What it speaks TLS with.
    pub certificate: Certificate,
    /// Why the snapshot ahead of this version could not be made, if it was tried.
    pub no_snapshot: Option<String>,
}

/// The certificate that a service is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Certificate {
    /// It takes none.
    #[default]
    None,
    /// It takes one, and there is none for its name yet: it waits.
    Missing,
    /// This one, known by its digest.
    There(HandedCertificate, Digest),
}

/// What to do, per service, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The steps; services without any are absent.
    pub services: BTreeMap<ServiceName, Vec<Step>>,
}

/// What every desired service comes down to, or why it cannot be had.
/// `client` is what a service is told that signs members in by `OpenID` Connect.
pub fn wanted(
    desired: &Desired,
    catalogs: &Loaded,
    client: &dyn Fn(&ServiceName) -> Option<OpenIdClient>,
) -> BTreeMap<ServiceName, Result<Wanted, String>> {
    let one = |(name, service): (&ServiceName, &types::DesiredService)| {
        let missing = || {
            format!(
                "its version {} is not in any catalog on this board",
                service.entry.short()
            )
        };
        let entry = catalogs.entry(name, &service.entry).ok_or_else(missing)?;
        let settings = settings::complete(&entry.manifest.settings, &service.settings).map_err(|errors| {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            format!("its settings do not fit this version: {}", errors.join("; "))
        })?;
        let mut hosts: Vec<String> = service.domains.iter().map(ToString::to_string).collect();
        hosts.push(format!("{name}-{}.local", desired.board));
        let input = RenderInput {
            service: name.clone(),
            entry: service.entry.clone(),
            settings,
            board: desired.board.clone(),
            hosts,
            restarts: service.restarts,
            openid: matches!(entry.manifest.sign_in, SignIn::OpenId { .. })
                .then(|| client(name))
                .flatten(),
        };
        Ok(Wanted {
            rendering: host::rendering_digest(&input),
            version: host::version_digest(&input.entry, &input.settings),
            certificate: match entry.manifest.certificate {
                Some(_) => Certificate::Missing,
                None => Certificate::None,
            },
            no_snapshot: None,
            input,
            bundles: entry
                .catalog
                .bundles
                .iter()
                .map(|bundle| bundle.digest.clone())
                .collect(),
            running: service.running,
        })
    };
    desired
        .services
        .iter()
        .map(|item| (item.0.clone(), one(item)))
        .collect()
}

impl Plan {
    /// What to do at `now`. A service whose last step failed is left alone until its time in `not_before`.
    pub fn new(
        wanted: &BTreeMap<ServiceName, Result<Wanted, String>>,
        observed: &Observed,
        not_before: &BTreeMap<ServiceName, Timestamp>,
        now: Timestamp,
    ) -> Self {
        let names: BTreeSet<&ServiceName> = wanted.keys().chain(observed.services.keys()).collect();
        let nothing = ObservedService::default();
        let mut services = BTreeMap::new();
        for name in names {
            if not_before.get(name).is_some_and(|until| now < *until) {
                continue;
            }
            let seen = observed.services.get(name).unwrap_or(&nothing);
            let steps = match wanted.get(name) {
                Some(Ok(wanted)) => present(wanted, seen, &observed.mounted),
                // What cannot be had is left as it is: never removed because a catalog is missing.
                Some(Err(_)) => Vec::new(),
                None => absent(seen),
            };
            if !steps.is_empty() {
                services.insert(name.clone(), steps);
            }
        }
        Self { services }
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.services.is_empty()
    }
}

fn present(wanted: &Wanted, seen: &ObservedService, mounted: &BTreeSet<Digest>) -> Vec<Step> {
    let mut steps = Vec::new();
    if wanted.bundles.iter().any(|bundle| !mounted.contains(bundle)) {
        steps.push(Step::Mount(wanted.input.entry.clone()));
    }
    let up = |active: Active| matches!(active, Active::Active | Active::Activating);
    let any_up = seen.units.values().any(|unit| up(unit.active));
    match ahead(wanted, seen) {
        Some(ahead) if wanted.no_snapshot.is_none() => {
            if any_up {
                steps.push(Step::Stop);
            }
            steps.push(Step::Snapshot(ahead));
            return steps;
        }
        // New software on data of which there is no copy: better the old software.
        Some(ahead) if ahead.reason == SnapshotReason::Update => {
            let down = !seen.units.is_empty() && !any_up;
            return if down && wanted.running == Running::Started {
                vec![Step::Start]
            } else {
                Vec::new()
            };
        }
        _ => {}
    }
    let stale = seen.rendered.as_ref() != Some(&wanted.rendering);
    if stale {
        steps.push(Step::Render(wanted.input.clone()));
    }
    match &wanted.certificate {
        Certificate::Missing if seen.certificate.is_none() => return steps,
        Certificate::There(certificate, digest) if seen.certificate.as_ref() != Some(digest) => {
            steps.push(Step::Certificate(certificate.clone()));
        }
        _ => {}
    }
    match wanted.running {
        Running::Started => {
            let down = seen.units.is_empty()
                || seen
                    .units
                    .values()
                    .any(|unit| matches!(unit.active, Active::Inactive | Active::Failed));
            let outdated = seen.units.values().any(|unit| {
                let from = unit.started_from.as_ref();
                unit.active == Active::Active && from.is_some_and(|from| *from != wanted.rendering)
            });
            if stale || down || outdated {
                steps.push(Step::Start);
            }
        }
        Running::Stopped => {
            if any_up {
                steps.push(Step::Stop);
            }
        }
    }
    steps
}

/// The snapshot that has to be made before this version starts on the data.
pub(super) fn ahead(wanted: &Wanted, seen: &ObservedService) -> Option<Ahead> {
    let from = seen.data_from.as_ref().filter(|_| seen.data)?;
    if from.version == wanted.version || seen.snapshot_before.as_ref() == Some(&wanted.version) {
        return None;
    }
    let reason = if from.entry == wanted.input.entry {
        SnapshotReason::Settings
    } else {
        SnapshotReason::Update
    };
    Some(Ahead {
        version: wanted.version.clone(),
        reason,
    })
}

fn absent(seen: &ObservedService) -> Vec<Step> {
    let mut steps = Vec::new();
    if seen.rendered.is_some() || !seen.units.is_empty() {
        steps.push(Step::Remove);
    }
    if seen.data {
        steps.push(Step::Archive);
    }
    steps
}

impl Step {
    /// The request that carries the step out; `None` for a snapshot, which takes long and is made by [`crate::data`].
    pub fn request(&self, service: &ServiceName, now: Timestamp) -> Option<HostRequest> {
        let service = service.clone();
        Some(match self {
            Self::Snapshot(_) => return None,
            Self::Mount(entry) => HostRequest::MountBundles {
                service,
                entry: entry.clone(),
            },
            Self::Render(input) => HostRequest::Render(input.clone()),
            Self::Certificate(certificate) => HostRequest::Certificate {
                service,
                certificate: certificate.clone(),
            },
            Self::Start => HostRequest::Start { service },
            Self::Stop => HostRequest::Stop { service },
            Self::Remove => HostRequest::Remove { service },
            Self::Archive => HostRequest::Archive { service, at: now },
        })
    }

    /// The word shown in a job.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Mount(_) => "mount",
            Self::Render(_) => "render",
            Self::Certificate(_) => "certificate",
            Self::Snapshot(_) => "snapshot",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Remove => "remove",
            Self::Archive => "archive",
        }
    }

    /// How far a job is when this step begins, in per cent.
    pub fn progress(&self) -> u8 {
        match self {
            Self::Mount(_) => 10,
            Self::Snapshot(_) => 35,
            Self::Stop | Self::Remove => 30,
            Self::Render(_) => 40,
            Self::Certificate(_) => 45,
            Self::Start => 50,
            Self::Archive => 70,
        }
    }
}

#[cfg(test)]
mod tests;
