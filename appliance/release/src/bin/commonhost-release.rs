// SPDX-License-Identifier: AGPL-3.0-or-later
//! Makes, signs and checks releases of the board's system. Run by `scripts/release`; not on boards.

mod workshop;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use release::{
    PublicKey, SigningKey, digest_file,
    system::{
        Metadata, Pinned, Role, RoleKeys, RootDoc, Signed, SnapshotDoc, TimestampDoc, Trusted, metadata_file,
        read_metadata, seal, write_metadata,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};
use types::{
    Timestamp,
    release::{Release, Releases, SlotFile},
};
use workshop::{new_key, now, read, write};

/// Makes, signs and checks releases.
#[derive(Parser)]
#[command(name = "commonhost-release", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the keys of all roles, and the first root.json (goes into images). Keys that are there are never
    /// overwritten. Move root-*.key to where no network is.
    Keygen {
        /// The folder for them.
        #[arg(long)]
        out: PathBuf,
        /// How many root keys there are; all but one of them must sign a new root.
        #[arg(long, default_value_t = 3)]
        roots: usize,
    },
    /// Add a release and sign anew.
    Publish {
        /// The folder with the keys of targets, snapshot and timestamp.
        #[arg(long)]
        keys: PathBuf,
        /// The release, as JSON without its files.
        #[arg(long)]
        release: PathBuf,
        /// The folder with the files of a slot.
        #[arg(long)]
        slot: PathBuf,
        /// The folder that is served to boards.
        #[arg(long)]
        out: PathBuf,
    },
    /// Sign the timestamp anew, so that what is published stays fresh for another week.
    Refresh {
        /// The folder with timestamp.key.
        #[arg(long)]
        keys: PathBuf,
        /// The folder that is served to boards.
        #[arg(long)]
        out: PathBuf,
    },
    /// Check all that a board checks, and every file.
    Verify {
        /// The folder that is served to boards.
        folder: PathBuf,
        /// root.json of an image.
        #[arg(long)]
        root: PathBuf,
    },
}

const DAY: u64 = 86_400;

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Keygen { out, roots } => keygen(&out, roots, now()?),
        Command::Publish {
            keys,
            release,
            slot,
            out,
        } => publish(&keys, &release, &slot, &out, now()?),
        Command::Refresh { keys, out } => refresh(&keys, &out, now()?),
        Command::Verify { folder, root } => verify(&folder, &root, now()?),
    }
}

fn keygen(out: &Path, roots: usize, now: Timestamp) -> Result<()> {
    if roots == 0 {
        bail!("there must be at least one root key");
    }
    fs::create_dir_all(out).with_context(|| format!("cannot make the folder {}", out.display()))?;
    let root_keys = (1..=roots)
        .map(|number| new_key(&out.join(format!("root-{number}.key"))))
        .collect::<Result<Vec<_>>>()?;
    let mut roles = BTreeMap::from([(
        Role::Root,
        role_keys(
            root_keys.iter().map(SigningKey::public),
            roots.div_ceil(2).max(roots.min(2)),
        ),
    )]);
    for role in [Role::Targets, Role::Snapshot, Role::Timestamp] {
        let key = new_key(&out.join(format!("{}.key", role.as_str())))?;
        roles.insert(role, role_keys([key.public()], 1));
    }
    let root = Signed {
        role: Role::Root,
        version: 1,
        expires: in_days(now, 5 * 365),
        body: RootDoc { roles },
    };
    let sealed = seal(&root, &root_keys.iter().collect::<Vec<_>>())?;
    Trusted::from_image(&sealed)?;
    write(&out.join("root.json"), sealed.as_bytes())
}

fn role_keys(keys: impl IntoIterator<Item = PublicKey>, threshold: usize) -> RoleKeys {
    RoleKeys {
        keys: keys.into_iter().map(|key| key.to_string()).collect(),
        threshold,
    }
}

/// The newest documents of a folder, their signatures not looked at: they are ours, and signed anew.
fn published(out: &Path) -> Result<Option<(Metadata, [u64; 3], Releases)>> {
    let Some(metadata) = read_metadata(out, 2)? else {
        return Ok(None);
    };
    let payload = |text: &str| -> Result<serde_json::Value> {
        let envelope: serde_json::Value = serde_json::from_str(text)?;
        let payload = envelope["signed"].as_str().context("there is no payload")?;
        Ok(serde_json::from_str(payload)?)
    };
    let version = |value: &serde_json::Value| value["version"].as_u64().context("there is no version");
    let targets = payload(&metadata.targets)?;
    let versions = [
        version(&payload(&metadata.timestamp)?)?,
        version(&payload(&metadata.snapshot)?)?,
        version(&targets)?,
    ];
    let releases = serde_json::from_value(targets["body"].clone())?;
    Ok(Some((metadata, versions, releases)))
}

