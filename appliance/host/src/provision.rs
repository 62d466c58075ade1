// SPDX-License-Identifier: AGPL-3.0-or-later
//! Accounts inside services that keep their own: one run of the manifest's command, in the service's sandbox.

use crate::{
    atomic::write_atomic,
    error::{At, MachineError},
    layout::Layout,
    machine::Entry,
    render::{Account, render_account_unit},
    systemd::Systemd,
};
use std::fs;
use types::{MemberName, host::RenderInput, manifest::SignIn};

pub(crate) async fn provision(
    layout: &Layout,
    systemd: &dyn Systemd,
    entry: &Entry,
    input: &RenderInput,
    member: &MemberName,
    display_name: &str,
    password: Option<&str>,
) -> Result<(), MachineError> {
    let SignIn::Provision { add, remove } = &entry.manifest.sign_in else {
        return Err(MachineError::Refused(format!(
            "{} keeps no accounts of its own",
            input.service
        )));
    };
    let command = if password.is_some() { add } else { remove };
    let folder = layout.root().join("run/commonhost/accounts");
    fs::create_dir_all(&folder).at("create", &folder)?;
    let secret = folder.join(format!("{}.password", input.service));
    write_atomic(&secret, password.unwrap_or_default().as_bytes(), 0o600)?;
    let account = Account {
        member,
        display_name,
        command,
        password: Some(&secret),
    };
    let text = render_account_unit(&entry.manifest, &entry.catalog, input, layout, &account);
    let unit = format!("service-{}--account.service", input.service);
    let file = layout.units().join(&unit);
    write_atomic(&file, text.as_bytes(), 0o644)?;
    let outcome = match systemd.reload().await {
        Ok(()) => systemd.run(&unit).await,
        Err(error) => Err(error),
    };
    fs::remove_file(&secret).at("remove", &secret)?;
    fs::remove_file(&file).at("remove", &file)?;
    systemd.reload().await?;
    outcome
}
