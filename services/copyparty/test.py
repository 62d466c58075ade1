#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files as a WebDAV app uses them. OTHER in the environment names a second member whose folder must stay closed."""

import os
import pathlib
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from testing import MEMBER, URL, fail, request  # noqa: E402

other = os.environ.get("OTHER", "somebody-else")
mark = uuid.uuid4().hex
folder = f"/u/{MEMBER}/test-{mark}"
content = b"Compte rendu de l'assembl\xc3\xa9e\n" + os.urandom(300_000)

# Its own folder: make, write, list, read, rename, delete.
request("MKCOL", folder, expect=[201])
request("PUT", f"{folder}/minutes.bin", content, expect=[201])
if request("GET", f"{folder}/minutes.bin", expect=[200]).body != content:
    fail("the file that came back is another one")
listing = request("PROPFIND", f"{folder}/", headers={"Depth": "1"}, expect=[207])
if "minutes.bin" not in listing.text:
    fail(f"the file is not in the listing: {listing.text[:500]}")
request("PUT", f"{folder}/minutes.bin", b"second edition", expect=[201, 204])
if request("GET", f"{folder}/minutes.bin", expect=[200]).body != b"second edition":
    fail("writing again did not replace the file")
request("MOVE", f"{folder}/minutes.bin", headers={"Destination": f"{URL}{folder}/old.bin"}, expect=[201, 204])
request("GET", f"{folder}/old.bin", expect=[200])
request("DELETE", f"{folder}/", expect=[200, 204])
request("GET", f"{folder}/old.bin", expect=[404])

# The shared one.
request("PUT", f"/shared/{mark}.txt", b"for all of us", expect=[201])
if request("GET", f"/shared/{mark}.txt", expect=[200]).body != b"for all of us":
    fail("the shared file that came back is another one")
request("DELETE", f"/shared/{mark}.txt", expect=[200, 204])

# Nobody else's.
request("PROPFIND", f"/u/{other}/", headers={"Depth": "1"}, expect=[401, 403, 404])
request("PUT", f"/u/{other}/{mark}.txt", b"x", expect=[401, 403, 404])

# No stranger, whatever a header says.
for headers in ({}, {"X-Remote-User": MEMBER}, {"X-Remote-User": MEMBER, "X-Remote-Groups": "admin"}):
    request("PROPFIND", f"/u/{MEMBER}/", member=None, headers={"Depth": "0", **headers}, expect=[401])
    request("PUT", f"/shared/{mark}.txt", b"x", member=None, headers=headers, expect=[401, 403])
request("PROPFIND", f"/u/{MEMBER}/", password="wrong", headers={"Depth": "0"}, expect=[401])
