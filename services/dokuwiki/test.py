#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A page written and read by the API and in the browser, and what must stay closed."""

import base64
import json
import os
import pathlib
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from testing import MEMBER, fail, request  # noqa: E402

mark = uuid.uuid4().hex[:12]
API = "/lib/exe/jsonrpc.php"


def call(method, expect=(200,), member=MEMBER, **arguments):
    body = json.dumps({"jsonrpc": "2.0", "id": "1", "method": method, "params": arguments})
    who = {} if member == MEMBER else {"member": member}
    answer = request("POST", API, body, {"Content-Type": "application/json"}, expect=list(expect), **who)
    return json.loads(answer.text) if answer.status == 200 else None


def result(method, **arguments):
    answer = call(method, **arguments)
    if answer.get("error", {}).get("code", 0) != 0:
        fail(f"{method}: {answer['error']}")
    return answer["result"]


who = result("core.whoAmI")
if who["login"] != MEMBER:
    fail(f"the wiki takes {MEMBER} for {who}")

# A page, its text, its author, its earlier version; a file beside it.
page = f"tests:page-{mark}"
result("core.savePage", page=page, text=f"====== Compte rendu {mark} ======\n**Présents** : tous", summary="first", isminor=False)
result("core.savePage", page=page, text=f"====== Compte rendu {mark} ======\n**Présents** : presque tous", summary="second", isminor=False)
if "presque tous" not in result("core.getPage", page=page, rev=0):
    fail("the page that came back is another one")
history = result("core.getPageHistory", page=page, first=0)
if {version["author"] for version in history} != {MEMBER}:
    fail(f"the author is not {MEMBER}: {history}")
media = f"tests:file-{mark}.odt"
result("core.saveMedia", media=media, base64=base64.b64encode(b"minutes").decode(), overwrite=False)
shown = request("GET", f"/tests/page-{mark}", expect=[200])
if "<strong>Présents</strong>" not in shown.text:
    fail(f"the page is not shown: {shown.text[:500]}")
if request("GET", f"/_media/tests/file-{mark}.odt", expect=[200]).body != b"minutes":
    fail("the file that came back is another one")
for asset in ("/lib/exe/css.php?t=dokuwiki", "/lib/exe/js.php?t=dokuwiki", "/lib/exe/jquery.php"):
    if len(request("GET", asset, expect=[200]).body) < 10_000:
        fail(f"{asset} is not what the pages need")

# What is no page is not served, and nothing is run that was uploaded.
for path in ("/conf/local.php", "/board-conf/dokuwiki.php", "/inc/init.php", "/bin/wiki.php", "/data/pages/start.txt",
             "/lib/plugins/authboard/plugin.info.txt", "/lib/plugins/../../conf/local.php"):
    answer = request("GET", path)
    if answer.status == 200 and ("$conf" in answer.text or "authboard" in answer.text or "<?php" in answer.text):
        fail(f"{path} shows what it must not")
answer = call("core.saveMedia", media=f"tests:{mark}.php", base64=base64.b64encode(b"<?php echo 6*7;").decode(), overwrite=False,
              expect=(200, 400))
if answer is not None and answer.get("error", {}).get("code", 0) == 0:
    fail("a PHP file could be uploaded")
result("core.deleteMedia", media=media)
result("core.savePage", page=page, text="", summary="", isminor=False)

# A member who is no steward is no administrator; a stranger reads nothing.
other, password = os.environ.get("OTHER"), os.environ.get("OTHER_PASSWORD")
if other and password:
    administration = request("GET", "/start?do=admin", member=other, password=password, headers={"X-Remote-Groups": "stewards"})
    if "page=config" in administration.text or "page=acl" in administration.text:
        fail("a member who is no steward sees the administration")
for headers in ({}, {"X-Remote-User": MEMBER}):
    request("GET", "/start", member=None, headers=headers, expect=[401])
    request("POST", API, "{}", member=None, headers=headers, expect=[401])
request("GET", "/start", password="wrong", expect=[401])
