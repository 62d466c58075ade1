# SPDX-License-Identifier: AGPL-3.0-or-later
"""The real alternative: the same Debian packages, installed with apt into a plain Debian 13 and started."""

import contextlib
import http.client
import pathlib
import shutil
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/board"))
FOLDER = TOP / "target/bench"


def shell(script, **options):
    return subprocess.run(["/bin/bash", "-c", script], check=True, text=True, capture_output=True, **options).stdout


def until_healthy(port, path, good, seconds=60):
    """Seconds until a server on this machine's loopback answers well."""
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            if connection.getresponse().status in good:
                return time.monotonic() - start
        time.sleep(0.002)
    raise AssertionError(f"nothing healthy at {port}{path}")


class Debian:
    """A Debian 13 with some packages downloaded, thrown away after each round (an overlay)."""

    def __init__(self, *packages):
        self.base, self.packages = FOLDER / "debian", packages
        if not (self.base / ".ready").exists():
            shutil.rmtree(self.base, ignore_errors=True)
            FOLDER.mkdir(parents=True, exist_ok=True)
            # The lists stay: packages are downloaded from inside.
            shell(
                f'. {TOP}/scripts/lib.sh; board_sources | mmdebstrap --quiet --variant=apt --skip=cleanup/apt '
                f'--include=ca-certificates,python3 trixie {self.base} - && touch {self.base}/.ready'
            )
        self.chroot("apt-get install --yes --no-install-recommends --download-only " + " ".join(packages))

    def chroot(self, command, root=None):
        return shell(f"DEBIAN_FRONTEND=noninteractive chroot {root or self.base} {command}")

    @contextlib.contextmanager
    def round(self):
        """A fresh copy; unmounted and deleted at the end."""
        work, root = FOLDER / "work", FOLDER / "root"
        for folder in (work / "upper", work / "work", root):
            folder.mkdir(parents=True, exist_ok=True)
        layers = f"lowerdir={self.base},upperdir={work}/upper,workdir={work}/work"
        shell(f"mount -t overlay overlay -o {layers} {root} && mount -t proc proc {root}/proc")
        try:
            yield root
        finally:
            shell(f"umount {root}/proc; umount {root}; rm -rf {work}")

    def install(self, root):
        self.chroot("apt-get install --yes --no-install-recommends --no-download " + " ".join(self.packages), root)


def memory(pid):
    """(RSS, PSS) of a process in bytes."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    fields = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in text.splitlines()[1:]}
    return fields["Rss"], fields["Pss"]
