# SPDX-License-Identifier: AGPL-3.0-or-later
"""A new board belongs to whoever reads its code."""

import re

from board import eventually


def test_the_code_is_on_the_boot_partition_until_the_board_is_claimed(claimed):
    board = claimed["board"]
    assert not claimed["before"]["claimed"]
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", board.claim_code)
    assert board.claim_code in claimed["shown"]
    assert board.api("GET", "/health")["claimed"]
    file = board.boot / "CLAIM-CODE.TXT"
    eventually("the code is gone from the boot partition", lambda: not file.exists())


def test_a_claimed_board_is_claimed_once(board):
    mallory = {"name": "mallory", "display_name": "", "password": "long enough to be taken"}
    body = {"code": board.claim_code, "board_name": "mine", "member": mallory}
    error = board.api("POST", "/claim", body, expect=(403, 409))
    assert error["error"]["message"]
    assert [member["name"] for member in board.api("GET", "/members") if member["name"] == "mallory"] == []


def test_the_console_showed_the_code(claimed):
    console = claimed["board"].ca_file.parent / "console.log"
    assert claimed["board"].claim_code in console.read_text(errors="replace")
