# SPDX-License-Identifier: AGPL-3.0-or-later
"""One board keeps another's backups: oak keeps elm's. restic itself, through the pinned channel.

COMMONHOST_PAIR_INSTANCE chooses their set of boards, beside the one board of the other tests.
"""

import json
import os

import pytest
from board import Board, attempt, eventually
from clients import add_event, read_events
from test_pairing import pair, standing

INSTANCE = os.environ.get("COMMONHOST_PAIR_INSTANCE", "6")
CHECKSUMS = "cd /data/services/radicale && find collections -name '*.ics' -exec sha256sum {} + | sort"
HELD = "/data/commonhost/held"
DELETE = """
import http.client, socket, sys
peer = http.client.HTTPConnection("peer")
peer.sock = socket.socket(socket.AF_UNIX)
peer.sock.connect(sys.argv[1])
peer.request("DELETE", sys.argv[2])
assert peer.getresponse().status == 200
"""
FORGET = """
import sqlite3
database = sqlite3.connect("/data/commonhost/state.db", timeout=60)
database.execute("DELETE FROM repository_check")
database.commit()
"""


@pytest.fixture(scope="module")
def three():
    """Oak and elm, which are paired and agreed that oak keeps elm's backups; and a new board."""
    try:
        started = attempt("--detach", "--json", "--fresh", "--boards", "3", instance=INSTANCE)
        assert started.returncode == 0, started.stderr
        described = json.loads(started.stdout)
        oak, elm, new = (Board(described, number, INSTANCE) for number in (1, 2, 3))
        oak.claim("oak")
        elm.claim("elm")
        pair(oak, elm, oak.address)
        grant = {"kind": "hold_backups", "gib": 1, "notice": 30}
        body = {"peer": "oak", "giver": "them", "grant": grant}
        agreement = elm.api("POST", "/agreements", body)["id"]
        eventually("oak hears of it", lambda: standing(oak, agreement) == "proposed", 120)
        oak.run("commonhost", "agreement", "accept", agreement)
        eventually("elm hears of it", lambda: standing(elm, agreement) == "in_force", 120)
        elm.enable("radicale")
        elm.wait_running("radicale")
        yield oak, elm, new
    finally:
        if not os.environ.get("COMMONHOST_TEST_KEEP"):
            attempt("--stop", instance=INSTANCE)


def held(board, kind):
    """Files of this kind that a board keeps for another."""
    return sorted(board.shell(f"find {HELD}/*/{kind} -type f").split())


def repository(board):
    return board.api("GET", "/backups")["repositories"][0]


def test_backups_go_to_a_peer_that_cannot_read_them(three):
    oak, elm, _ = three
    add_event(elm, elm.app_password("radicale")["secret"])
    elm.words = elm.api("POST", "/backups/key", {})["words"]
    accepted = elm.run("commonhost", "backup", "add", "Oak", "--peer", "oak", "--json").stdout
    ended = elm.job({"job": json.loads(accepted)["job"]}, 180) if "job" in accepted else None
    assert ended is None or ended["state"] == "done", ended
    elm.do("POST", "/backups/run", {}, seconds=600)
    assert held(oak, "snapshots") and held(oak, "data")
    kept = oak.api("GET", "/held")[0]
    assert kept["name"] == "elm" and kept["bytes"] > 0
    readable = oak.shell(f"find {HELD} -type f -exec cat {{}} + | grep -ac VCALENDAR || true")
    assert readable.strip() == "0", "what oak keeps is encrypted"
    place = repository(elm)["id"]
    elm.do("POST", f"/backups/repositories/{place}/test", {"service": "radicale"}, seconds=300)
    radicale = next(one for one in repository(elm)["subjects"] if one["subject"] == "radicale")
    assert radicale["proven"], radicale
    assert elm.shell("stat -c '%a %U %G' /run/commonhost/peers").split() == [
        "2750",
        "commonhost",
        "commonhost-backup",
    ]


def test_what_a_peer_deletes_is_noticed_and_nothing_of_ones_own_is_lost(three):
    oak, elm, _ = three
    pack = held(oak, "data")[0]
    oak.shell(f"mv {pack} /data/commonhost/taken")
    # The next look over is a day later; here the board forgets that it looked today.
    elm.run("python3", "-c", FORGET)
    looked = elm.job(elm.api("POST", "/backups/run", {}), 600)
    assert looked["state"] == "failed" and "damaged" in looked["message"], looked
    place = repository(elm)
    assert "damaged" in place["check_problem"], place
    found = [finding["key"] for finding in elm.api("GET", "/checks")]
    assert f"repository-damaged:{place['id']}" in found, found
    assert elm.state("radicale") == "running"
    oak.shell(f"mv /data/commonhost/taken {pack}")


def test_a_robber_of_the_owners_board_deletes_nothing_for_good(three):
    oak, elm, _ = three
    before = held(oak, "snapshots")
    key = oak.api("GET", "/held")[0]["key"]
    way = elm.shell("ls /run/commonhost/peers/*.sock").strip()
    for snapshot in before:
        name = snapshot.rsplit("/", 1)[1]
        elm.run("python3", "-c", DELETE, way, f"/snapshots/{name}")
    assert oak.api("GET", "/held")[0]["deleted"] > 0
    assert oak.api("POST", f"/held/{key}/bring-back", {})["files"] == len(before)
    assert held(oak, "snapshots") == before


def test_a_lost_board_comes_back_from_its_peer_with_a_code(three):
    oak, elm, new = three
    password = elm.app_password("radicale")["secret"]
    mark = add_event(elm, password)
    elm.do("POST", "/backups/run", {}, seconds=600)
    before = elm.shell(CHECKSUMS)
    code = json.loads(oak.run("commonhost", "peer", "fetch-code", "elm", "--json").stdout)["code"]
    elm.cut()

    body = {"code": new.claim_code, "words": elm.words}
    place = {"kind": "peer", "url": oak.address, "secret": code}
    new.api("POST", "/restore", body | {"place": place})
    new.ca_file, new.name, new.token = elm.ca_file, elm.name, elm.token

    def claimed():
        try:
            return new.api("GET", "/health")["claimed"]
        except (OSError, AssertionError):
            return False

    eventually("elm is back", claimed, 300)
    new.wait_running("radicale", seconds=300)

    def came_back():
        jobs = [job for job in new.api("GET", "/jobs") if job["kind"] == "restore-board"]
        return jobs and jobs[0]["state"] == "done"

    eventually("its data are there", came_back, 300)
    assert new.shell(CHECKSUMS) == before
    assert mark in read_events(new, password)
    # It is elm again to oak, without the code, and backups go on.
    oak.run("commonhost", "peer", "fetch-code", "elm", "--take-back")
    new.do("POST", "/backups/run", {}, seconds=600)
