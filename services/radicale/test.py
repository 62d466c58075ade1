#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Calendars and contacts as an app uses them: CalDAV by the `caldav` library (Debian: python3-caldav), CardDAV by hand."""

import pathlib
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from testing import CA_FILE, MEMBER, PASSWORD, URL, fail, request  # noqa: E402

try:
    import caldav
except ImportError:
    fail("the Python library caldav is missing: apt-get install python3-caldav")

mark = uuid.uuid4().hex
EVENT = f"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Commonhost//Test//EN
BEGIN:VEVENT
UID:{mark}@test
DTSTAMP:20260101T000000Z
DTSTART:20261224T170000Z
DTEND:20261224T180000Z
SUMMARY:Assemblée générale {mark}
END:VEVENT
END:VCALENDAR
"""
CARD = f"""BEGIN:VCARD
VERSION:3.0
UID:{mark}
FN:Zoë Test
N:Test;Zoë;;;
EMAIL:zoe@example.org
END:VCARD
""".replace("\n", "\r\n")


def calendars():
    client = caldav.DAVClient(f"{URL}/{MEMBER}/", username=MEMBER, password=PASSWORD, ssl_verify_cert=CA_FILE or True)
    principal = client.principal()
    calendar = principal.make_calendar(name=f"Test {mark}")
    calendar.save_event(EVENT)

    # A second app, which knows nothing but the address.
    again = caldav.DAVClient(URL, username=MEMBER, password=PASSWORD, ssl_verify_cert=CA_FILE or True).principal()
    found = [other for other in again.calendars() if other.url == calendar.url]
    if not found:
        fail("the new calendar is not in the list of calendars")
    events = found[0].events()
    if len(events) != 1 or f"Assemblée générale {mark}" not in events[0].data:
        fail(f"the event did not come back: {[event.data for event in events]}")
    events[0].delete()
    calendar.delete()


def contacts():
    book = f"/{MEMBER}/book-{mark}/"
    request("MKCOL", book, headers={"Content-Type": "application/xml"}, expect=[201], body="""<?xml version="1.0"?>
        <mkcol xmlns="DAV:" xmlns:CR="urn:ietf:params:xml:ns:carddav"><set><prop>
        <resourcetype><collection/><CR:addressbook/></resourcetype></prop></set></mkcol>""")
    request("PUT", book + "zoe.vcf", CARD, {"Content-Type": "text/vcard; charset=utf-8"}, expect=[201])
    card = request("GET", book + "zoe.vcf", expect=[200])
    if "Zoë Test" not in card.text:
        fail(f"the contact did not come back: {card.text}")
    request("DELETE", book, expect=[200, 204])


def strangers():
    request("PROPFIND", f"/{MEMBER}/", member=None, headers={"Depth": "0"}, expect=[401])
    request("PROPFIND", f"/{MEMBER}/", password="wrong", headers={"Depth": "0"}, expect=[401])
    # Whoever says so in a header is not signed in.
    request("PROPFIND", f"/{MEMBER}/", member=None, headers={"Depth": "0", "X-Remote-User": MEMBER}, expect=[401])
    request("PROPFIND", "/somebody-else/", headers={"Depth": "0"}, expect=[403, 404])


calendars()
contacts()
strangers()
