# SPDX-License-Identifier: AGPL-3.0-or-later
"""An update of the image for PCs, from the shipped file and from signed releases over the network: N to N+1."""

import json

import pytest
from board import eventually
from machine import TOP, build
from releases import Releases
from test_pc import start

NEXT = "0.2.0"


class Card:
    """A claimed board with a service, and somewhere to update from."""

    def __init__(self, machine, releases):
        self.machine, self.releases = machine, releases

    def view(self):
        """What the board says about its system, or nothing while it is away."""
        try:
            return self.machine.api("GET", "/system/releases")
        except (OSError, AssertionError, ValueError):
            return None

    def wait(self, what, condition, seconds=900):
        def holds():
            assert self.machine.process.poll() is None, f"the machine ended:\n{self.machine.console()[-3000:]}"
            view = self.view()
            return view if view and condition(view) else None

        said = lambda: f"{what}; the board says {self.view()}; its console ends:\n{self.machine.console()[-3000:]}"  # noqa: E731
        return eventually(said, holds, seconds, 1)

    def update(self, slot):
        """Publishes a slot's files and takes them. Returns what the board says when it is decided, and its restarts."""
        self.releases.publish(slot)
        version = json.loads((slot / "MANIFEST.json").read_text())["version"]
        self.machine.api("POST", "/system/releases/look", {})
        self.wait(f"{version} is offered", lambda view: view["offered"] and view["offered"]["version"] == version)
        return self.decided(version, "/system/releases/install")

    def decided(self, version, asked):
        before = self.machine.qemu.resets
        self.machine.api("POST", asked, {})
        decided = lambda view: view["last"] and view["last"]["version"] == version  # noqa: E731
        return self.wait(f"{version} is decided", decided), self.machine.qemu.resets - before

    def all_is_there(self):
        self.machine.wait_running("radicale", seconds=240)
        assert "data partition was damaged" not in self.machine.console()


@pytest.fixture(scope="module")
def slot():
    """The folder with N+1's slot."""
    build("pc", "--version", NEXT, "--raw")
    return TOP / f"target/image/slot-{NEXT}-pc"


@pytest.fixture(scope="module")
def card(slot):
    machine = start(build("pc", "--raw"))
    releases = Releases("pc")
    try:
        with releases.served() as url:
            assert not machine.wait_up()["claimed"]
            machine.read_code()
            machine.claim("oak")
            machine.do("PUT", "/services/radicale", {"settings": {}}, seconds=180)
            machine.wait_running("radicale", seconds=120)
            machine.api("PUT", "/system/releases", {"automatic": False, "source": url})
            yield Card(machine, releases)
    finally:
        machine.stop()


def test_n_to_the_next(card, slot):
    first = card.wait("it is known what runs", lambda view: view["running"]["image"])["running"]["image"]
    view, restarts = card.update(slot)
    assert (view["running"]["image"], view["last"]["kept"], view["back"]) == (NEXT, True, first)
    assert restarts == 1
    card.all_is_there()
