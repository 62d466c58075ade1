# SPDX-License-Identifier: AGPL-3.0-or-later
"""A card in a machine: the file that is shipped, on a larger disk, in QEMU without hardware help."""

import json
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/board"))

from board import Board, eventually  # noqa: E402

WORK = TOP / "target/card"
# A card of a usual size; what is empty takes no room.
CARD_BYTES = 8 << 30


def run(script, *arguments, **options):
    """A piece of bash with the scripts' functions."""
    text = f". {shlex.quote(str(TOP))}/scripts/lib.sh; . $COMMONHOST_TOP/scripts/lib/workshop.sh; {script}"
    return subprocess.run(["bash", "-c", text, "bash", *map(str, arguments)], check=True, text=True, **options)


def build(board, *options):
    """The path of the image of a board, built when it is not up to date."""
    command = [TOP / "scripts/build-image", "--board", board, *options]
    return pathlib.Path(subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout.strip())


class Control:
    """QEMU's own connection (QMP): resets of the machine, those it made and those it is told to make."""

    def __init__(self, path):
        def connect():
            control = socket.socket(socket.AF_UNIX)
            try:
                control.connect(str(path))
                return control
            except OSError:
                control.close()

        self.socket = eventually("QEMU answers", connect, 60)
        self.stream = self.socket.makefile("rw")
        self.resets = 0
        self.tell("qmp_capabilities")
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.stream:
            event = json.loads(line)
            if event.get("event") == "RESET" and event["data"]["guest"]:
                self.resets += 1

    def tell(self, command):
        self.socket.sendall(json.dumps({"execute": command}).encode() + b"\n")


class Machine(Board):
    def __init__(self, board, architecture, arguments):
        WORK.mkdir(parents=True, exist_ok=True)
        instance = int(os.environ.get("COMMONHOST_TEST_INSTANCE", "8"))
        self.board, self.architecture, self.arguments = board, architecture, arguments
        self.card, self.log, self.control = (WORK / f"{board}.{kind}" for kind in ("img", "log", "qmp"))
        self.ca_file, self.token, self.name, self.process = WORK / f"{board}.pem", None, "commonhost", None
        self.plain, self.port = 18000 + instance, 18400 + instance

    def flash(self, image):
        """What a person does with an image writer."""
        self.card.unlink(missing_ok=True)
        with self.card.open("wb") as card:
            if image.suffix == ".xz":
                subprocess.run(["xz", "-dc", image], check=True, stdout=card)
            else:
                subprocess.run(["cp", "--sparse=always", image, self.card], check=True)
        os.truncate(self.card, CARD_BYTES)

    def start(self):
        self.log.unlink(missing_ok=True)
        self.control.unlink(missing_ok=True)
        network = f"user,id=n,hostfwd=tcp:127.0.0.1:{self.plain}-:80,hostfwd=tcp:127.0.0.1:{self.port}-:443"
        command = [
            "timeout", "--foreground", "7200", f"qemu-system-{self.architecture}", *self.arguments, "-smp", "2", "-m", "1024", "-display", "none",
            "-accel", "tcg,thread=multi", "-monitor", "none", "-serial", f"file:{self.log}", "-netdev", network,
            "-qmp", f"unix:{self.control},server=on,wait=off", "-drive", f"if=none,id=card,format=raw,file={self.card}",
        ]  # fmt: skip
        text = f". {shlex.quote(str(TOP))}/scripts/lib.sh; . $COMMONHOST_TOP/scripts/lib/workshop.sh; in_workshop qemu \"$@\""
        self.process = subprocess.Popen(["bash", "-c", text, "bash", *command], cwd=WORK, start_new_session=True)
        self.qemu = Control(self.control)

    def stop(self):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(30)

    def cut(self):
        """The power fails and comes back."""
        self.qemu.tell("system_reset")

    # --- what is seen from outside -----------------------------------------------

    def console(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def plain_request(self, path):
        """A request without TLS, or nothing while the board is not there."""
        import urllib.error
        import urllib.request

        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.plain}{path}", timeout=5) as answer:
                return answer.read()
        except (OSError, urllib.error.URLError):
            return None

    def wait_up(self, seconds=420):
        def health():
            assert self.process.poll() is None, f"the machine ended:\n{self.console()[-3000:]}"
            return self.plain_request("/api/v1/health")

        found = eventually(lambda: f"the board answers; its console ends:\n{self.console()[-3000:]}", health, seconds, 1)
        self.ca_file.write_bytes(self.plain_request("/ca.pem"))
        return json.loads(found)

    def read_code(self):
        """The claim code, from the console as a person would."""
        found = eventually("the code is shown", lambda: re.search(r"Code +([0-9A-Z]{4}-[0-9A-Z]{4})", self.console()), 60)
        self.claim_code = found[1]
        return self.claim_code

    def file(self, partition_mebibyte, name):
        """A file of one of the card's FAT partitions, as it is on the card; None when there is none."""
        script = f'in_workshop forge mcopy -n -i "$1@@{partition_mebibyte}M" "::/$2" -'
        try:
            return run(script, self.card, name, capture_output=True).stdout
        except subprocess.CalledProcessError:
            return None
