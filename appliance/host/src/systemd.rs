// SPDX-License-Identifier: AGPL-3.0-or-later
//! systemd over D-Bus (org.freedesktop.systemd1): the dozen calls we need.

use crate::{error::MachineError, render::parse_unit_name};
use async_trait::async_trait;
use std::{collections::BTreeMap, time::Duration};
use tokio::sync::OnceCell;
use types::{Active, ProcessId, ServiceName, Timestamp, UnitState, manifest::Signal};

/// What is asked of the init system. [`Bus`] asks systemd; [`crate::FakeSystemd`] stands in for it in tests.
#[async_trait]
pub trait Systemd: Send + Sync {
    /// Reads all units' files again.
    async fn reload(&self) -> Result<(), MachineError>;
    /// Starts a unit, or restarts it; returns when the job is queued.
    async fn restart(&self, unit: &str) -> Result<(), MachineError>;
    /// Sends a signal to a unit's main process; one that does not run is left alone.
    async fn signal(&self, unit: &str, signal: Signal) -> Result<(), MachineError>;
    /// Stops a unit and waits until it has ended.
    async fn stop(&self, unit: &str) -> Result<(), MachineError>;
    /// Runs a oneshot unit to its end.
    async fn run(&self, unit: &str) -> Result<(), MachineError>;
    /// Starts a oneshot unit; returns when the job is queued.
    async fn begin(&self, unit: &str) -> Result<(), MachineError>;
    /// State and exit status of a unit; `Inactive` when it is not loaded.
    async fn ended(&self, unit: &str) -> Result<(Active, i32), MachineError>;
    /// Every loaded unit of a service.
    async fn services(&self) -> Result<BTreeMap<(ServiceName, ProcessId), UnitState>, MachineError>;
    /// Restarts the machine.
    async fn reboot(&self) -> Result<(), MachineError>;
    /// Sets the host name.
    async fn set_host_name(&self, name: &str) -> Result<(), MachineError>;
}

type UnitRow = (
    String,
    String,
    String,
    String,
    String,
    String,
    zbus::OwnedObjectPath,
    u32,
    String,
    zbus::OwnedObjectPath,
);

#[zbus::proxy(
    interface = "org.freedesktop.systemd1.Manager",
    default_service = "org.freedesktop.systemd1",
    default_path = "/org/freedesktop/systemd1"
)]
trait Manager {
    fn reload(&self) -> zbus::Result<()>;
    fn reboot(&self) -> zbus::Result<()>;
    fn restart_unit(&self, name: &str, mode: &str) -> zbus::Result<zbus::OwnedObjectPath>;
    fn start_unit(&self, name: &str, mode: &str) -> zbus::Result<zbus::OwnedObjectPath>;
    fn kill_unit(&self, name: &str, whom: &str, signal: i32) -> zbus::Result<()>;
    fn stop_unit(&self, name: &str, mode: &str) -> zbus::Result<zbus::OwnedObjectPath>;
    fn reset_failed_unit(&self, name: &str) -> zbus::Result<()>;
    fn load_unit(&self, name: &str) -> zbus::Result<zbus::OwnedObjectPath>;
    fn list_units_by_patterns(&self, states: &[&str], patterns: &[&str]) -> zbus::Result<Vec<UnitRow>>;
}

#[zbus::proxy(
    interface = "org.freedesktop.systemd1.Unit",
    default_service = "org.freedesktop.systemd1"
)]
trait Unit {
    #[zbus(property(emits_changed_signal = "false"))]
    fn active_state(&self) -> zbus::Result<String>;
    #[zbus(property(emits_changed_signal = "false"))]
    fn active_enter_timestamp(&self) -> zbus::Result<u64>;
}

#[zbus::proxy(
    interface = "org.freedesktop.systemd1.Service",
    default_service = "org.freedesktop.systemd1"
)]
trait Service {
    #[zbus(property(emits_changed_signal = "false"), name = "MainPID")]
    fn main_pid(&self) -> zbus::Result<u32>;
    #[zbus(property(emits_changed_signal = "false"), name = "NRestarts")]
    fn n_restarts(&self) -> zbus::Result<u32>;
    #[zbus(property(emits_changed_signal = "false"))]
    fn result(&self) -> zbus::Result<String>;
    #[zbus(property(emits_changed_signal = "false"))]
    fn exec_main_status(&self) -> zbus::Result<i32>;
}

