# SPDX-License-Identifier: AGPL-3.0-or-later
"""A board is lost, and everything comes back onto a new one from its backups.

COMMONHOST_LOST_INSTANCE chooses their set of boards, beside the one board of the other tests.
"""

import json
import os

import pytest
from board import Board, attempt, eventually
from clients import add_event, post_note, read_events, read_notes

INSTANCE = os.environ.get("COMMONHOST_LOST_INSTANCE", "5")
DISK = "/run/commonhost/disks/test"
CHECKSUMS = "cd /data/services/radicale && find collections -name '*.ics' -exec sha256sum {} + | sort"


@pytest.fixture(scope="module")
def boards():
    """A board, and a new one."""
    try:
        started = attempt("--detach", "--json", "--fresh", "--boards", "2", instance=INSTANCE)
        assert started.returncode == 0, started.stderr
        described = json.loads(started.stdout)
        yield [Board(described, number, INSTANCE) for number in (1, 2)]
    finally:
        if not os.environ.get("COMMONHOST_TEST_KEEP"):
            attempt("--stop", instance=INSTANCE)


def plug_in(board):
    """Another disk, as far as the board can tell."""
    board.shell(f"mkdir -p {DISK} && mount -t tmpfs -o size=256m backup {DISK}")


def asks(board, words):
    body = {"code": board.claim_code, "words": words, "place": {"kind": "disk", "disk": "test"}}
    board.api("POST", "/restore", body)


def test_everything_comes_back_onto_a_new_board(boards):
    lost, new = boards
    lost.claim("oak")
    for service in ("radicale", "snac"):
        lost.enable(service)
    lost.wait_running("radicale", "snac")
    passwords = {service: lost.app_password(service)["secret"] for service in ("radicale", "snac")}
    mark, text = add_event(lost, passwords["radicale"]), post_note(lost, passwords["snac"])
    plug_in(lost)
    words = lost.api("POST", "/backups/key", {})["words"]
    lost.do("POST", "/backups/repositories", {"title": "USB", "kind": "disk", "disk": "test"})
    lost.do("POST", "/backups/run", {}, seconds=300)
    before = lost.shell(CHECKSUMS)
    packed = lost.shell(f"tar -C {DISK} -c commonhost-backup | base64 -w0")
    lost.cut()

    plug_in(new)
    new.run("/bin/sh", "-c", f"base64 -d | tar -C {DISK} -x", input=packed)
    # Somebody else's key is told from a damaged disk, and costs nothing.
    asks(new, "legal winner thank year wave sausage worth useful legal winner thank yellow")
    failed = eventually("it fails", lambda: new.api("GET", "/restore")["state"] == "failed", 120)
    assert failed and "does not open" in new.api("GET", "/restore")["message"]

    asks(new, words)
    # It comes back as oak, with the authority that devices trust and the sessions and tokens of its members.
    back = new
    back.ca_file, back.name, back.token = lost.ca_file, lost.name, lost.token

    def claimed():
        try:
            return back.api("GET", "/health")["claimed"]
        except (OSError, AssertionError):
            return False

    eventually("the board is back", claimed, 180)
    back.wait_running("radicale", "snac", seconds=240)
    assert back.shell(CHECKSUMS) == before
    assert mark in read_events(back, passwords["radicale"])
    assert text in read_notes(back)
    jobs = [job for job in back.api("GET", "/jobs") if job["kind"] == "restore-board"]
    assert [job["state"] for job in jobs] == ["done"], jobs
    # It goes on where the other one stopped.
    back.do("POST", "/backups/run", {}, seconds=300)
