# SPDX-License-Identifier: AGPL-3.0-or-later
"""The image for the Raspberry Pi: its own kernel, initramfs, root and programs for arm64, on QEMU's general machine.

QEMU has no firmware of a Raspberry Pi: what that would load from the slot is handed over here, and the drivers for a
Pi's own hardware are not tried."""

import pytest
from machine import WORK, Machine, build, run

# Where the first slot begins, in MiB: 4 and the 64 of BOOTSEL (scripts/build-image).
SLOT = 68


@pytest.fixture(scope="module")
def machine():
    WORK.mkdir(parents=True, exist_ok=True)
    image = build("pi", "--raw")
    run("open_workshop qemu amd64 qemu-system-arm qemu-system-x86 ovmf ipxe-qemu")
    for name in ("kernel8.img", "initrd8", "cmdline.txt"):
        run('in_workshop forge mcopy -n -i "$1@@$2M" "::/$3" "$4"', image, SLOT, name, WORK / name)
    # The firmware unpacks it as well.
    run('gzip -dc "$1" >"$2"', WORK / "kernel8.img", WORK / "kernel8")
    words = (WORK / "cmdline.txt").read_text().split()
    # Its serial line has another name, and the firmware would have told the slot.
    words = [word for word in words if not word.startswith("console=")] + ["console=ttyAMA0", "commonhost.slot=a"]
    machine = Machine("pi", "aarch64", [
        "-M", "virt", "-cpu", "cortex-a53", "-kernel", str(WORK / "kernel8"), "-initrd", str(WORK / "initrd8"),
        "-append", " ".join(words), "-device", "virtio-blk-pci,drive=card", "-device", "virtio-net-pci,netdev=n",
    ])  # fmt: skip
    machine.flash(image)
    machine.start()
    try:
        yield machine
    finally:
        machine.stop()


def test_it_starts_is_claimed_and_runs_a_service(machine):
    assert not machine.wait_up()["claimed"]
    assert machine.read_code()
    machine.claim("oak")
    machine.do("PUT", "/services/radicale", {"settings": {}}, seconds=180)
    machine.wait_running("radicale", seconds=120)


def test_after_the_power_failed_all_is_there(machine):
    machine.cut()
    assert machine.wait_up()["claimed"]
    machine.wait_running("radicale", seconds=180)
    assert "data partition was damaged" not in machine.console()
