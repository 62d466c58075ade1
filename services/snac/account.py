# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes a member's account with the given password, or locks it (`account.py add|remove`). Safe to repeat.

snac has no command that sets a given password, but stores `nonce:sha1(nonce:account:password)` in user.json.
The password is a random one made by the board, so the weak hash guards nothing that can be guessed.
"""

import hashlib
import json
import os
import pathlib
import re
import secrets
import subprocess
import sys

data = pathlib.Path(os.environ["STATE_DIRECTORY"], "data")
member = os.environ["MEMBER"]
# snac's accounts have only letters, digits and underscores.
account = re.sub(r"[^a-z0-9_]", "_", member)
folder = data / "user" / account
owner = folder / "commonhost-member"


def write(path, text):
    temporary = path.with_name(path.name + ".tmp")
    with open(temporary, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def set_user(**values):
    path = folder / "user.json"
    user = json.loads(path.read_text())
    user.update(values)
    write(path, json.dumps(user, indent=4))


def revoke_apps():
    for path in (data / "token").glob("*.json"):
        try:
            token = json.loads(path.read_text())
        except (OSError, ValueError):
            continue
        if token.get("uid") == account:
            path.unlink(missing_ok=True)


def add():
    if owner.exists() and owner.read_text() != member:
        sys.exit(f"the account {account} belongs to the member {owner.read_text()}: choose another sign-in name")
    name = os.environ.get("DISPLAY_NAME", "").strip() or member
    if not (folder / "user.json").exists():
        subprocess.run(["/usr/bin/snac", "adduser", data, account], check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL)
        set_user(name=name)
    if not owner.exists():
        write(owner, member)
    password = pathlib.Path(os.environ["CREDENTIALS_DIRECTORY"], "password").read_text().rstrip("\n")
    nonce = secrets.token_hex(8)
    digest = hashlib.sha1(f"{nonce}:{account}:{password}".encode()).hexdigest()
    set_user(passwd=f"{nonce}:{digest}")


def remove():
    if (folder / "user.json").exists():
        set_user(passwd=f"locked:{secrets.token_hex(20)}")
    revoke_apps()


{"add": add, "remove": remove}[sys.argv[1]]()
