# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the board's own processes take, idle with three services, and how soon they answer; against Cockpit."""

import statistics
import subprocess
import time

from peer import Debian, memory, until_healthy

ROUNDS = 5
SERVICES = ("copyparty", "radicale", "snac")


def board_pids():
    """The newest board's two processes, as this machine numbers them."""
    found = [subprocess.run(["pgrep", "-nx", name], capture_output=True, text=True) for name in ("commonhostd", "commonhost-host")]
    return [int(process.stdout) for process in found]


def cold_start(board):
    """Seconds from the supervisor's start to its first answer of /api/v1/health, measured on the board."""
    script = """
import http.client, subprocess, time
subprocess.run(["systemctl", "stop", "commonhost.service"], capture_output=True)
start = time.monotonic()
subprocess.run(["systemctl", "start", "commonhost.service"], check=True)
while True:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", 80, timeout=5)
        connection.request("GET", "/api/v1/health")
        if connection.getresponse().status == 200:
            break
    except OSError:
        pass
print(time.monotonic() - start)
"""
    return float(board.run("/usr/bin/python3", "-c", script).stdout)


def run(board):
    for service in SERVICES:
        board.enable(service)
    board.wait_running(*SERVICES)
    starts = [cold_start(board) for _ in range(ROUNDS)]
    board.wait_running(*SERVICES)
    time.sleep(30)
    rss, pss = (sum(column) for column in zip(*map(memory, board_pids())))

    debian, their_starts = Debian("cockpit-ws", "cockpit-bridge"), []
    with debian.round() as root:
        debian.install(root)
        for _ in range(ROUNDS):
            command = ["chroot", root, "/usr/lib/cockpit/cockpit-ws", "--no-tls", "--port=5298", "--address=127.0.0.1"]
            server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                their_starts.append(until_healthy(5298, "/ping", (200,)))
                their_rss, their_pss = memory(server.pid)
            finally:
                server.kill()
                server.wait()
    peer = "cockpit-ws (web server alone)"
    yield "idle-rss", "bytes", rss, their_rss, peer
    yield "idle-pss", "bytes", pss, their_pss, peer
    yield "cold-start", "s", statistics.median(starts), statistics.median(their_starts), peer
