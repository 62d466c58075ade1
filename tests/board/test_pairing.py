# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two booted boards of two owners on one network.

COMMONHOST_PAIR_INSTANCE chooses their set of boards, beside the one board of the other tests.
"""

import json
import os

import pytest
from board import Board, attempt, eventually

INSTANCE = os.environ.get("COMMONHOST_PAIR_INSTANCE", "6")


@pytest.fixture(scope="module")
def two():
    """Oak and elm, each with a steward of its own."""
    try:
        started = attempt("--detach", "--json", "--fresh", "--boards", "2", instance=INSTANCE)
        assert started.returncode == 0, started.stderr
        described = json.loads(started.stdout)
        oak, elm = (Board(described, number, INSTANCE) for number in (1, 2))
        oak.claim("oak")
        elm.claim("elm")
        yield oak, elm
    finally:
        if not os.environ.get("COMMONHOST_TEST_KEEP"):
            attempt("--stop", instance=INSTANCE)


def pair(host, guest, address=None):
    """A code on the host's screen, typed at the guest; both people compare the words and confirm."""
    shown = host.api("POST", "/pairings", {})
    body = {"code": shown["code"]} | ({"address": address} if address else {})
    typed = guest.api("POST", "/pairings", body)
    here = host.api("GET", f"/pairings/{shown['id']}")
    assert here["words"] == typed["words"] and len(here["words"].split()) == 3
    assert (here["peer"]["name"], typed["peer"]["name"]) == (guest.name, host.name)
    host.api("POST", f"/pairings/{shown['id']}/confirm", {"words": here["words"]})
    guest.api("POST", f"/pairings/{typed['id']}/confirm", {"words": typed["words"]})

    def paired():
        return guest.api("GET", f"/pairings/{typed['id']}")["stage"] == "paired"

    eventually("both boards know each other", paired, 60)
    return here["peer"]["key"], typed["peer"]["key"]


def keys(board):
    return {peer["name"]: peer["key"] for peer in board.api("GET", "/peers")}


def test_boards_on_one_network_find_each_other_by_the_code(two):
    oak, elm = two
    key_of_elm, key_of_oak = pair(oak, elm)
    assert keys(oak) == {"elm": key_of_elm}
    assert keys(elm) == {"oak": key_of_oak}


def test_pairing_outlives_a_power_cut_and_ends_with_one_word(two):
    oak, elm = two
    before = keys(oak)
    oak.restart()
    assert keys(oak) == before
    oak.api("DELETE", "/peers/elm")
    assert keys(oak) == {}


def test_a_board_is_reached_by_its_address_and_keeps_its_key(two):
    oak, elm = two
    _, before = pair(elm, oak, elm.address)
    assert keys(oak) == {"elm": before}
    assert list(keys(elm)) == ["oak"], "paired anew, not twice"


def test_the_command_line_speaks_the_same_words(two):
    oak, elm = two
    listed = oak.run("commonhost", "peer", "list", "--json").stdout
    assert [peer["name"] for peer in json.loads(listed)] == ["elm"]
    shown = json.loads(elm.run("commonhost", "peer", "code", "--json").stdout)
    wrong = shown["code"][:-1] + ("1" if shown["code"].endswith("0") else "0")
    refused = oak.run("commonhost", "peer", "pair", wrong, "--address", elm.address, check=False)
    assert refused.returncode == 1 and "ask for a new one" in refused.stderr


def standing(board, agreement):
    views = board.api("GET", "/agreements")
    return next((view["standing"] for view in views if view["id"] == agreement), None)


def test_what_is_agreed_outlives_a_power_cut_and_unpairing_ends_it(two):
    oak, elm = two
    grant = {"kind": "watch", "silence": 5}
    made = oak.api("POST", "/agreements", {"peer": "elm", "giver": "us", "grant": grant})
    agreement = made["id"]
    eventually("elm hears of it", lambda: standing(elm, agreement) == "proposed", 90)
    elm.run("commonhost", "agreement", "accept", agreement)
    oak.restart()
    eventually("oak hears of it", lambda: standing(oak, agreement) == "in_force", 90)

    def seen():
        at_oak, at_elm = oak.api("GET", "/peers/elm"), elm.api("GET", "/peers/oak")
        return at_oak["health"] and at_elm["watched"] and at_elm["heard"]

    eventually("oak knows how elm is, and elm knows that it does", seen, 90)
    assert oak.api("GET", "/peers/elm")["silent"] is None

    elm.api("DELETE", "/peers/oak")
    assert elm.api("GET", "/agreements") == []
    eventually("oak is told", lambda: oak.api("GET", "/peers/elm")["gone"], 90)
    assert oak.api("GET", "/agreements") == []
