# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs a program exactly where a unit's own process runs: a copy of the unit with another command.

User, file system, system calls, network: all is as systemd makes it for the unit itself.
"""

import json
import re
import textwrap

# What only one process of a unit may do, or what a probe must not repeat.
LEFT_OUT = re.compile(r"^(ExecStart|ExecStartPre|ExecReload|Type|Restart|RestartSec|RestartSteps|RestartMaxDelaySec|WatchdogSec"
                      r"|Sockets|Requires|After|Wants|StandardOutput|StandardError|WantedBy)=")
PRELUDE = """
import contextlib, ctypes, json, os, socket, stat, sys
libc = ctypes.CDLL(None, use_errno=True)
def refused(act):
    try:
        act()
    except OSError as error:
        return error.strerror
    return None
"""


def probe(board, unit, script):
    """Runs a Python script in the sandbox of `unit`; returns what it gave to `tell()`."""
    text = board.run("systemctl", "cat", f"{unit}.service").stdout
    lines = [line for line in text.splitlines() if not LEFT_OUT.match(line) and not line.startswith("# /")]
    at = lines.index("[Service]") + 1
    name = "probe-" + unit
    lines[at:at] = [
        "Type=oneshot",
        f"ExecStart=/usr/bin/python3 -I -c 'exec(open(0).read())'",
        f"StandardInput=file:/run/{name}.py",
        f"StandardOutput=truncate:/run/{name}.out",
        f"StandardError=truncate:/run/{name}.err",
    ]
    lines = [line for line in lines if line != "[Install]"]
    tell = "\ndef tell(value):\n    print(json.dumps(value))\n"
    board.run("/bin/sh", "-c", f"cat >/run/{name}.py", input=PRELUDE + tell + textwrap.dedent(script))
    board.run("/bin/sh", "-c", f"cat >/run/systemd/system/{name}.service", input="\n".join(lines) + "\n")
    try:
        board.run("systemctl", "daemon-reload")
        done = board.run("systemctl", "start", f"{name}.service", check=False)
        assert done.returncode == 0, done.stderr + board.shell(
            f"cat /run/{name}.err; journalctl -u {name} -n 20 --no-pager -o cat")
        return json.loads(board.run("cat", f"/run/{name}.out").stdout)
    finally:
        board.shell(f"rm -f /run/{name}.* /run/systemd/system/{name}.service; systemctl daemon-reload; "
                    f"systemctl reset-failed {name}.service 2>/dev/null; true")
