# SPDX-License-Identifier: AGPL-3.0-or-later
"""A service that signs members in by OpenID Connect: Miniflux as Debian packages it, told to be a client of the board.

Its manifest is made here from that of `miniflux`, for the catalog uses a header, which costs members no click.
"""

import html
import json
import re
import shutil
import subprocess
import urllib.parse

import pytest
from board import PASSWORD, STEWARD, TOP
from sandbox import probe

BUNDLES = TOP / "target/bundles/amd64"

CLIENT = """
OAUTH2_PROVIDER=oidc
OAUTH2_CLIENT_ID={{ openid.client }}
OAUTH2_CLIENT_SECRET={{ openid.secret }}
OAUTH2_REDIRECT_URL={{ origin }}/oauth2/oidc/callback
OAUTH2_OIDC_DISCOVERY_ENDPOINT={{ openid.issuer }}
OAUTH2_USER_CREATION=1
"""


def gazette(folder):
    """Miniflux under another name, as a client of the board's provider."""
    services, bundles = folder / "services", folder / "bundles"
    shutil.copytree(TOP / "services/miniflux", services / "gazette")
    for path in (services / "gazette").iterdir():
        if path.suffix != ".svg":
            path.write_text(path.read_text().replace("/var/lib/miniflux", "/var/lib/gazette"))
    manifest = services / "gazette/service.toml"
    text = manifest.read_text().replace('name = "miniflux"', 'name = "gazette"')
    text = re.sub(r'\[sign_in\]\nmethod = "header"\nheader = "X-Remote-User"\n',
                  '[sign_in]\nmethod = "openid"\nredirect = "/oauth2/oidc/callback"\n', text)
    text = text.replace('after = ["db"]\n', 'after = ["db"]\nenvironment = { SSL_CERT_FILE = "%d/authority.pem" }\n')
    text += '\n[files."authority.pem"]\ntemplate = "authority.pem"\n'
    manifest.write_text(text)
    (services / "gazette/authority.pem").write_text("{{ openid.authority }}")
    config = services / "gazette/miniflux.conf.in"
    lines = [line for line in config.read_text().splitlines() if not line.startswith("AUTH_PROXY_")]
    config.write_text("\n".join(lines) + CLIENT)
    bundles.mkdir()
    shutil.copy(BUNDLES / "miniflux.json", bundles / "gazette.json")
    for bundle in json.loads((BUNDLES / "miniflux.json").read_text()):
        (bundles / f"{bundle['digest']}.erofs").symlink_to(BUNDLES / f"{bundle['digest']}.erofs")
    return services, bundles


@pytest.fixture(scope="module")
def client(board, tmp_path_factory):
    """A board with that service beside the others."""
    tmp_path = tmp_path_factory.mktemp("gazette")
    services, bundles = gazette(tmp_path)
    command = ["cargo", "run", "--quiet", "-p", "release", "--bin", "commonhost-catalog", "--", "build",
               "--services", services, "--bundles", bundles, "--arch", "amd64", "--out", tmp_path,
               "--key", TOP / "target/keys/catalog.key", "--days", "2"]
    subprocess.run(command, check=True, cwd=TOP)
    there = [board.disk / "commonhost/bundles" / name for name in ("catalog.json", "catalog.sig")]
    for path in there:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tmp_path / path.name, path)
    board.api("POST", "/catalog/refresh", {})
    try:
        board.enable("gazette")
        board.wait_running("gazette", seconds=120)
        yield board
    finally:
        if board.state("gazette"):
            board.do("DELETE", "/services/gazette")
        for path in there:
            path.unlink()
        board.api("POST", "/catalog/refresh", {})


class Browser:
    """Follows redirects across the board's names, with the cookies of each, as browsers do."""

    def __init__(self, board):
        self.board, self.jars, self.way = board, {}, []

    def open(self, url, fields=None):
        for _ in range(12):
            parts = urllib.parse.urlsplit(url)
            assert parts.scheme == "https", url
            jar = self.jars.setdefault(parts.hostname, {})
            headers = {"Accept": "text/html", "Cookie": "; ".join(f"{key}={value}" for key, value in jar.items())}
            body = None
            if fields is not None:
                body = urllib.parse.urlencode(fields)
                headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://{parts.hostname}",
                            "Sec-Fetch-Site": "same-origin"}
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            answer = self.board.request(parts.hostname, "POST" if body else "GET", path or "/", body, headers)
            self.way.append(f"{answer.status} {parts.hostname}{parts.path}")
            for value in answer.headers.get_all("Set-Cookie") or []:
                key, _, rest = value.partition("=")
                jar[key] = rest.partition(";")[0]
            if answer.status not in (302, 303):
                return url, answer
            url, fields = urllib.parse.urljoin(url, answer.headers["Location"]), None
        raise AssertionError(f"round and round: {self.way}")


def test_miniflux_signs_a_member_in_by_the_boards_provider(client):
    board = client
    here, there = f"https://{board.name}.local", f"https://{board.host('gazette')}"
    browser = Browser(board)
    _, page = browser.open(f"{here}/sign-in", {"name": STEWARD, "password": PASSWORD, "to": ""})
    assert page.status == 200, browser.way
    # The front door lets her through; the reader has not met her yet.
    url, page = browser.open(f"{there}/")
    assert page.status == 200 and "/oauth2/oidc/redirect" in page.text, (browser.way, page.text[:500])
    # One click: to the board, which knows her and asks nothing, and back. The reader fetches what the board says of
    # itself, redeems the code, checks the signature and asks who she is: all that over TLS by the board's own name.
    url, page = browser.open(f"{there}/oauth2/oidc/redirect")
    assert page.status == 200 and "/logout" in page.text or "/feeds" in page.text, (browser.way, page.text[:500])
    assert f"303 {board.name}.local/openid/authorize" in browser.way, browser.way
    _, page = browser.open(f"{there}/settings")
    assert html.escape(STEWARD) in page.text, page.text[:2000]

    # Who signed out of the board has no way in any more, whatever the reader keeps.
    other = Browser(board)
    _, page = other.open(f"{there}/oauth2/oidc/redirect")
    assert 'action="/sign-in"' in page.text, other.way


def test_it_reaches_the_boards_front_door_and_nothing_else_on_its_loopback(client):
    reached = probe(client, "service-gazette", f"""
        import socket
        def connect(host, port):
            return refused(lambda: socket.create_connection((host, port), 3).close())
        tell({{
            "door": connect("127.0.0.80", 443),
            "name": socket.gethostbyname("{client.name}.local"),
        }})
        """)
    assert reached == {"door": None, "name": "127.0.0.80"}
    shown = client.show("service-gazette", "IPAddressAllow", "IPAddressDeny")
    assert "127.0.0.80/32" in shown["IPAddressAllow"] and "127.0.0.0/8" in shown["IPAddressDeny"]
