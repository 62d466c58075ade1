# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writes which functions the board's two processes run when they start and rest (appliance/supervisor/layout), for
scripts/lib/layout.py; and says how little of each program that is. The programs run under callgrind, in their units."""

import bisect
import os
import pathlib
import re
import shutil
import sys
import time

TOP = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(TOP / "scripts/lib"))
from layout import LISTS, key  # noqa: E402

SERVICES = ("copyparty", "radicale", "snac")
UNITS = {"commonhost-host": "commonhost-host.service", "commonhostd": "commonhost.service"}
VALGRIND = pathlib.Path("/usr/libexec/valgrind")
# The units as they are, but under callgrind, which translates code, and takes its time.
UNDER_CALLGRIND = """[Service]
ExecStart=
ExecStart=/data/valgrind/valgrind --tool=callgrind --dump-instr=yes --callgrind-out-file={out} /usr/lib/commonhost/{program}
Environment=VALGRIND_LIB=/data/valgrind
WatchdogSec=0
TimeoutStartSec=10min
TimeoutStopSec=5min
MemoryDenyWriteExecute=no
SystemCallFilter=
LimitNOFILE=1024
"""


def programs_folder():
    folder = os.environ.get("COMMONHOST_BIN_DIR")
    return pathlib.Path(folder or pathlib.Path(os.environ.get("CARGO_TARGET_DIR", TOP / "target")) / "release")


def functions(program):
    """(address, size, symbol) of every function, from the newest map that the linker wrote."""
    maps = (programs_folder() / "deps").glob(f"{program.replace('-', '_')}-*.map")
    newest = max(maps, key=lambda file: file.stat().st_mtime)
    found, section = [], ""
    for line in newest.read_text().splitlines():
        # VMA, LMA, size and alignment; then the section, or deeper what came from a file, or deeper yet a symbol.
        match = re.fullmatch(r" *([0-9a-f]+) +[0-9a-f]+ +([0-9a-f]+) +[0-9]+( +)(\S.*)", line)
        if match and len(match[3]) == 1:
            section = match[4]
        elif match and len(match[3]) == 17 and section == ".text" and match[2] != "0":
            found.append((int(match[1], 16), int(match[2], 16), match[4]))
    return sorted(found)


def addresses(out, program):
    """Where instructions were run, as callgrind says it: absolute, or relative to the line before."""
    names, current, last, ran = {}, "", 0, set()
    for line in out.splitlines():
        if match := re.match(r"(c?)ob=\((\d+)\)(?: (.*))?", line):
            if match[3]:
                names[match[2]] = match[3]
            if not match[1]:
                current = names[match[2]]
        elif match := re.match(r"(0x[0-9a-f]+|[+-]\d+|\*) ", line):
            word = match[1]
            if word.startswith("0x"):
                last = int(word, 16)
            elif word != "*":
                last += int(word)
            if current.endswith(f"/{program}"):
                ran.add(last)
    return ran


def ran(board, program):
    """The functions that the program ran, and the size of all it has, in bytes."""
    folder = "/data/commonhost" if program == "commonhostd" else "/data/valgrind"
    out, unit = f"{folder}/callgrind.out", UNITS[program]
    drop_in = f"/run/systemd/system/{unit}.d/90-callgrind.conf"
    board.run("mkdir", "-p", str(pathlib.Path(drop_in).parent))
    board.run("tee", drop_in, input=UNDER_CALLGRIND.format(out=out, program=program))
    board.shell(f"systemctl daemon-reload && systemctl restart {unit}")
    board.wait_running(*SERVICES, seconds=600)
    secret = board.app_password("radicale", device=program)["secret"]
    for _ in range(3):
        board.api("GET", "/services")
        board.request(f"{board.name}.local", "GET", "/", timeout=120)
        board.request(board.host("radicale"), "PROPFIND", "/", user=("alice", secret), timeout=120)
        time.sleep(10)
    board.run("rm", drop_in)
    board.shell(f"systemctl daemon-reload && systemctl restart {unit}")
    board.wait_running(*SERVICES, seconds=600)
    known = functions(program)
    starts = [start for start, _, _ in known]
    hit = set()
    for address in addresses(board.run("cat", out).stdout, program):
        start, size, symbol = known[bisect.bisect_right(starts, address) - 1]
        if start <= address < start + size:
            hit.add((start, size, symbol))
    board.run("rm", out)
    return sorted(hit), sum(size for _, size, _ in known)


def run(board):
    for service in SERVICES:
        board.enable(service)
    board.wait_running(*SERVICES)
    shutil.copytree(VALGRIND, board.disk / "valgrind", dirs_exist_ok=True)
    shutil.copy(shutil.which("valgrind.bin") or "/usr/bin/valgrind", board.disk / "valgrind/valgrind")
    board.run("chmod", "-R", "a+rX", "/data/valgrind")
    for program in UNITS:
        hit, size = ran(board, program)
        if not hit:
            sys.exit(f"nothing is known of {program}: is its map the one of the program that ran?")
        (LISTS / program).write_text("".join(f"{line}\n" for line in dict.fromkeys(key(symbol) for *_, symbol in hit)))
        yield f"layout-{program}", "bytes", sum(size for _, size, _ in hit), size, "all of its functions"
