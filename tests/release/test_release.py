# SPDX-License-Identifier: AGPL-3.0-or-later
"""What scripts/release says about a release, from what dpkg, cargo and Debian's security tracker say."""

import json
import pathlib
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "scripts/lib"))

import release  # noqa: E402

STATUS = """Package: zlib1g
Status: install ok unpacked
Version: 1:1.3.dfsg+1-2
Architecture: amd64
Source: zlib (1:1.3.dfsg-2)
Description: compression
 A library.

Package: tzdata
Status: install ok unpacked
Version: 2026b-0
Architecture: all
"""
PACKAGES = "tzdata 2026b-0 all\nlinux-image-6.12.1-amd64 6.12.1-1 amd64\nsystemd-boot-efi 257.9-1 amd64\n"


def test_a_lock_file_names_every_package_and_its_source():
    assert release.lock(STATUS, PACKAGES).splitlines() == [
        "linux-image-6.12.1-amd64 6.12.1-1 amd64 linux 6.12.1-1",
        "systemd-boot-efi 257.9-1 amd64 systemd 257.9-1",
        "tzdata 2026b-0 all tzdata 2026b-0",
        "zlib1g 1:1.3.dfsg+1-2 amd64 zlib 1:1.3.dfsg-2",
    ]


def test_changes_are_what_came_went_or_is_another_version():
    old, new = "a 1 all a 1\nb 1 all b 1\nc 1 all c 1\n", "a 1 all a 1\nb 2 all b 2\nd 1 all d 1\n"
    assert release.changes(old, new).splitlines() == ["b: 1 to 2", "c: gone, was 1", "d: new, 1"]
    assert release.changes(new, new) == ""


def test_the_bill_of_materials_holds_packages_and_crates():
    cargo = (TOP / "Cargo.lock").read_text()
    document = json.loads(release.sbom(release.lock(STATUS, PACKAGES), cargo, "0.2.0", "pc", "1793500000"))
    assert (document["spdxVersion"], document["creationInfo"]["created"]) == ("SPDX-2.3", "2026-11-01T02:26:40Z")
    named = {package["name"]: package for package in document["packages"]}
    assert named["zlib1g"]["externalRefs"][0]["referenceLocator"].endswith("upstream=zlib@1:1.3.dfsg-2")
    assert "serde" in named and "supervisor" not in named
    identifiers = [package["SPDXID"] for package in document["packages"]]
    assert len(set(identifiers)) == len(identifiers)
    related = {relation["relatedSpdxElement"] for relation in document["relationships"]}
    assert related == set(identifiers)


def test_open_holes_are_listed_the_worst_first():
    def hole(status, urgency):
        return {"description": "words", "releases": {"trixie": {"status": status, "urgency": urgency}}}

    data = {
        "zlib": {"CVE-1": hole("open", "low"), "CVE-2": hole("resolved", "high"), "CVE-3": hole("open", "high**")},
        "tzdata": {"CVE-4": hole("open", "unimportant"), "CVE-5": {"releases": {"sid": {"status": "open"}}}},
        "elsewhere": {"CVE-6": hole("open", "high")},
    }
    lines = release.cves(release.lock(STATUS, PACKAGES), data, "trixie").splitlines()
    assert [line.split("\t")[:3] for line in lines] == [
        ["CVE-3", "zlib 1:1.3.dfsg-2", "high"],
        ["CVE-1", "zlib 1:1.3.dfsg-2", "low"],
    ]
