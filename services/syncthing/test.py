#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A folder in step between the board and a computer that runs Syncthing itself (Debian: syncthing); the page for
stewards only."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
import uuid
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from testing import MEMBER, OTHER, OTHER_PASSWORD, eventually, fail, port, request  # noqa: E402

mark = uuid.uuid4().hex[:10]
host, number = port("devices")

# Who is no steward opens nothing.
other = {"member": OTHER, "password": OTHER_PASSWORD}
if "Stewards open this page" not in request("GET", "/", expect=[200], **other).text:
    fail(f"{OTHER} is not told that the page is for stewards")
for path in ("/rest/system/config", "/rest/config", "/rest/system/browse?current=/", "//rest/config", "/rest/noauth/../config"):
    request("GET", path, expect=[400, 403, 404], **other)

# A steward does, with the token that the page gives.
page = request("GET", "/", expect=[200])
cookie = next(value.split(";")[0] for value in page.headers.get_all("Set-Cookie") if value.startswith("CSRF-Token"))
name, _, token = cookie.partition("=")
headers = {"Cookie": cookie, f"X-{name}": token, "Content-Type": "application/json"}


def board(method, path, body=None):
    return request(method, path, None if body is None else json.dumps(body), headers, expect=[200])


identity = json.loads(board("GET", "/rest/system/status").body)["myID"]
options = json.loads(board("GET", "/rest/config/options").body)
if options["globalAnnounceEnabled"] or options["relaysEnabled"] or options["natEnabled"] or options["urAccepted"] != -1:
    fail(f"the board announces itself: {options}")


class Computer:
    """Somebody's computer."""

    def __init__(self, home):
        self.home = home
        subprocess.run(["syncthing", "generate", f"--home={home}"], check=True, capture_output=True)
        tree = ElementTree.parse(f"{home}/config.xml")
        for folder in tree.findall("folder"):
            tree.getroot().remove(folder)
        settings = {"listenAddress": "tcp://127.0.0.1:0", "globalAnnounceEnabled": "false", "localAnnounceEnabled": "false",
                    "relaysEnabled": "false", "natEnabled": "false", "urAccepted": "-1", "crashReportingEnabled": "false",
                    "autoUpgradeIntervalH": "0", "reconnectionIntervalS": "1"}
        for key, value in settings.items():
            for old in tree.find("options").findall(key):
                tree.find("options").remove(old)
            ElementTree.SubElement(tree.find("options"), key).text = value
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        tree.find("gui/address").text = self.address
        self.key = tree.find("gui/apikey").text
        tree.write(f"{home}/config.xml")
        command = ["syncthing", "serve", f"--home={home}", "--no-browser", "--no-restart"]
        quiet = {**os.environ, "STNOUPGRADE": "1"}
        with open(f"{home}/log", "w") as log:
            self.process = subprocess.Popen(command, env=quiet, stdout=log, stderr=log, start_new_session=True)
        self.identity = eventually("the computer's Syncthing runs", self.who)

    def ask(self, method, path, body=None):
        sent = urllib.request.Request(f"http://{self.address}{path}", method=method, headers={"X-API-Key": self.key})
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(sent, data, timeout=20) as answer:
            return answer.read()

    def who(self):
        try:
            return json.loads(self.ask("GET", "/rest/system/status"))["myID"]
        except OSError:
            return None

    def end(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(20)


def let_in(computer):
    """What a steward does on the page, and the computer's owner on the computer."""
    folder = pathlib.Path(computer.home) / "shared"
    computer.ask("PUT", f"/rest/config/devices/{identity}", {"deviceID": identity, "addresses": [f"tcp://{host}:{number}"]})
    computer.ask("PUT", f"/rest/config/folders/{mark}", {
        "id": mark, "path": str(folder), "devices": [{"deviceID": identity}], "rescanIntervalS": 5})
    # A device that no steward let in stays outside, and is shown.
    pending = "/rest/cluster/pending/devices"
    eventually("the board shows the new device", lambda: computer.identity in board("GET", pending).text)
    if connected(computer):
        fail("a device is connected that nobody let in")
    devices.append({"deviceID": computer.identity})
    board("PUT", f"/rest/config/devices/{computer.identity}", {"deviceID": computer.identity, "name": MEMBER})
    board("PUT", f"/rest/config/folders/{mark}", {
        "id": mark, "path": f"/var/lib/syncthing/folders/{mark}", "devices": devices, "rescanIntervalS": 5})
    eventually("the folder is there", folder.is_dir)
    return folder


def connected(computer):
    found = json.loads(board("GET", "/rest/system/connections").body)["connections"]
    return found.get(computer.identity, {}).get("connected", False)


def on_the_board():
    found = json.loads(board("GET", f"/rest/db/status?folder={mark}").body)
    return found["localFiles"] == 1 and found["needFiles"] == 0 and found["state"] == "idle"


devices = []
with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
    computers = []
    try:
        computers.append(Computer(first))
        (let_in(computers[0]) / "notes.txt").write_text(f"Bonjour {mark}\n")
        computers[0].ask("POST", f"/rest/db/scan?folder={mark}")
        eventually("the file is on the board", on_the_board, 60)
        # The first computer is off: what another one gets comes from the board.
        computers.pop().end()
        computers.append(Computer(second))
        copy = let_in(computers[0]) / "notes.txt"
        eventually("the file is on the other computer", copy.is_file, 60)
        if copy.read_text() != f"Bonjour {mark}\n":
            fail("the file is not what it was")
        # A device that is taken out is cut off.
        board("DELETE", f"/rest/config/devices/{computers[0].identity}")
        eventually("the device is cut off", lambda: not connected(computers[0]))
    finally:
        for computer in computers:
            computer.end()
        board("DELETE", f"/rest/config/folders/{mark}")
        for device in json.loads(board("GET", "/rest/config/devices").body):
            if device["deviceID"] != identity:
                board("DELETE", f"/rest/config/devices/{device['deviceID']}")
