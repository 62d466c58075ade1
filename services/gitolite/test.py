#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Repositories as git itself uses them, over HTTPS, and as members read them in the browser (Debian: git)."""

import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from testing import CA_FILE, CONNECT, HOST, MEMBER, OTHER, OTHER_PASSWORD, PASSWORD, URL, fail, request  # noqa: E402

mark = uuid.uuid4().hex[:10]
mine, ours = f"{MEMBER}/notes-{mark}", f"shared/plan-{mark}"


def git(*arguments, folder=None, member=MEMBER, password=PASSWORD, works=True):
    ask = tempfile.NamedTemporaryFile("w", suffix=".sh", delete=False)
    with contextlib.closing(ask):
        ask.write('#!/bin/sh\ncase $1 in User*) echo "$GIT_MEMBER" ;; *) echo "$GIT_PASSWORD" ;; esac\n')
    os.chmod(ask.name, 0o700)
    environment = {
        "PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": ask.name,
        "GIT_MEMBER": member, "GIT_PASSWORD": password, "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": member, "GIT_AUTHOR_EMAIL": f"{member}@{HOST}",
        "GIT_COMMITTER_NAME": member, "GIT_COMMITTER_EMAIL": f"{member}@{HOST}",
    }
    options = ["-c", f"http.sslCAInfo={CA_FILE}"] if CA_FILE else []
    if CONNECT:
        options += ["-c", f"http.curloptResolve={HOST}:{CONNECT.rpartition(':')[2]}:{CONNECT.rpartition(':')[0]}"]
    done = subprocess.run(["git", *options, *arguments], cwd=folder, env=environment, text=True, capture_output=True)
    os.unlink(ask.name)
    if (done.returncode == 0) != works:
        fail(f"git {' '.join(arguments)}, as {member}: {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def place(repository):
    port = f":{CONNECT.rpartition(':')[2]}" if CONNECT else ""
    return f"{URL}{port}/git/{repository}.git"


with tempfile.TemporaryDirectory() as home:
    home = pathlib.Path(home)
    # The first push makes the repository; the second is one of many objects.
    git("init", "--quiet", "--initial-branch=main", "work", folder=home)
    work = home / "work"
    (work / "README.md").write_text(f"Diary {mark}\n")
    git("add", ".", folder=work)
    git("commit", "--quiet", "--message=First", folder=work)
    git("push", "--quiet", place(mine), "main", folder=work)
    (work / "large").write_bytes(os.urandom(3 << 20))
    git("add", ".", folder=work)
    git("commit", "--quiet", "--message=Second", folder=work)
    git("push", "--quiet", place(mine), "main", folder=work)
    git("clone", "--quiet", "--branch=main", place(mine), "clone", folder=home)
    if (home / "clone/large").read_bytes() != (work / "large").read_bytes():
        fail("the clone is not what was pushed")

    # It is the member's own: for another, a stranger and a wrong password it is not there.
    other = {"member": OTHER, "password": OTHER_PASSWORD}
    git("ls-remote", place(mine), works=False, **other)
    git("push", place(mine), "main", folder=work, works=False, **other)
    git("push", place(f"{MEMBER}/stolen-{mark}"), "main", folder=work, works=False, **other)
    git("ls-remote", place(mine), works=False, password="wrong")
    request("GET", f"/git/{mine}.git/info/refs?service=git-upload-pack", member=None, expect=[401])
    if mark in request("GET", "/", **other).text:
        fail(f"{OTHER} sees {MEMBER}'s repository")
    if f"Diary {mark}" in request("GET", f"/{mine}/plain/README.md", **other).text:
        fail(f"{OTHER} reads {MEMBER}'s repository")

    # The member sees it in the browser.
    if mine not in request("GET", "/", expect=[200]).text.replace("</a>", ""):
        fail("the repository is not on the page")
    if request("GET", f"/{mine}/plain/README.md", expect=[200]).text != f"Diary {mark}\n":
        fail("the file is not in the browser")
    request("GET", "/cgit/cgit.css", expect=[200])

    # Let in to read, the other reads, and still does not write; taken back, it is gone.
    let_in = f"/git/perms?{mine}+%2B+READERS+{OTHER}"
    request("GET", let_in, expect=[403])
    request("POST", let_in, headers={"Sec-Fetch-Site": "cross-site"}, expect=[403])
    git("ls-remote", place(mine), works=False, **other)
    request("POST", let_in, expect=[200])
    git("ls-remote", place(mine), **other)
    git("push", place(mine), "main:refs/heads/other", folder=work, works=False, **other)
    request("POST", f"/git/perms?{mine}+%2D+READERS+{OTHER}", expect=[200])
    git("ls-remote", place(mine), works=False, **other)

    # What is everybody's.
    git("push", "--quiet", place(ours), "main", folder=work)
    git("clone", "--quiet", "--branch=main", place(ours), "theirs", folder=home, **other)
    (home / "theirs/more").write_text("more\n")
    git("add", ".", folder=home / "theirs")
    git("commit", "--quiet", "--message=More", folder=home / "theirs", **other)
    git("push", "--quiet", place(ours), "main", folder=home / "theirs", **other)
