#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A book is made (Debian: zim-tools), put on the shelf by WebDAV as a steward does, found, read, and taken away.

MEMBER is a steward. OTHER and OTHER_PASSWORD in the environment name a member who is none: they read, and cannot
change the shelf.
"""

import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import uuid
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from testing import eventually, fail, request  # noqa: E402

if not shutil.which("zimwriterfs"):
    fail("zimwriterfs is missing: apt-get install zim-tools")
mark = uuid.uuid4().hex[:12]
PAGE = "<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>"


def png(size):
    """A picture of one colour: every book has one."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\x30\x60\x40" * size) * size
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def book():
    with tempfile.TemporaryDirectory() as folder:
        pages = pathlib.Path(folder, "pages")
        pages.mkdir()
        for name, text in (("index.html", f"Jardin {mark}"), ("bees.html", "Bees winter in a cluster.")):
            (pages / name).write_text(PAGE.format(title=name.split(".")[0].capitalize(), text=text))
        (pages / "icon.png").write_bytes(png(48))
        made = pathlib.Path(folder, "book.zim")
        command = ["zimwriterfs", "--welcome=index.html", "--illustration=icon.png", "--language=eng", f"--name=test_{mark}",
                   f"--title=Garden {mark}", "--description=A book for a test", "--creator=Commonhost",
                   "--publisher=Commonhost", pages, made]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            fail(f"zimwriterfs: {done.stdout}{done.stderr}")
        return made.read_bytes()


def listed():
    return f"Garden {mark}" in request("GET", "/catalog/v2/entries?count=-1", expect=[200]).text


content, name = book(), f"garden-{mark}"
request("PUT", f"/zim/{name}.zim", content, expect=[200, 201, 204])
eventually("the book is listed", listed)

# Read as a browser does; found by its text; copied whole.
request("GET", "/", expect=[200])
page = request("GET", f"/content/{name}/index.html", expect=[200])
if f"Jardin {mark}" not in page.text:
    fail(f"the page is another one: {page.text[:300]}")
found = request("GET", f"/search?content={name}&pattern=winter", expect=[200])
if "bees.html" not in found.text:
    fail(f"the full-text search does not find the word: {found.text[:500]}")
if request("GET", f"/zim/{name}.zim", expect=[200]).body != content:
    fail("the book that came back is another one")

# A member who is no steward reads, and cannot change the shelf. A stranger cannot even read.
other, password = os.environ.get("OTHER"), os.environ.get("OTHER_PASSWORD")
if other and password:
    request("GET", f"/content/{name}/index.html", member=other, password=password, expect=[200])
    for method, path in (("PUT", "/zim/x.zim"), ("DELETE", f"/zim/{name}.zim"), ("GET", "/zim/"), ("PUT", "/zim/../x.zim"),
                         ("PUT", "/zi%6d/x.zim"), ("PUT", "//zim/x.zim")):
        request(method, path, b"x", member=other, password=password, expect=[400, 403, 404, 405, 500, 501])
    request("PUT", "/zim/x.zim", b"x", {"X-Remote-Groups": "stewards"}, member=other, password=password, expect=[403])
for headers in ({}, {"X-Remote-User": "alice", "X-Remote-Groups": "stewards"}):
    request("GET", f"/content/{name}/index.html", member=None, headers=headers, expect=[401])
    request("PUT", "/zim/x.zim", b"x", member=None, headers=headers, expect=[401])

request("DELETE", f"/zim/{name}.zim", expect=[200, 204])
eventually("the book is gone from the list", lambda: not listed())
