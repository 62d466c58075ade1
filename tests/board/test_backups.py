# SPDX-License-Identifier: AGPL-3.0-or-later
"""Backups by the real restic, to another disk, and back."""

import io
import tarfile

import pytest
from clients import add_event, post_note, read_events, read_notes
from manifests import SERVICES

DISK = "/run/commonhost/disks/test"
CHECKSUMS = "cd /data/services/radicale && find collections -name '*.ics' -exec sha256sum {} + | sort"


@pytest.fixture(scope="module")
def place(serving):
    """Another disk, as far as the board can tell, and a repository on it."""
    serving.shell(f"mkdir -p {DISK} && mount -t tmpfs -o size=256m backup {DISK}")
    words = serving.api("POST", "/backups/key", {})["words"]
    serving.do("POST", "/backups/repositories", {"title": "USB", "kind": "disk", "disk": "test"})
    return {"id": serving.api("GET", "/backups")["repositories"][0]["id"], "words": words}


def subjects(board):
    return {row["subject"]: row for row in board.api("GET", "/backups")["repositories"][0]["subjects"]}


def test_every_service_is_backed_up_tried_and_restored(healthy, place, passwords):
    board = healthy
    mark, text = add_event(board, passwords["radicale"]), post_note(board, passwords["snac"])
    before = board.shell(CHECKSUMS)
    board.do("POST", "/backups/run", {}, seconds=180)
    for name, row in subjects(board).items():
        assert row["backup"] and not row["problem"], (name, row)
    for service in SERVICES:
        board.do("POST", f"/backups/repositories/{place['id']}/test", {"service": service}, seconds=180)
        assert subjects(board)[service]["proven"]
    later = add_event(board, passwords["radicale"])
    for service in ("radicale", "snac"):
        backup = subjects(board)[service]["backup"]
        path = f"/backups/repositories/{place['id']}/backups/{backup}/restore"
        board.do("POST", path, {}, seconds=180)
    board.wait_running("radicale", "snac")
    assert board.shell(CHECKSUMS) == before
    events = read_events(board, passwords["radicale"])
    assert mark in events and later not in events
    assert text in read_notes(board)


def test_the_words_alone_open_the_repository_with_plain_restic(serving, place):
    listed = serving.run("/bin/sh", "-c", f"RESTIC_PASSWORD='{place['words']}' restic -r {DISK}/commonhost-backup "
                                          "--no-cache --no-lock snapshots --json")
    assert "service-radicale" in listed.stdout


def test_data_are_taken_along_as_one_archive(healthy, place, passwords):
    """A download of what is there now, and one of a backup, opened by Python as by any computer."""
    board = healthy
    mark = add_event(board, passwords["radicale"])
    older = {"repository": place["id"], "backup": subjects(board)["radicale"]["backup"]}
    for body, holds in (({"service": "radicale"}, True), (older, False)):
        board.do("POST", "/exports", body, seconds=180)
        name = board.api("GET", "/exports")[0]["name"]
        headers = {"Authorization": f"Bearer {board.token}"}
        fetched = board.request(f"{board.name}.local", "GET", f"/api/v1/exports/{name}", headers=headers)
        assert fetched.status == 200, fetched.text
        with tarfile.open(fileobj=io.BytesIO(fetched.body)) as archive:
            names = archive.getnames()
        assert any(path.startswith("radicale/collections") for path in names), names
        assert any(path.endswith(f"{mark}.ics") for path in names) == holds, names
        board.api("DELETE", f"/exports/{name}")


def test_a_disk_that_is_gone_is_a_clear_finding_and_harms_nothing(healthy, place):
    board = healthy
    board.shell(f"umount {DISK}")
    job = board.job(board.api("POST", "/backups/run", {}), 120)
    assert job["state"] == "failed" and "not connected" in job["message"], job
