# SPDX-License-Identifier: AGPL-3.0-or-later
"""The image for PCs: the shipped file, started by UEFI from an NVMe disk."""

import hashlib

import pytest
from machine import CARD_BYTES, TOP, Machine, build, run

FIRMWARE = "/usr/share/OVMF"


@pytest.fixture(scope="module")
def image():
    return build("pc")


def start(image):
    """A machine with this image on its disk, switched on."""
    run("open_workshop qemu amd64 qemu-system-arm qemu-system-x86 ovmf ipxe-qemu")
    variables = TOP / "target/card/pc.vars"
    machine = Machine("pc", "x86_64", [
        "-M", "q35", "-cpu", "max", "-device", "nvme,drive=card,serial=card", "-device", "e1000e,netdev=n",
        # The chipset's watchdog resets the machine, as it does on a PC.
        "-global", "ICH9-LPC.noreboot=false",
        "-drive", f"if=pflash,format=raw,readonly=on,file={FIRMWARE}/OVMF_CODE_4M.fd",
        "-drive", f"if=pflash,format=raw,file={variables}",
    ])  # fmt: skip
    variables.write_bytes((TOP / f"target/workshop/qemu{FIRMWARE}/OVMF_VARS_4M.fd").read_bytes())
    machine.flash(image)
    machine.start()
    return machine


@pytest.fixture(scope="module")
def machine(image):
    machine = start(image)
    try:
        yield machine
    finally:
        machine.stop()


def test_it_starts_unclaimed_and_shows_its_code(machine):
    assert machine.wait_up() | {"claimed": False, "status": "ok"} == machine.wait_up()
    assert machine.read_code()


def test_it_is_claimed_over_the_network_and_runs_a_service(machine):
    machine.claim("oak")
    machine.do("PUT", "/services/radicale", {"settings": {}}, seconds=180)
    machine.wait_running("radicale", seconds=120)


def test_the_data_partition_fills_the_disk(machine):
    disk = machine.api("GET", "/board")["readings"]["disk_total"]
    assert disk > 0.7 * CARD_BYTES


def test_after_the_power_failed_all_is_there(machine):
    machine.cut()
    assert machine.wait_up()["claimed"]
    machine.wait_running("radicale", seconds=180)
    assert "data partition was damaged" not in machine.console()


def test_the_code_is_gone_from_the_disk(machine):
    assert machine.file(4, "CLAIM-CODE.TXT") is None
    # So that the answer above means something.
    assert "Commonhost" in machine.file(4, "README.TXT")


def test_a_second_build_makes_the_same_bytes(image):
    first = hashlib.sha256(image.read_bytes()).hexdigest()
    assert build("pc", "--again") == image
    assert hashlib.sha256(image.read_bytes()).hexdigest() == first
