# SPDX-License-Identifier: AGPL-3.0-or-later
"""From asking for Radicale to its first healthy answer: a board, against apt and a start by hand."""

import contextlib
import ssl
import statistics
import subprocess
import time

from peer import Debian, until_healthy

ROUNDS = 5


def ours(board):
    """Seconds from the PUT to the first healthy answer through the front door over TLS; removed again afterwards."""
    start = time.monotonic()
    accepted = board.api("PUT", "/services/radicale", {})
    while True:
        # Until the name is the board's, its certificate does not hold for it.
        with contextlib.suppress(ssl.SSLCertVerificationError):
            answer = board.request(board.host("radicale"), "GET", "/")
            # 401 is the gate's own answer: it comes as soon as the name leads to a service; health is what the job says.
            if answer.status == 401 and board.state("radicale") == "running":
                break
    took = time.monotonic() - start
    board.job(accepted)
    board.do("DELETE", "/services/radicale")
    board.shell("for m in /run/commonhost/bundles/*; do umount $m; done 2>/dev/null; true")
    return took


def theirs(debian):
    with debian.round() as root:
        start = time.monotonic()
        debian.install(root)
        command = ["chroot", root, "/usr/bin/radicale", "--auth-type=none", "--hosts=127.0.0.1:5299"]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until_healthy(5299, "/.web/", (200,))
            return time.monotonic() - start
        finally:
            server.kill()
            server.wait()


def run(board):
    debian = Debian("radicale")
    rounds = [(ours(board), theirs(debian)) for _ in range(ROUNDS)]
    mine, peer = (statistics.median(column) for column in zip(*rounds))
    yield "enable-radicale", "s", mine, peer, "apt-get install (packages at hand) and start"
