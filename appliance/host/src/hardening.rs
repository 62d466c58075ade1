// SPDX-License-Identifier: AGPL-3.0-or-later
//! What every unit that the host renders is kept from, see systemd.exec(5). A macro, so that it is part of constants.

macro_rules! hardening {
    () => {
        "\
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
DevicePolicy=closed
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
LockPersonality=yes
KeyringMode=private
"
    };
}

pub(crate) use hardening;
