#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""XMPP as the members' apps speak it (RFC 6120, 6121; XEP-0045, 0313, 0363), and the page's way in."""

import json
import pathlib
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from testing import HOST, MEMBER, OTHER, OTHER_PASSWORD, PASSWORD, fail, port, request  # noqa: E402
from xmpp import App, Refused  # noqa: E402

mark = uuid.uuid4().hex
address = port("apps")


def app(member, password):
    return App(HOST, address, member, password)


# The certificate is that of the name, and nobody speaks before it was shown.
alice, bob = app(MEMBER, PASSWORD), app(OTHER, OTHER_PASSWORD)
if alice.jid.split("/")[0] != f"{MEMBER}@{HOST}":
    fail(f"the server calls {MEMBER} {alice.jid}")
for member, password in ((MEMBER, "wrong"), (MEMBER, OTHER_PASSWORD), ("nobody", PASSWORD)):
    try:
        app(member, password)
    except Refused:
        continue
    fail(f"{member} came in with a password that is not theirs")

# Everybody is in everybody's list, and sees who is there.
if f"{OTHER}@{HOST}" not in alice.roster():
    fail(f"{OTHER} is not among the contacts of {MEMBER}: {alice.roster()}")
alice.send("<presence/>")
bob.send("<presence/>")
alice.until(lambda stanza: stanza.tag.endswith("presence") and stanza.get("from", "").startswith(f"{OTHER}@"), "presence")

# A message arrives at once, and one that was missed is found later (only one's own).
bob.message(f"{MEMBER}@{HOST}", f"Salut {mark}")
alice.until(lambda stanza: mark in "".join(stanza.itertext()), "the message")
later = app(MEMBER, PASSWORD)
if mark not in later.archive():
    fail("the message is not in the archive")
try:
    later.archive(of=f"{OTHER}@{HOST}")
    fail("a member reads another's archive")
except Refused:
    pass

# A room.
room = f"r{mark[:8]}@rooms.{HOST}"
alice.join(room, "a")
bob.join(room, "b")
bob.message(room, f"All {mark}", kind="groupchat")
alice.until(lambda stanza: stanza.get("type") == "groupchat" and f"All {mark}" in "".join(stanza.itertext()), "the room")

# A picture goes by HTTP, to an address that XMPP gives.
picture = b"\xff\xd8\xff\xe0"
put, headers, get = alice.slot("photo.jpg", len(picture))
request("PUT", put, picture, member=None, expect=[401, 403])
request("PUT", put, picture, {"Authorization": "Bearer x"}, member=None, expect=[401, 403])
request("PUT", put, picture, headers, member=None, expect=[200, 201])
if request("GET", get, member=None, expect=[200]).body != picture:
    fail("the picture came back changed")

# The page: for members; its way in is good once, for them alone, and no stranger gets one.
page = request("GET", "/", expect=[200])
if "converse" not in page.text or "default-src 'self'" not in page.headers["Content-Security-Policy"]:
    fail("the page is not the chat's")
request("GET", "/converse.min.js", expect=[200])
stranger = request("GET", "/session", member=None, headers={"X-Remote-User": MEMBER})
if stranger.status == 200:
    fail("a stranger got a way in")
word = json.loads(request("GET", "/session", expect=[200]).body)
if word["jid"] != f"{MEMBER}@{HOST}":
    fail(f"a way in for {word['jid']}")
app(MEMBER, word["password"]).close()
for member in (MEMBER, OTHER):
    try:
        app(member, word["password"])
        fail("a way in was good twice, or for another")
    except Refused:
        pass
ways = json.loads(request("GET", "/.well-known/host-meta.json", member=None, expect=[200]).body)
if ways["links"][0]["href"] != f"wss://{HOST}/xmpp-websocket":
    fail(f"clients are led to {ways}")