fn publish(keys: &Path, release: &Path, slot: &Path, out: &Path, now: Timestamp) -> Result<()> {
    let mut draft: serde_json::Value = serde_json::from_slice(&read(release)?).context("the release")?;
    let files = files_of(slot)?;
    draft["files"] = serde_json::to_value(&files)?;
    let release: Release = serde_json::from_value(draft).context("the release")?;
    let (metadata, versions, mut releases) = published(out)?.unwrap_or_default();
    // The same version for the same boards takes the place of the one there.
    releases
        .releases
        .retain(|other| other.version != release.version || other.boards != release.boards);
    releases.releases.push(release);
    releases
        .releases
        .sort_by(|a, b| a.version.cmp(&b.version).then(a.boards.cmp(&b.boards)));
    let folder = out.join("files");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for file in &files {
        let target = folder.join(file.sha256.as_str());
        if !target.exists() {
            let new = target.with_extension("new");
            fs::copy(slot.join(&file.name), &new)
                .and_then(|_| fs::rename(&new, &target))
                .with_context(|| format!("cannot copy {}", file.name))?;
        }
    }
    let [timestamp, snapshot, targets] = versions.map(|version| version + 1);
    let targets_file = sign(keys, Role::Targets, targets, in_days(now, 180), releases)?;
    let body = SnapshotDoc {
        targets: Pinned::of(targets, &targets_file),
    };
    let snapshot_file = sign(keys, Role::Snapshot, snapshot, in_days(now, 180), body)?;
    let body = TimestampDoc {
        snapshot: Pinned::of(snapshot, &snapshot_file),
    };
    let signed = Metadata {
        roots: metadata.roots,
        timestamp: sign(keys, Role::Timestamp, timestamp, in_days(now, 7), body)?,
        snapshot: snapshot_file,
        targets: targets_file,
    };
    Ok(write_metadata(out, 2, &signed)?)
}

/// The files of a slot. Those the firmware looks for come last: what is cut in between is not taken for whole.
fn files_of(slot: &Path) -> Result<Vec<SlotFile>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(slot).with_context(|| format!("cannot read {}", slot.display()))? {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default()
            .to_owned();
        let (sha256, size) = digest_file(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let size = u32::try_from(size).with_context(|| format!("{name} is 4 GiB or more"))?;
        files.push(SlotFile { name, size, sha256 });
    }
    let early = |name: &str| name.starts_with("root.");
    let late = |name: &str| name.starts_with("start") || name == "config.txt";
    files.sort_by_key(|file| (late(&file.name), !early(&file.name), file.name.clone()));
    if files.is_empty() {
        bail!("there is no file in {}", slot.display());
    }
    Ok(files)
}

fn refresh(keys: &Path, out: &Path, now: Timestamp) -> Result<()> {
    let (metadata, [timestamp, snapshot, _], _) = published(out)?.context("nothing is published there")?;
    let body = TimestampDoc {
        snapshot: Pinned::of(snapshot, &metadata.snapshot),
    };
    let signed = sign(keys, Role::Timestamp, timestamp + 1, in_days(now, 7), body)?;
    write(&out.join(metadata_file(Role::Timestamp, 0)), signed.as_bytes())
}

fn sign<T: serde::Serialize>(
    keys: &Path,
    role: Role,
    version: u64,
    expires: Timestamp,
    body: T,
) -> Result<String> {
    let key = workshop::key(&keys.join(format!("{}.key", role.as_str())))?;
    let signed = Signed {
        role,
        version,
        expires,
        body,
    };
    Ok(seal(&signed, &[&key])?)
}

fn verify(folder: &Path, root: &Path, now: Timestamp) -> Result<()> {
    let root = String::from_utf8(read(root)?)?;
    let metadata = read_metadata(folder, 2)?.context("nothing is published there")?;
    let trusted = Trusted::from_image(&root)?.advance(&metadata, now)?;
    let mut known = BTreeSet::new();
    let mut out = io::stdout().lock();
    for release in &trusted.releases().releases {
        for file in &release.files {
            if !known.insert(file.sha256.clone()) {
                continue;
            }
            let path = folder.join("files").join(file.sha256.as_str());
            let (digest, size) = digest_file(&path).with_context(|| format!("{}", path.display()))?;
            if digest != file.sha256 || size != u64::from(file.size) {
                bail!("{} is not what was signed", path.display());
            }
        }
        let boards = release.boards.join(" ");
        writeln!(
            out,
            "{} {} {boards} {} bytes",
            release.version,
            release.channel.as_str(),
            release.size()
        )?;
    }
    Ok(())
}

fn in_days(now: Timestamp, days: u64) -> Timestamp {
    now.plus(Duration::from_secs(days * DAY))
}
