# SPDX-License-Identifier: AGPL-3.0-or-later
"""What each service of the catalog takes: memory idle, time from the request to its first healthy answer, bundle."""

import json
import time

from manifests import SERVICES, manifest

MIB = 1 << 20
# What the light ones together may take, and which they are: all but the one with a database of its own.
GOAL, HEAVY = 300 * MIB, ("miniflux",)
# Proportional set sizes of all processes in the control groups of a service's units.
PSS = """
import json, pathlib, subprocess, sys
sizes = {}
for service in sys.argv[1:]:
    shown = subprocess.run(["systemctl", "show", "--property=ControlGroup", "--value", f"service-{service}.service",
                            f"service-{service}--*.service"], capture_output=True, text=True, check=True).stdout.split()
    sizes[service] = 0
    for group in shown:
        for pid in pathlib.Path(f"/sys/fs/cgroup{group}/cgroup.procs").read_text().split():
            lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            sizes[service] += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
print(json.dumps(sizes))
"""


def run(board):
    took = {}
    for service in SERVICES:
        start = time.monotonic()
        board.enable(service)
        took[service] = time.monotonic() - start
    board.wait_running(*SERVICES)
    time.sleep(30)
    sizes = json.loads(board.run("/usr/bin/python3", "-c", PSS, *SERVICES).stdout)
    catalog = {service["name"]: service for service in board.api("GET", "/catalog")["services"]}
    for service in SERVICES:
        expected = manifest(service)["limits"]["memory_expected_mib"] * MIB
        yield f"pss-{service}", "bytes", sizes[service], expected, "what its manifest expects"
        yield f"enable-{service}", "s", took[service], None, None
        yield f"bundle-{service}", "bytes", catalog[service]["size"], None, None
    light = sum(size for service, size in sizes.items() if service not in HEAVY)
    yield "pss-light", "bytes", light, GOAL, f"the goal for all but {', '.join(HEAVY)}"
    yield "pss-all", "bytes", sum(sizes.values()), None, None
