#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The reader as a browser opens it, and as an app with an API key uses it. FEED in the environment is the address
of a feed that the board can fetch."""

import html
import json
import os
import pathlib
import re
import sys
import urllib.parse
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from testing import MEMBER, eventually, fail, request  # noqa: E402

mark = uuid.uuid4().hex[:12]
jar = {}


def browse(method, path, fields=None):
    headers = {"Cookie": "; ".join(f"{key}={value}" for key, value in jar.items())}
    body = None
    if fields is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urllib.parse.urlencode(fields)
    answer = request(method, path, body, headers, expect=[200, 302])
    for value in answer.headers.get_all("Set-Cookie") or []:
        key, _, rest = value.partition("=")
        jar[key] = rest.partition(";")[0]
    return answer


# The first visit makes the member's account.
browse("GET", "/")
page = browse("GET", "/unread").text
if 'action="/login"' in page or "/logout" not in page and "/feeds" not in page:
    fail(f"{MEMBER} is not signed in: {page[:300]}")

# An app gets a key of its own.
form = browse("GET", "/keys/create").text
token = re.search(r'name="csrf" value="([^"]+)"', form)
if not token:
    fail("the form for a key has no token")
browse("POST", "/keys/save", {"csrf": html.unescape(token[1]), "description": f"test {mark}"})
keys = browse("GET", "/keys").text
at = keys.find(mark)
found = re.findall(r'value="([A-Za-z0-9_=-]{30,})"|<td>([A-Za-z0-9_=-]{30,})</td>', keys[max(0, at - 2000):at + 2000])
if at < 0 or not found:
    fail(f"the key is not shown: {keys[max(0, at - 500):at + 1500]}")
key = [value for pair in found for value in pair if value][0]


def app(method, path, body=None, expect=(200,), key=key):
    headers = {"X-Auth-Token": key, "Content-Type": "application/json"}
    answer = request(method, path, None if body is None else json.dumps(body), headers, member=None, expect=list(expect))
    return json.loads(answer.text) if answer.text.strip() else None


me = app("GET", "/v1/me")
if me["username"] != MEMBER or me["is_admin"]:
    fail(f"the key is not {MEMBER}'s, or makes an administrator: {me}")
category = app("POST", "/v1/categories", {"title": f"Test {mark}"}, (201,))
outline = f'<?xml version="1.0"?><opml version="2.0"><body><outline text="{mark}" xmlUrl="https://example.invalid/{mark}"/></body></opml>'
request("POST", "/v1/import", outline, {"X-Auth-Token": key}, member=None, expect=[201])
if mark not in request("GET", "/v1/export", headers={"X-Auth-Token": key}, member=None, expect=[200]).text:
    fail("the feed that was imported is not in the export")
if os.environ.get("FEED"):
    feed = app("POST", "/v1/feeds", {"feed_url": os.environ["FEED"], "category_id": category["id"]}, (201,))
    entries = eventually("the feed's articles are there", lambda: app("GET", f"/v1/feeds/{feed['feed_id']}/entries")["entries"])
    if entries[0]["title"] != "Bonjour":
        fail(f"the articles are others: {entries}")
    app("DELETE", f"/v1/feeds/{feed['feed_id']}", expect=(204,))
for feed in app("GET", "/v1/feeds"):
    if mark in feed["feed_url"]:
        app("DELETE", f"/v1/feeds/{feed['id']}", expect=(204,))
app("DELETE", f"/v1/categories/{category['id']}", expect=(204,))

# No stranger: neither by a header nor with another key, nor at the board's database.
app("GET", "/v1/me", expect=(401,), key="wrong")
for headers in ({}, {"X-Remote-User": MEMBER}):
    request("GET", "/unread", member=None, headers=headers, expect=[401])
    request("GET", "/v1/me", member=None, headers=headers, expect=[401])
request("GET", "/unread", password="wrong", expect=[401])
