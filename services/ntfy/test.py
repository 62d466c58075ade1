#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages as the phone app gets them: sent, waited for, kept from others."""

import json
import pathlib
import sys
import threading
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from testing import MEMBER, fail, open_connection, request  # noqa: E402

mark = uuid.uuid4().hex[:12]
mine, ours, pushed = f"{MEMBER}_{mark}", f"all_{mark}", f"up{mark}"


def listen(topic, ready, heard):
    """An app that holds a connection open, as it does all day."""
    connection, headers = open_connection()
    connection.request("GET", f"/{topic}/json", headers=headers)
    answer = connection.getresponse()
    for line in answer:
        event = json.loads(line)
        if event["event"] == "open":
            ready.set()
        if event["event"] == "message":
            heard.append(event)
            break
    connection.close()


# An app that listens hears at once what a script sends.
ready, heard = threading.Event(), []
app = threading.Thread(target=listen, args=(mine, ready, heard), daemon=True)
app.start()
if not ready.wait(10):
    fail("the app could not subscribe within 10 s")
request("POST", f"/{mine}", "La porte est ouverte", {"Title": "Atelier", "Priority": "high"}, expect=[200])
app.join(10)
if [(event["message"], event["title"], event["priority"]) for event in heard] != [("La porte est ouverte", "Atelier", 4)]:
    fail(f"the message did not arrive as it was sent: {heard}")

# One that was off gets it later.
kept = request("GET", f"/{mine}/json?poll=1&since=all", expect=[200])
if "La porte est ouverte" not in kept.text:
    fail(f"the message was not kept: {kept.text}")

# Topics of all members, and those that other apps' servers send to.
request("POST", f"/{ours}", "Assembly at six", expect=[200])
request("POST", f"/{pushed}", b"\x00\x01", member=None, expect=[200])
if '"message"' not in request("GET", f"/{pushed}/json?poll=1", expect=[200]).text:
    fail("what another app's server sent did not arrive")

# Nobody else's, and no stranger.
request("POST", "/somebody_door", "x", expect=[403])
request("GET", "/somebody_door/json?poll=1", expect=[403])
for topic in (mine, ours, pushed):
    request("GET", f"/{topic}/json?poll=1", member=None, expect=[403])
    request("GET", f"/{topic}/json?poll=1", password="wrong", expect=[401])
request("POST", f"/{mine}", "x", member=None, headers={"X-Remote-User": MEMBER}, expect=[403])
