#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A note, posted as a member with the page's own form, and read as another server of the Fediverse reads it."""

import json
import pathlib
import re
import sys
import urllib.parse
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from testing import HOST, MEMBER, URL, fail, request  # noqa: E402

ACTIVITY = {"Accept": "application/activity+json"}
account = re.sub(r"[^a-z0-9_]", "_", MEMBER)
text = f"Première note {uuid.uuid4().hex}"


def fetch(path):
    """As a stranger: another server has no account here."""
    answer = request("GET", path, headers=ACTIVITY, member=None, expect=[200])
    if "json" not in answer.headers.get("Content-Type", ""):
        fail(f"{path} is {answer.headers.get('Content-Type')}, not ActivityPub JSON")
    return json.loads(answer.body)


# Only the member can post.
form = urllib.parse.urlencode({"content": text, "visibility": "public"})
headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": URL, "Sec-Fetch-Site": "same-origin"}
request("POST", f"/{account}/admin/note", form, headers, member=None, expect=[401])
request("POST", f"/{account}/admin/note", form, headers, member=account, password="wrong", expect=[401])
request("POST", f"/{account}/admin/note", form, headers, member=account, expect=[302, 303])

# From the address a person types to the note.
query = urllib.parse.urlencode({"resource": f"acct:{account}@{HOST}"})
finger = json.loads(request("GET", f"/.well-known/webfinger?{query}", member=None, expect=[200]).body)
actor_url = next(link["href"] for link in finger["links"] if link.get("type") == ACTIVITY["Accept"])
actor = fetch(actor_url)
if actor["preferredUsername"] != account or "publicKeyPem" not in actor["publicKey"]:
    fail(f"the actor is not what others expect: {actor}")
notes = [item["object"] for item in fetch(actor["outbox"])["orderedItems"] if item["type"] == "Create"]
note = next((note for note in notes if text in note["content"]), None)
if note is None:
    fail(f"the note is not among the {len(notes)} in the outbox")
if fetch(note["id"])["attributedTo"] != actor["id"]:
    fail("the note is not attributed to the member")
print(note["id"])
