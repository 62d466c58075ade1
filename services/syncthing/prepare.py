# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes the board's device once, and sets before each start what is the board's to decide. `check` looks whether a
restored device is whole."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

STATE = os.environ.get("STATE_DIRECTORY", "/var/lib/syncthing")
HOME, CONFIG = f"{STATE}/config", f"{STATE}/config/config.xml"
# On a board nobody is asked, nothing reports home, and software comes from the board's own catalog.
OPTIONS = {
    "listenAddress": "tcp://:22000, quic://:22000",
    "localAnnounceEnabled": "false",
    "natEnabled": "false",
    "stunKeepaliveStartS": "0",
    "urAccepted": "-1",
    "urSeen": "3",
    "crashReportingEnabled": "false",
    "autoUpgradeIntervalH": "0",
    "startBrowser": "false",
    "setLowPriority": "false",
    "announceLANAddresses": "false",
}
# Its page is behind a socket that only the door opens.
GUI = {"address": f"{STATE}/gui.sock", "unixSocketPermissions": "0600", "insecureAdminAccess": "true",
       "insecureSkipHostcheck": "true", "theme": "default"}


def set_to(parent, name, values):
    for old in parent.findall(name):
        parent.remove(old)
    for value in values:
        ElementTree.SubElement(parent, name).text = value


def check():
    for name in ("cert.pem", "key.pem"):
        if not os.path.getsize(f"{HOME}/{name}"):
            sys.exit(f"{name} is empty")
    ElementTree.parse(CONFIG)


def prepare():
    os.umask(0o077)
    os.makedirs(f"{STATE}/folders", exist_ok=True)
    if not os.path.exists(CONFIG):
        subprocess.run(["/usr/bin/syncthing", "generate", f"--home={HOME}", "--no-default-folder", "--skip-port-probing"],
                       check=True, env={**os.environ, "HOME": STATE})
    tree = ElementTree.parse(CONFIG)
    options, gui = tree.find("options"), tree.find("gui")
    with open(os.path.join(os.environ["CREDENTIALS_DIRECTORY"], "options")) as file:
        chosen = dict(line.strip().split("=", 1) for line in file if "=" in line)
    for name, value in {**OPTIONS, **chosen}.items():
        set_to(options, name, value.split(", "))
    # It would ask for a password of its own: the door asks already.
    set_to(options, "unackedNotificationID", [])
    gui.set("enabled", "true")
    for name, value in GUI.items():
        set_to(gui, name, [value])
    for name in ("user", "password"):
        set_to(gui, name, [])
    folder = tree.find("defaults/folder")
    if folder is not None:
        folder.set("path", f"{STATE}/folders")
    tree.write(f"{CONFIG}.new", encoding="unicode")
    os.replace(f"{CONFIG}.new", CONFIG)


check() if sys.argv[1:] == ["check"] else prepare()
