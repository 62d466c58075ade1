# SPDX-License-Identifier: AGPL-3.0-or-later
"""Either process is killed at random moments; afterwards desired equals observed."""

import http.client
import os
import random
import threading
import time

from board import eventually

# A killed supervisor is started again by systemd, more and more slowly: 50 rounds take about five minutes.
ROUNDS = int(os.environ.get("COMMONHOST_KILLS", "15"))


def settled(board):
    """Nothing is on its way any more."""
    try:
        jobs = [job for job in board.api("GET", "/jobs") if job["state"] == "running"]
        states = {name: service["state"] for name, service in board.services().items()}
    except (OSError, AssertionError, http.client.HTTPException):
        return None
    return (states,) if not jobs and not {"starting", "removing", "failing"} & set(states.values()) else None


def ask(board, chance, state):
    """One random request that fits the state; it may be cut off in the middle."""
    choices = {
        None: [("PUT", "", {})],
        "stopped": [("POST", "/start", {}), ("DELETE", "", None)],
        "running": [
            ("PUT", "", {"settings": {"forget_deleted_days": chance.randint(1, 300)}}),
            ("POST", "/restart", {}),
            ("POST", "/stop", {}),
            ("DELETE", "", None),
        ],
    }
    method, path, body = chance.choice(choices[state])
    try:
        board.api(method, f"/services/radicale{path}", body)
    except (OSError, AssertionError, http.client.HTTPException):
        return


def test_killed_at_random_moments(serving):
    chance = random.Random(20261121)
    for number in range(ROUNDS):
        state = serving.state("radicale")
        asking = threading.Thread(target=ask, args=(serving, chance, state))
        victim = chance.choice(["commonhost.service", "commonhost-host.service"])
        asking.start()
        time.sleep(chance.uniform(0, 0.4))
        serving.run("systemctl", "kill", "--signal=KILL", victim)
        asking.join()
        (states,) = eventually(f"round {number} settles", lambda: settled(serving), 60)
        unit = serving.show("service-radicale.service", "ActiveState", "LoadState")
        seen = {
            None: unit["LoadState"] == "not-found",
            "stopped": unit["ActiveState"] in ("inactive", "failed"),
            "running": unit["ActiveState"] == "active",
        }
        assert seen.get(states.get("radicale")), f"round {number}: {states} but {unit}"
        assert states["copyparty"] == states["snac"] == "running", f"round {number}: {states}"
    if serving.state("radicale") != "running":
        serving.do("PUT" if serving.state("radicale") is None else "POST",
                   "/services/radicale" + ("" if serving.state("radicale") is None else "/start"), {})
    serving.wait_running("radicale")
    assert serving.run("systemctl", "is-system-running").stdout.strip() == "running"
