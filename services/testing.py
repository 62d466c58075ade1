# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the services' tests share: a client that meets a service through the front door, as a member's app does.

From the environment:
  URL          the service, such as https://calendar.example.org
  MEMBER, PASSWORD   a member and the (app) password made for this service
  CA_FILE      certificate of the authority to trust, unless it is a public one
  CONNECT      HOST:PORT to connect to instead of what the name in URL resolves to
  OTHER, OTHER_PASSWORD   another member, for tests that need two
  PORTS        JSON, from a port of the board to the HOST:PORT it is reached at, for what is not HTTP
"""

import base64
import http.client
import json
import os
import socket
import ssl
import sys
import time
import tomllib
import urllib.parse

URL = os.environ["URL"].rstrip("/")
MEMBER = os.environ["MEMBER"]
PASSWORD = os.environ["PASSWORD"]
OTHER, OTHER_PASSWORD = os.environ.get("OTHER"), os.environ.get("OTHER_PASSWORD")
CA_FILE = os.environ.get("CA_FILE")
_target = urllib.parse.urlsplit(URL)
HOST = _target.hostname


def _connect_elsewhere(address):
    """Every library asks this for the address of a name; the name itself stays in TLS and in `Host`."""
    host, port = address.rsplit(":", 1)
    original = socket.getaddrinfo

    def getaddrinfo(name, asked, *args, **kwargs):
        if name == HOST:
            name, asked = host.strip("[]"), int(port)
        return original(name, asked, *args, **kwargs)

    socket.getaddrinfo = getaddrinfo


CONNECT = os.environ.get("CONNECT")
if CONNECT:
    _connect_elsewhere(CONNECT)


def fail(message):
    sys.exit(f"{os.path.basename(os.path.dirname(os.path.abspath(sys.argv[0])))}: {message}")


def port(listener):
    """Where `[listen.<listener>]` of the tested service is reached: host and port."""
    folder = os.path.dirname(os.path.abspath(sys.argv[0]))
    with open(os.path.join(folder, "service.toml"), "rb") as file:
        number = tomllib.load(file)["listen"][listener]["port"]
    found = json.loads(os.environ.get("PORTS", "{}")).get(str(number))
    host, _, number = (found or f"{HOST}:{number}").rpartition(":")
    return host, int(number)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")


def open_connection(member=MEMBER, password=PASSWORD):
    """A connection to the service, and the headers that every request of this member carries."""
    headers = {"User-Agent": "commonhost-test"}
    if member is not None:
        credentials = base64.b64encode(f"{member}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {credentials}"
    if _target.scheme == "https":
        context = ssl.create_default_context(cafile=CA_FILE)
        return http.client.HTTPSConnection(HOST, _target.port, timeout=30, context=context), headers
    return http.client.HTTPConnection(HOST, _target.port, timeout=30), headers


def eventually(what, condition, seconds=30, every=0.2):
    """Waits until `condition()` is true, and returns what it gave."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            fail(f"not within {seconds} s: {what}")
        time.sleep(every)
    return value


# How often a board is asked again that says that the service starts: after an update, or a copy for which it stood still.
PATIENCE = 60


def request(method, path, body=None, headers=None, member=MEMBER, password=PASSWORD, expect=None):
    """One request; `member=None` for a stranger. `expect` is the status codes that are right. Made again, like apps do,
    while the board says when to come back: then nothing of it has reached the service."""
    for _ in range(PATIENCE):
        answer = request_once(method, path, body, headers, member, password)
        later = answer.headers.get("Retry-After") if answer.status == 503 else None
        if later is None or (expect is not None and 503 in expect):
            break
        time.sleep(int(later))
    if expect is not None and answer.status not in expect:
        fail(f"{method} {path}: {answer.status}, not {expect}: {answer.text[:300]}")
    return answer


def request_once(method, path, body, headers, member, password):
    if path.startswith(("http:", "https:")):
        address = urllib.parse.urlsplit(path)
        if address.hostname != HOST:
            fail(f"{path} is on another host than {HOST}")
        path = urllib.parse.urlunsplit(("", "", address.path, address.query, ""))
    connection, common = open_connection(member, password)
    headers = {**common, **(headers or {})}
    if isinstance(body, str):
        body = body.encode()
    try:
        connection.request(method, path, body=body, headers=headers)
        answer = Answer(connection.getresponse())
    except OSError as error:
        fail(f"{method} {path}: {error}")
    finally:
        connection.close()
    return answer
