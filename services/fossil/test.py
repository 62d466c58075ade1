#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A forum post and a ticket as a browser makes them; a clone, and a wiki page that is pushed from it, as the program
fossil does it (Debian: fossil)."""

import contextlib
import html
import http.cookies
import os
import pathlib
import re
import select
import shutil
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from testing import CA_FILE, CONNECT, MEMBER, PASSWORD, URL, fail, request  # noqa: E402

if not shutil.which("fossil"):
    fail("the program fossil is missing: apt-get install fossil")
mark = uuid.uuid4().hex[:12]
cookies = {}


def browse(method, path, body=None, headers=None, expect=(200,)):
    headers = {"Cookie": "; ".join(f"{key}={value}" for key, value in cookies.items()), "Referer": URL + path, **(headers or {})}
    answer = request(method, path, body, headers, expect=list(expect))
    for value in answer.headers.get_all("Set-Cookie") or []:
        cookies.update({key: morsel.value for key, morsel in http.cookies.SimpleCookie(value).items()})
    return answer


def submit(path, button, **fields):
    """Opens a page with a form, fills it in, and sends it by one of its buttons."""
    page = browse("GET", path).text
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    values = {**{key: html.unescape(value) for key, value in hidden}, **fields, button: "1"}
    if "csrf" not in values:
        fail(f"{path} has no form with a token: {page[:400]}")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return browse("POST", path, urllib.parse.urlencode(values), headers, expect=(200, 302))


@contextlib.contextmanager
def tunnel():
    """The program has no word for CONNECT: it asks a proxy, which goes there."""
    if not CONNECT:
        yield {}
        return

    class Tunnel(socketserver.StreamRequestHandler):
        def handle(self):
            while self.rfile.readline().strip():
                pass
            host, port = CONNECT.rsplit(":", 1)
            with socket.create_connection((host.strip("[]"), int(port))) as there:
                self.wfile.write(b"HTTP/1.1 200 Connected\r\n\r\n")
                ends = {self.connection: there, there: self.connection}
                while True:
                    for end in select.select(list(ends), [], [])[0]:
                        received = end.recv(65536)
                        if not received:
                            return
                        ends[end].sendall(received)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = "http://%s:%s/" % server.server_address
        yield {"http_proxy": address, "https_proxy": address}
        server.shutdown()


# The forum: a post, and who wrote it.
submit("/forumnew", "submit", title=f"Assemblée {mark}", content="Qui vient ?", mimetype="text/x-markdown")
forum = browse("GET", "/forum").text
thread = re.search(rf'href="([^"]*/forumpost/[0-9a-f]+)"[^>]*>[^<]*{mark}', forum)
if not thread:
    fail(f"the post is not in the forum: {forum[-1500:]}")
post = browse("GET", urllib.parse.urlsplit(urllib.parse.urljoin(URL + "/", thread[1])).path).text
if "Qui vient" not in post or MEMBER not in post:
    fail("the post is not shown with its author")

# A ticket: the answer leads to it.
made = submit("/tktnew", "submit", title=f"Leak {mark}", type="Incident", comment="The roof leaks.", severity="Minor")
where = urllib.parse.urlsplit(made.headers.get("Location") or "")
if made.status != 302 or not where.path.startswith("/tktview"):
    fail(f"the ticket was not taken: {made.status} {where.geturl()} {made.text[:500]}")
ticket = browse("GET", urllib.parse.urlunsplit(("", "", where.path, where.query, ""))).text
if f"Leak {mark}" not in ticket or "The roof leaks." not in ticket:
    fail(f"the ticket is not shown as it was written: {ticket[-1500:]}")
if f"Leak {mark}" not in browse("GET", "/rptview?rn=1").text:
    fail("the ticket is not in the list of all tickets")

# A copy of everything, as the program makes it, and a page that goes back from it.
with tempfile.TemporaryDirectory() as folder, tunnel() as proxy:
    environment = {**os.environ, "HOME": folder, "USER": MEMBER, **proxy}
    if CA_FILE:
        environment["SSL_CERT_FILE"] = CA_FILE

    def fossil(*arguments):
        done = subprocess.run(["fossil", *arguments], env=environment, cwd=folder, capture_output=True, text=True)
        if done.returncode != 0:
            fail(f"fossil {arguments[0]}: {done.stdout}{done.stderr}")
        return done.stdout

    account = ("--httpauth", f"{MEMBER}:{PASSWORD}")
    fossil("clone", *account, URL, "copy.fossil")
    copied = fossil("sql", "-R", "copy.fossil", "--readonly", "SELECT comment FROM event UNION SELECT title FROM ticket;")
    for written in (f"Assemblée {mark}", f"Leak {mark}"):
        if written not in copied:
            fail(f"“{written}” is not in the copy: {copied[-1000:]}")
    pathlib.Path(folder, "page.md").write_text("The *minutes* of the meeting.")
    fossil("wiki", "create", f"Minutes {mark}", "page.md", "--mimetype", "text/x-markdown", "-R", "copy.fossil")
    fossil("push", *account, "-R", "copy.fossil")
if "<em>minutes</em>" not in browse("GET", f"/wiki?name=Minutes+{mark}").text:
    fail("the page that was pushed is not in the wiki")

# No stranger, whatever a header says.
for headers in ({}, {"X-Remote-User": MEMBER}, {"Remote-User": MEMBER}):
    request("GET", "/forum", member=None, headers=headers, expect=[401])
request("GET", "/forum", password="wrong", expect=[401])
# A member is no administrator of the forum unless they are a steward: OTHER is none.
other, password = os.environ.get("OTHER"), os.environ.get("OTHER_PASSWORD")
if other and password:
    request("GET", "/forum", member=other, password=password, expect=[200])
    answer = request("GET", "/setup_ulist", member=other, password=password, headers={"X-Remote-Groups": "stewards"})
    if answer.status == 200 and "commonhost" in answer.text:
        fail("a member who is no steward sees the users' administration")
