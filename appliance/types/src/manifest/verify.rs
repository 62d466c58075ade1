// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a manifest must be beyond its form, with the key and what is wrong with it.

use super::{Access, BundleSource, Listen, ListenKind, Manifest, Network, Process, SignIn};
use crate::{name::ProcessId, text::Language};
use std::iter::once;

/// Ports below belong to the board itself, and no service has the right to open them.
const LOWEST_PORT: u16 = 1024;

impl Manifest {
    /// Whether the parts fit together: what the types alone cannot say.
    pub(super) fn verify(&self) -> Result<(), String> {
        let main = self.main().ok_or("[process.main] is missing")?;
        if main.ready.is_none() {
            return Err("[process.main] needs `ready`: how else would a failed start be noticed?".into());
        }
        for language in Language::ALL {
            if !self.service.title.has(language) || !self.service.summary.has(language) {
                return Err(format!("title and summary are needed in {}", language.code()));
            }
        }
        for (id, process) in &self.process {
            self.verify_process(id, process)?;
        }
        for (id, listen) in &self.listen {
            self.verify_listen(listen)
                .map_err(|error| format!("[listen.{id}] {error}"))?;
        }
        self.bundle.verify()?;
        for (name, file) in &self.files {
            if !is_file_name(name) || !is_file_name(&file.template) {
                return Err(format!("[files.{name}]: file and template are plain file names"));
            }
        }
        self.verify_sign_in(main)?;
        for path in &self.data.paths {
            if !is_inside(path) {
                return Err(format!("[data] path {path} leaves the state folder"));
            }
        }
        for (key, setting) in &self.settings {
            setting
                .verify()
                .map_err(|error| format!("[settings.{key}] {error}"))?;
        }
        if self
            .permissions
            .exposure_tenths
            .is_some_and(|tenths| tenths > 100)
        {
            return Err("[permissions] exposure_tenths is 0 to 100".into());
        }
        if self.limits.memory_expected_mib > self.limits.memory_max_mib {
            return Err("[limits] memory_expected_mib is above memory_max_mib".into());
        }
        if !(1..=10_000).contains(&self.limits.cpu_weight) || self.limits.tasks == 0 {
            return Err("[limits] cpu_weight is 1 to 10000 and tasks at least 1".into());
        }
        Ok(())
    }

    fn verify_listen(&self, listen: &Listen) -> Result<(), String> {
        if listen.kind == ListenKind::Http {
            return match listen.port {
                None if is_file_name(&listen.socket) => Ok(()),
                None => Err("socket must be a plain file name like http.sock".into()),
                Some(_) => Err("http is spoken at a socket, not at a port".into()),
            };
        }
        if listen.port.is_none_or(|port| port < LOWEST_PORT) {
            return Err(format!("port must be {LOWEST_PORT} or above"));
        }
        if !listen.socket.is_empty() || !listen.public_paths.is_empty() || listen.access != Access::Public {
            return Err(
                "a port has no socket and no paths, and its access is public: the front door is not asked"
                    .into(),
            );
        }
        if self.network() != Network::Outbound {
            return Err("a port of the board needs network = \"outbound\"".into());
        }
        Ok(())
    }

    fn verify_process(&self, id: &ProcessId, process: &Process) -> Result<(), String> {
        let provision = match &self.sign_in {
            SignIn::Provision { add, remove } => vec![add, remove],
            _ => vec![],
        };
        for command in once(&process.command).chain(&process.prepare).chain(provision) {
            let program = command
                .first()
                .ok_or_else(|| format!("[process.{id}] has an empty command"))?;
            if !program.starts_with('/') {
                return Err(format!("[process.{id}] {program} must be an absolute path"));
            }
            for word in command {
                verify_specifiers(word)?;
            }
        }
        for (key, value) in &process.environment {
            let plain = key
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
            if key.is_empty() || !plain {
                return Err(format!(
                    "[process.{id}] {key} is not the name of an environment variable"
                ));
            }
            verify_specifiers(value)?;
        }
        if let Some(ready) = &process.ready {
            let listen = self.listen.get(&ready.listen);
            if listen.is_none_or(|listen| listen.kind != ListenKind::Http) {
                return Err(format!(
                    "[process.{id}] ready asks [listen.{}], which does not exist or speaks no HTTP",
                    ready.listen
                ));
            }
            if !ready.path.starts_with('/') || ready.status.is_empty() {
                return Err(format!(
                    "[process.{id}] ready needs a path that starts with / and a status"
                ));
            }
        }
        if process
            .memory_max_mib
            .is_some_and(|most| most == 0 || most > self.limits.memory_max_mib)
        {
            return Err(format!("[process.{id}] memory_max_mib is 1 to that of [limits]"));
        }
        if let Some(missing) = process
            .after
            .iter()
            .find(|other| !self.process.contains_key(*other))
        {
            return Err(format!(
                "[process.{id}] after names {missing}, which does not exist"
            ));
        }
        Ok(())
    }

    fn verify_sign_in(&self, main: &Process) -> Result<(), String> {
        if let SignIn::OpenId { redirect } = &self.sign_in {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
            if !redirect.starts_with('/') || !redirect.bytes().all(plain) {
                return Err(
                    "[sign_in] redirect is a path on the service's host, like /oauth2/callback".into(),
                );
            }
            if self.network_of(main) != Network::Outbound {
                return Err(
                    "[sign_in] openid: the main process needs [permissions] network = \"outbound\"".into(),
                );
            }
        }
        Ok(())
    }
}

impl BundleSource {
    fn verify(&self) -> Result<(), String> {
        for (from, to) in &self.keep {
            if !is_inside(from) || !is_below_usr(to) {
                return Err(format!(
                    "[bundle.keep] {from} must be kept below usr/, with no leading slash and no .."
                ));
            }
        }
        for (to, file) in &self.add {
            if !is_below_usr(to) || !is_file_name(file) {
                return Err(format!(
                    "[bundle.add] {to}: a path below usr/ takes the name of a file beside the manifest"
                ));
            }
        }
        if let Some(edit) = self
            .edit
            .iter()
            .find(|edit| !is_below_usr(&edit.file) || edit.find.is_empty())
        {
            return Err(format!(
                "[[bundle.edit]] {}: needs a file below usr/ and a text to find",
                edit.file
            ));
        }
        for (from, to) in self.npm.iter().flat_map(|package| &package.take) {
            if !is_inside(from) || !is_below_usr(to) {
                return Err(format!(
                    "[[bundle.npm]] {from} must be put below usr/, with no leading slash and no .."
                ));
            }
        }
        Ok(())
    }
}

/// Whether `name` can be nothing but a file in the folder at hand.
fn is_file_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && !name.starts_with('.')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

/// Whether `path` stays below the folder it is taken in.
fn is_inside(path: &str) -> bool {
    !path.is_empty() && !path.starts_with('/') && !path.split('/').any(|part| part == "..")
}

/// Whether `path` stays below `usr/`.
fn is_below_usr(path: &str) -> bool {
    is_inside(path) && path.starts_with("usr/")
}

/// Only `%d` (rendered files) and `%S` (state) may stand in a command, and no control characters.
fn verify_specifiers(word: &str) -> Result<(), String> {
    if word.chars().any(char::is_control) {
        return Err(format!("{word:?} holds a control character"));
    }
    let mut chars = word.chars();
    while let Some(c) = chars.next() {
        if c == '%' && !matches!(chars.next(), Some('d' | 'S' | '%')) {
            return Err(format!("{word:?}: only %d, %S and %% may stand in a command"));
        }
    }
    Ok(())
}
