// SPDX-License-Identifier: AGPL-3.0-or-later
//! Makes, signs and checks catalogs. Run by `scripts/build-bundles`; not on boards.

mod workshop;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use release::{
    CATALOG_FILE, PublicKey, SIGNATURE_FILE, check_expiry, load_folder, manifest_of, verify_bundle,
};
use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};
use types::{Catalog, CatalogEntry, Manifest, ServiceName, Timestamp, catalog::Bundle};
use workshop::{new_key, now, write};

/// Makes, signs and checks the catalog of services.
#[derive(Parser)]
#[command(name = "commonhost-catalog", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a key pair: catalog.key (keep it secret) and catalog.pub (goes onto boards).
    Keygen {
        /// The folder to put both into; a key that is there is never overwritten.
        #[arg(long)]
        out: PathBuf,
    },
    /// Make and sign a catalog of every service that has a bundle.
    Build {
        /// The folder with one folder per service.
        #[arg(long)]
        services: PathBuf,
        /// The folder with `<service>.json` and the images.
        #[arg(long)]
        bundles: PathBuf,
        /// amd64 or arm64.
        #[arg(long)]
        arch: String,
        /// The private key.
        #[arg(long)]
        key: PathBuf,
        /// Where to put catalog.json and catalog.sig.
        #[arg(long)]
        out: PathBuf,
        /// How many days new services may be enabled from it.
        #[arg(long, default_value_t = 90)]
        days: u32,
    },
    /// Check a catalog's signature and expiry, every manifest, and the images that lie beside it.
    Verify {
        /// The folder with catalog.json and catalog.sig.
        folder: PathBuf,
        /// The public key.
        #[arg(long)]
        key: PathBuf,
    },
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Keygen { out } => keygen(&out),
        Command::Build {
            services,
            bundles,
            arch,
            key,
            out,
            days,
        } => {
            let catalog = assemble(&services, &bundles, &arch, days, now()?)?;
            sign_into(&catalog, &key, &out)
        }
        Command::Verify { folder, key } => check(&folder, &key),
    }
}

fn keygen(out: &Path) -> Result<()> {
    fs::create_dir_all(out).with_context(|| format!("cannot make the folder {}", out.display()))?;
    let public = new_key(&out.join("catalog.key"))?.public();
    write(&out.join("catalog.pub"), format!("{public}\n").as_bytes())
}

fn assemble(services: &Path, bundles: &Path, arch: &str, days: u32, now: Timestamp) -> Result<Catalog> {
    if !matches!(arch, "amd64" | "arm64") {
        bail!("no board has the architecture {arch}: amd64 or arm64");
    }
    let mut entries = BTreeMap::new();
    for folder in fs::read_dir(services).with_context(|| format!("cannot read {}", services.display()))? {
        let folder = folder?.path();
        let name = folder
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let description = bundles.join(format!("{name}.json"));
        if !folder.join("service.toml").exists() || !description.exists() {
            continue;
        }
        let name: ServiceName = name.parse()?;
        let entry = entry(&folder, &name, &description).with_context(|| format!("services/{name}"))?;
        entries.insert(name, entry);
    }
    if entries.is_empty() {
        bail!(
            "no service in {} has a bundle in {}",
            services.display(),
            bundles.display()
        );
    }
    Ok(Catalog {
        version: u64::try_from(now.0).unwrap_or_default(),
        created: now,
        expires: now.plus(Duration::from_secs(u64::from(days) * 86_400)),
        architecture: arch.into(),
        services: entries,
    })
}

fn entry(folder: &Path, name: &ServiceName, description: &Path) -> Result<CatalogEntry> {
    let text = read(&folder.join("service.toml"))?;
    let manifest = Manifest::parse(&text)?;
    if manifest.service.name != *name {
        bail!("service.toml says its name is {}", manifest.service.name);
    }
    let mut templates = BTreeMap::new();
    for file in manifest.files.values() {
        templates.insert(file.template.clone(), read(&folder.join(&file.template))?);
    }
    let bundles: Vec<Bundle> =
        serde_json::from_str(&read(description)?).with_context(|| format!("{}", description.display()))?;
    Ok(CatalogEntry {
        manifest: text,
        templates,
        icon: read(&folder.join("icon.svg"))?.trim().to_owned(),
        bundles,
    })
}

fn sign_into(catalog: &Catalog, key: &Path, out: &Path) -> Result<()> {
    let key = workshop::key(key)?;
    let json = serde_json::to_vec(catalog)?;
    // A board that reads between the two refuses the pair and reads again later.
    write(&out.join(SIGNATURE_FILE), &key.sign(&json))?;
    write(&out.join(CATALOG_FILE), &json)?;
    load_folder(out, &key.public())?;
    Ok(())
}

fn check(folder: &Path, key: &Path) -> Result<()> {
    let key: PublicKey = read(key)?.parse()?;
    let catalog = load_folder(folder, &key)?;
    check_expiry(&catalog, now()?)?;
    let mut out = io::stdout().lock();
    for (name, entry) in &catalog.services {
        let manifest = manifest_of(&catalog, name)?;
        for bundle in &entry.bundles {
            verify_bundle(&folder.join(format!("{}.erofs", bundle.digest)), bundle)?;
        }
        writeln!(out, "{name} {} {} bytes", manifest.service.version, entry.size())?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
