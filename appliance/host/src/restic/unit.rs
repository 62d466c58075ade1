// SPDX-License-Identifier: AGPL-3.0-or-later
//! The unit of one run of restic: pure.

use super::setup::Address;
use crate::{hardening::hardening, layout::Layout};
use std::{fmt::Write as _, path::PathBuf};
use types::{
    WorkId,
    backup::{Repository, Run, Subject},
};

/// restic's collector runs when a fifth is garbage (`GOGC`; Go's default is 100), for boards with little memory.
const MEMORY: &str = "GOGC=20";

fn line(text: &mut String, key: &str, value: impl std::fmt::Display) {
    let _ = writeln!(text, "{key}={value}");
}

/// Its text. `bound` are folders and where below `source/` restic finds them.
pub(super) fn render(
    layout: &Layout,
    work: &WorkId,
    repository: &Repository,
    address: &Address,
    run: &Run,
    bound: &[(PathBuf, &'static str)],
) -> String {
    let folder = layout.work(work);
    let (source, ready) = (folder.join("source"), layout.ready(work));
    let mut text = String::from("# Rendered by Commonhost. Changes are overwritten.\n[Unit]\n");
    line(&mut text, "Description", format!("Commonhost backup ({work})"));
    text.push_str("\n[Service]\nType=oneshot\nRemainAfterExit=yes\nTimeoutStartSec=12h\n");
    if let Run::Backup { .. } = run {
        let data = source.join("data");
        let command = format!(
            "/usr/bin/python3 -I /usr/share/commonhost/databases.py copy {} {} {}",
            data.display(),
            source.join("databases").display(),
            folder.join("out/excludes").display()
        );
        line(&mut text, "ExecStart", command);
        line(&mut text, "WorkingDirectory", source.display());
    }
    let mut words = vec![
        "/usr/bin/restic --json --repository-file %d/repository --password-file %d/key".to_owned(),
        format!("--cache-dir {}", layout.restic_cache().display()),
        "--retry-lock 5m".into(),
    ];
    if repository.upload_kib > 0 {
        words.push(format!("--limit-upload {}", repository.upload_kib));
    }
    words.push(arguments(run, &folder.join("out/excludes"), &ready));
    line(&mut text, "ExecStart", words.join(" "));
    if let Run::Restore { .. } = run {
        let command = format!(
            "/usr/bin/python3 -I /usr/share/commonhost/databases.py merge {} {}",
            ready.join("databases").display(),
            ready.join("data").display()
        );
        line(&mut text, "ExecStart", command);
    }
    line(
        &mut text,
        "StandardOutput",
        format!("truncate:{}", folder.join("stdout").display()),
    );
    line(
        &mut text,
        "StandardError",
        format!("truncate:{}", folder.join("stderr").display()),
    );
    line(
        &mut text,
        "LoadCredential",
        format!("key:{}", layout.backup_key().display()),
    );
    let place = folder.join("repository");
    line(
        &mut text,
        "LoadCredential",
        format!("repository:{}", place.display()),
    );
    line(&mut text, "EnvironmentFile", folder.join("environment").display());
    line(
        &mut text,
        "Environment",
        format!("{MEMORY} GOMAXPROCS=2 HOME=/tmp RESTIC_PROGRESS_FPS=1"),
    );

    text.push_str("\n# It may read what is backed up and write where it must.\n");
    text.push_str("User=commonhost-backup\nGroup=commonhost-backup\n");
    let all_files = matches!(run, Run::Backup { .. });
    let capability = if all_files { "CAP_DAC_READ_SEARCH" } else { "" };
    line(&mut text, "AmbientCapabilities", capability);
    line(&mut text, "CapabilityBoundingSet", capability);
    for (from, to) in bound {
        line(
            &mut text,
            "BindReadOnlyPaths",
            format!("{}:{}", from.display(), source.join(to).display()),
        );
    }
    let mut writes = vec![layout.restic_cache()];
    match run {
        Run::Backup { .. } => writes.extend([source.join("databases"), folder.join("out")]),
        Run::Restore { .. } => writes.push(ready),
        _ => {}
    }
    writes.extend(address.folder.clone());
    for path in &writes {
        line(&mut text, "ReadWritePaths", path.display());
    }
    text.push_str(SANDBOX);
    let (private, families) = if address.network {
        ("no", "AF_UNIX AF_INET AF_INET6")
    } else {
        ("yes", "AF_UNIX")
    };
    line(&mut text, "PrivateNetwork", private);
    line(&mut text, "RestrictAddressFamilies", families);
    text
}

fn arguments(run: &Run, excludes: &std::path::Path, ready: &std::path::Path) -> String {
    let tags = |subject: &Subject| format!("commonhost,{}", subject.word());
    match run {
        Run::Open => "cat config".into(),
        Run::Init => "init".into(),
        Run::Unlock => "unlock".into(),
        Run::List => "snapshots --tag commonhost".into(),
        Run::Backup { subject, snapshot } => {
            // A snapshot's files change their number and their time of change with every copy.
            let ignore = if snapshot.is_some() {
                " --ignore-inode --ignore-ctime"
            } else {
                ""
            };
            format!(
                "backup --host commonhost --tag commonhost --tag {} --group-by host,tags --exclude-file {}{ignore} .",
                subject.word(),
                excludes.display()
            )
        }
        Run::Restore { backup, .. } => format!("restore {backup} --target {}", ready.display()),
        Run::Forget { subject, prune } => format!(
            "forget --tag {} --group-by host,tags --keep-daily {} --keep-weekly {} --keep-monthly {}{}",
            tags(subject),
            KEPT.0,
            KEPT.1,
            KEPT.2,
            if *prune { " --prune" } else { "" }
        ),
        Run::Check { part, of } => format!("check --read-data-subset {part}/{of}"),
    }
}

/// Days, weeks and months of which a backup is kept.
const KEPT: (u32, u32, u32) = (7, 5, 12);

/// The sandbox of everything that handles copies of data.
pub(crate) const SANDBOX: &str = concat!(
    "\
NoNewPrivileges=yes
",
    hardening!(),
    "\
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0077
InaccessiblePaths=-/data/commonhost -/data/services -/data/archive -/var/lib/private -/boot -/run/commonhost/sockets -/run/dbus -/run/systemd/private

# Members come first.
Nice=10
CPUWeight=20
IOWeight=20
IOSchedulingClass=idle
OOMScoreAdjust=600
TasksMax=64
LimitCORE=0
"
);

#[cfg(test)]
mod tests {
    use super::*;
    use types::backup::Place;

    #[test]
    fn a_run_is_given_what_it_needs_and_no_secret_on_its_command_line() {
        let layout = Layout::new("/");
        let work = "w1".parse().unwrap();
        let repository = Repository {
            id: "away".parse().unwrap(),
            title: "Away".into(),
            place: Place::Rest {
                url: "https://store.test/oak/".parse().unwrap(),
            },
            append_only: false,
            upload_kib: 500,
        };
        let address = Address {
            repository: "rest:https://store.test/oak/".into(),
            environment: "RESTIC_REST_PASSWORD=\"hush\"".into(),
            folder: None,
            network: true,
        };
        let run = Run::Backup {
            subject: Subject::Service("radicale".parse().unwrap()),
            snapshot: None,
        };
        let bound = vec![(PathBuf::from("/data/services/radicale"), "data")];
        let text = render(&layout, &work, &repository, &address, &run, &bound);
        for part in [
            "BindReadOnlyPaths=/data/services/radicale:/data/backups/work/w1/source/data",
            "--limit-upload 500",
            "--tag service-radicale",
            "AmbientCapabilities=CAP_DAC_READ_SEARCH",
            "User=commonhost-backup",
            "PrivateNetwork=no",
        ] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
        assert!(!text.contains("hush") && !text.contains("store.test"), "{text}");
        let near = Address {
            network: false,
            ..address
        };
        let listing = render(&layout, &work, &repository, &near, &Run::List, &[]);
        assert!(listing.contains("PrivateNetwork=yes\nRestrictAddressFamilies=AF_UNIX\n"));
        assert!(
            listing.contains("CapabilityBoundingSet=\n"),
            "only a backup reads everything"
        );
    }
}
