# SPDX-License-Identifier: AGPL-3.0-or-later
"""One fresh board for all tests of this folder, always stopped at the end.

COMMONHOST_TEST_INSTANCE chooses the set of boards (see scripts/try); COMMONHOST_TEST_KEEP leaves the board running
after the tests, to look at.
"""

import json
import os

import pytest
from board import Board, attempt
from manifests import SERVICES


@pytest.fixture(scope="session")
def unclaimed():
    """A board as it leaves the workshop."""
    try:
        started = attempt("--detach", "--json", "--fresh", "--boards", "1")
        assert started.returncode == 0, started.stderr
        yield Board(json.loads(started.stdout))
    finally:
        if not os.environ.get("COMMONHOST_TEST_KEEP"):
            attempt("--stop")


@pytest.fixture(scope="session")
def claimed(unclaimed):
    """The board's first minute: what its boot partition said before and after the claim."""
    shown = (unclaimed.boot / "CLAIM-CODE.TXT").read_text()
    before = unclaimed.api("GET", "/health")
    unclaimed.claim("oak")
    return {"board": unclaimed, "shown": shown, "before": before}


@pytest.fixture(scope="session")
def board(claimed):
    """A board that has a steward."""
    return claimed["board"]


@pytest.fixture(scope="session")
def serving(board):
    """A board with every service of the catalog, running."""
    for service in SERVICES:
        board.enable(service)
    board.wait_running(*SERVICES)
    return board


@pytest.fixture(scope="session")
def passwords(serving):
    """The steward's app password for each service."""
    return {service: serving.app_password(service)["secret"] for service in SERVICES}


@pytest.fixture
def healthy(serving):
    """The services run before the test, and after it."""
    serving.wait_running(*SERVICES)
    yield serving
    serving.wait_running(*SERVICES)
