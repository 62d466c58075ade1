# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the services' manifests say."""

import tomllib

from board import TOP

# Whatever is in the catalog is tested.
SERVICES = tuple(sorted(path.parent.name for path in TOP.glob("services/*/service.toml")))


def manifest(service):
    return tomllib.loads((TOP / f"services/{service}/service.toml").read_text())


def units(service):
    """The units of a service's processes, and what the manifest says of each."""
    named = manifest(service)["process"].items()
    return {f"service-{service}" + ("" if name == "main" else f"--{name}"): process for name, process in named}


def ports(service, kind="tcp"):
    """Ports of the board that a service opens."""
    listeners = manifest(service).get("listen", {}).values()
    return {listener["port"] for listener in listeners if listener["kind"] == kind}


def networks(service):
    """What each process of a service may reach, by its unit."""
    default = manifest(service).get("permissions", {}).get("network", "none")
    return {unit: process.get("network", default) for unit, process in units(service).items()}