/// systemd on the system bus.
#[derive(Default)]
pub struct Bus {
    connection: OnceCell<zbus::Connection>,
}

impl Bus {
    /// Connects at the first call, so that a board whose bus is late still starts.
    pub fn new() -> Self {
        Self::default()
    }

    async fn connection(&self) -> zbus::Result<&zbus::Connection> {
        let connect = || async {
            // Without a limit a call to a name that nobody owns hangs for two minutes in D-Bus activation.
            zbus::connection::Builder::system()
                .method_timeout(Duration::from_secs(20))
                .build()
                .await
        };
        self.connection.get_or_try_init(connect).await
    }

    async fn manager(&self) -> zbus::Result<ManagerProxy<'_>> {
        ManagerProxy::new(self.connection().await?).await
    }

    async fn state(&self, path: zbus::OwnedObjectPath) -> zbus::Result<UnitState> {
        let connection = self.connection().await?;
        let unit = UnitProxy::builder(connection)
            .path(path.clone())
            .cache_properties(zbus::proxy::CacheProperties::No)
            .build()
            .await?;
        let service = ServiceProxy::builder(connection)
            .path(path)
            .cache_properties(zbus::proxy::CacheProperties::No)
            .build()
            .await?;
        let since = i64::try_from(unit.active_enter_timestamp().await? / 1_000_000).unwrap_or(0);
        Ok(UnitState {
            active: active(&unit.active_state().await?),
            result: service.result().await?,
            exit_status: service.exec_main_status().await?,
            restarts: service.n_restarts().await?,
            started_from: None,
            since: (since > 0).then_some(Timestamp(since)),
            main_pid: service.main_pid().await?,
        })
    }

    async fn wait(&self, unit: &str, doing: &'static str, seconds: u64) -> Result<UnitState, MachineError> {
        let failed = |source| MachineError::Systemd {
            doing,
            unit: unit.to_owned(),
            source,
        };
        let path = self
            .manager()
            .await
            .map_err(failed)?
            .load_unit(unit)
            .await
            .map_err(failed)?;
        let wait = async {
            loop {
                let state = self.state(path.clone()).await.map_err(failed)?;
                if matches!(state.active, Active::Inactive | Active::Failed) {
                    return Ok(state);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let limit = Duration::from_secs(seconds);
        tokio::time::timeout(limit, wait).await.unwrap_or_else(|_| {
            Err(MachineError::Timeout {
                doing,
                unit: unit.to_owned(),
                seconds,
            })
        })
    }
}

fn active(state: &str) -> Active {
    match state {
        "active" | "reloading" | "refreshing" => Active::Active,
        "activating" => Active::Activating,
        "deactivating" => Active::Deactivating,
        "failed" => Active::Failed,
        _ => Active::Inactive,
    }
}

#[async_trait]
impl Systemd for Bus {
    async fn reload(&self) -> Result<(), MachineError> {
        let failed = |source| MachineError::Systemd {
            doing: "reload",
            unit: "its units".into(),
            source,
        };
        self.manager()
            .await
            .map_err(failed)?
            .reload()
            .await
            .map_err(failed)
    }

    async fn restart(&self, unit: &str) -> Result<(), MachineError> {
        let failed = |source| MachineError::Systemd {
            doing: "start",
            unit: unit.to_owned(),
            source,
        };
        let manager = self.manager().await.map_err(failed)?;
        // A failed unit's counters start anew: somebody asked for this start.
        let _ = manager.reset_failed_unit(unit).await;
        let path = manager.load_unit(unit).await.map_err(failed)?;
        let old = self.state(path.clone()).await.map_err(failed)?.main_pid;
        manager.restart_unit(unit, "replace").await.map_err(failed)?;
        // Until the old process is gone, it would be taken for one that needs a restart.
        for _ in 0..500 {
            if old == 0 || self.state(path.clone()).await.map_err(failed)?.main_pid != old {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    async fn signal(&self, unit: &str, signal: Signal) -> Result<(), MachineError> {
        let failed = |source| MachineError::Systemd {
            doing: "signal",
            unit: unit.to_owned(),
            source,
        };
        let number = match signal {
            Signal::Hangup => nix::sys::signal::SIGHUP,
            Signal::User1 => nix::sys::signal::SIGUSR1,
        };
        let manager = self.manager().await.map_err(failed)?;
        match manager.kill_unit(unit, "main", number as i32).await {
            // It ended, or it does not run: at its next start it reads what is there.
            Err(zbus::Error::MethodError(..)) | Ok(()) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    async fn stop(&self, unit: &str) -> Result<(), MachineError> {
        let failed = |source| MachineError::Systemd {
            doing: "stop",
            unit: unit.to_owned(),
            source,
        };
        let manager = self.manager().await.map_err(failed)?;
        match manager.stop_unit(unit, "replace").await {
            Ok(_) => {
                self.wait(unit, "stop", 40).await?;
            }
            Err(error) if error.to_string().contains("NoSuchUnit") => {}
            Err(error) => return Err(failed(error)),
        }
        let _ = manager.reset_failed_unit(unit).await;
        Ok(())
    }

    async fn run(&self, unit: &str) -> Result<(), MachineError> {
        self.begin(unit).await?;
        // A oneshot unit is inactive before its job starts and again after it ended; `result` alone does not tell
        // the two apart, so the job's start is waited for by its main process or its end by the state.
        tokio::time::sleep(Duration::from_millis(30)).await;
        let state = self.wait(unit, "end", 40).await?;
        if state.active == Active::Failed || state.result != "success" {
            return Err(MachineError::Command {
                what: unit.to_owned(),
                detail: format!("{} (status {})", state.result, state.exit_status),
            });
        }
        Ok(())
    }

    async fn begin(&self, unit: &str) -> Result<(), MachineError> {
        let failed = |source| MachineError::Systemd {
            doing: "start",
            unit: unit.to_owned(),
            source,
        };
        let manager = self.manager().await.map_err(failed)?;
        let _ = manager.reset_failed_unit(unit).await;
        manager.start_unit(unit, "replace").await.map_err(failed)?;
        Ok(())
    }

    async fn ended(&self, unit: &str) -> Result<(Active, i32), MachineError> {
        let failed = |source| MachineError::Systemd {
            doing: "look at",
            unit: unit.to_owned(),
            source,
        };
        let manager = self.manager().await.map_err(failed)?;
        let path = manager.load_unit(unit).await.map_err(failed)?;
        let state = self.state(path).await.map_err(failed)?;
        Ok((state.active, state.exit_status))
    }

    async fn services(&self) -> Result<BTreeMap<(ServiceName, ProcessId), UnitState>, MachineError> {
        let failed = |source| MachineError::Systemd {
            doing: "list",
            unit: "services".into(),
            source,
        };
        let manager = self.manager().await.map_err(failed)?;
        let rows = manager
            .list_units_by_patterns(&[], &["service-*.service"])
            .await
            .map_err(failed)?;
        let mut states = BTreeMap::new();
        for row in rows {
            let Some(name) = parse_unit_name(&row.0) else {
                continue;
            };
            if name.1.as_str() == "account" || row.2 != "loaded" {
                continue;
            }
            // A unit can vanish between the two calls.
            if let Ok(mut state) = self.state(row.6).await {
                // It waits for another of its service's processes to be ready.
                if row.7 != 0
                    && matches!(row.8.as_str(), "start" | "restart")
                    && state.active == Active::Inactive
                {
                    state.active = Active::Activating;
                }
                states.insert(name, state);
            }
        }
        Ok(states)
    }

    async fn reboot(&self) -> Result<(), MachineError> {
        let failed = |source| MachineError::Systemd {
            doing: "restart",
            unit: "the board".into(),
            source,
        };
        self.manager()
            .await
            .map_err(failed)?
            .reboot()
            .await
            .map_err(failed)
    }

    async fn set_host_name(&self, name: &str) -> Result<(), MachineError> {
        nix::unistd::sethostname(name)
            .map_err(|error| MachineError::Refused(format!("the host name could not be set: {error}")))
    }
}
