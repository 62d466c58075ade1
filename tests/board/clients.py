# SPDX-License-Identifier: AGPL-3.0-or-later
"""Members' apps, as far as the tests of the whole board need them."""

import urllib.parse
import uuid

EVENT = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Commonhost//Test//EN\r
BEGIN:VEVENT\r
UID:{mark}\r
DTSTAMP:20260101T000000Z\r
DTSTART:20261224T170000Z\r
SUMMARY:Assembly {mark}\r
END:VEVENT\r
END:VCALENDAR\r
"""
REPORT = """<?xml version="1.0"?>
<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><C:calendar-data/></D:prop>
<C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>"""
CALENDAR = """<?xml version="1.0"?>
<C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"/>"""


def add_event(board, password, member="alice"):
    """Puts an event into the member's calendar of tests, and returns what it is known by."""
    mark, user, host = uuid.uuid4().hex, (member, password), board.host("radicale")
    made = board.request(host, "MKCALENDAR", f"/{member}/tests/", CALENDAR, user=user)
    assert made.status in (201, 403, 405, 409), made.text
    headers = {"Content-Type": "text/calendar"}
    put = board.request(host, "PUT", f"/{member}/tests/{mark}.ics", EVENT.format(mark=mark), headers, user=user)
    assert put.status == 201, put.text
    return mark


def read_events(board, password, member="alice"):
    """All that is in that calendar, as text."""
    headers = {"Depth": "1", "Content-Type": "application/xml"}
    path = f"/{member}/tests/"
    answer = board.request(board.host("radicale"), "REPORT", path, REPORT, headers, user=(member, password))
    assert answer.status == 207, answer.text
    return answer.text


def post_note(board, password, member="alice"):
    text, host = f"Note {uuid.uuid4().hex}", board.host("snac")
    form = urllib.parse.urlencode({"content": text, "visibility": "public"})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://{host}"}
    posted = board.request(host, "POST", f"/{member}/admin/note", form, headers, user=(member, password))
    assert posted.status in (302, 303), posted.text
    return text


def read_notes(board, member="alice"):
    """The member's notes, as another server of the Fediverse fetches them."""
    headers = {"Accept": "application/activity+json"}
    answer = board.request(board.host("snac"), "GET", f"/{member}/outbox", headers=headers)
    assert answer.status == 200, answer.text
    return answer.text
