# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes snac's data folder, or brings it up to date, and lays our settings over its own."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

data = pathlib.Path(os.environ["STATE_DIRECTORY"], "data")
server = data / "server.json"

if not server.exists():
    # Left over when the power failed while the folder was made: nobody has an account in it yet.
    shutil.rmtree(data, ignore_errors=True)
    new = data.with_name(data.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    answers = "127.0.0.1\n8001\nlocalhost\n\n\n"
    subprocess.run(["/usr/bin/snac", "init", new], input=answers, text=True, check=True, stdout=subprocess.DEVNULL)
    new.rename(data)

values = json.loads(server.read_text())
values.update(json.loads(pathlib.Path(os.environ["CREDENTIALS_DIRECTORY"], "server.json").read_text()))
if values.get("cssurls") == [""]:
    values["cssurls"] = []
temporary = server.with_suffix(".tmp")
with open(temporary, "w") as file:
    json.dump(values, file, indent=4)
    file.flush()
    os.fsync(file.fileno())
temporary.replace(server)

shutil.copytree("/usr/share/snac/lang", data / "lang", dirs_exist_ok=True)
# `snac upgrade` ends with status 1 when all is well, and says so.
upgrade = subprocess.run(["/usr/bin/snac", "upgrade", data], text=True, capture_output=True)
if not upgrade.stderr.rstrip().endswith("OK"):
    sys.exit(f"snac could not bring its data up to date: {upgrade.stderr.strip()}")
