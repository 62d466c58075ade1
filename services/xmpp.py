# SPDX-License-Identifier: AGPL-3.0-or-later
"""A small XMPP client: what an app does from connecting to writing (RFC 6120, 6121)."""

import base64
import contextlib
import os
import socket
import ssl
import time
import xml.etree.ElementTree as ElementTree
from xml.sax.saxutils import escape, quoteattr

STREAM = "http://etherx.jabber.org/streams"


class Refused(Exception):
    """The server said no."""


class App:
    def __init__(self, host, address, member, password, seconds=20, ca_file=None):
        self.host, self.seconds, self.number = host, seconds, 0
        self.socket = socket.create_connection(address, timeout=seconds)
        with self.closing_on_error():
            self.open_stream()
            self.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
            if not self.next().tag.endswith("proceed"):
                raise Refused("TLS")
            context = ssl.create_default_context(cafile=ca_file or os.environ.get("CA_FILE"))
            self.socket = context.wrap_socket(self.socket, server_hostname=host)
            self.open_stream()
            proof = base64.b64encode(f"\0{member}\0{password}".encode()).decode()
            self.send(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{proof}</auth>")
            answer = self.next()
            if not answer.tag.endswith("success"):
                raise Refused(ElementTree.tostring(answer, "unicode"))
            self.open_stream()
            bound = self.ask("set", "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>")
            self.jid = bound.findtext(".//{urn:ietf:params:xml:ns:xmpp-bind}jid")

    @contextlib.contextmanager
    def closing_on_error(self):
        try:
            yield
        except BaseException:
            self.close()
            raise

    def close(self):
        self.socket.close()

    def open_stream(self):
        self.parser = ElementTree.XMLPullParser(["start", "end"])
        self.depth = 0
        self.send(f"<stream:stream to={quoteattr(self.host)} version='1.0' xmlns='jabber:client' xmlns:stream='{STREAM}'>")
        return self.next()

    def send(self, text):
        self.socket.sendall(text.encode())

    def next(self):
        """The next stanza."""
        end = time.monotonic() + self.seconds
        while True:
            for event, element in self.parser.read_events():
                self.depth += 1 if event == "start" else -1
                if event == "end" and self.depth == 1:
                    return element
                if event == "end" and self.depth == 0:
                    raise ConnectionError("the server closed the stream")
            if time.monotonic() > end:
                raise TimeoutError(f"nothing from the server within {self.seconds} s")
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("the server closed the connection")
            self.parser.feed(data)

    def until(self, wanted, what):
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            stanza = self.next()
            if wanted(stanza):
                return stanza
        raise TimeoutError(f"not within {self.seconds} s: {what}")

    def ask(self, kind, payload, to=None):
        """A question, and its answer; what comes in between is let pass."""
        self.number += 1
        name = f"q{self.number}"
        receiver = f" to={quoteattr(to)}" if to else ""
        self.send(f"<iq type='{kind}' id='{name}'{receiver}>{payload}</iq>")
        answer = self.until(lambda stanza: stanza.get("id") == name and stanza.tag.endswith("iq"), f"an answer to {payload}")
        if answer.get("type") != "result":
            raise Refused(ElementTree.tostring(answer, "unicode"))
        return answer

    def roster(self):
        answer = self.ask("get", "<query xmlns='jabber:iq:roster'/>")
        return {item.get("jid") for item in answer.iter("{jabber:iq:roster}item")}

    def message(self, to, text, kind="chat"):
        self.send(f"<message to={quoteattr(to)} type='{kind}'><body>{escape(text)}</body></message>")

    def join(self, room, nick):
        self.send(f"<presence to={quoteattr(f'{room}/{nick}')}><x xmlns='http://jabber.org/protocol/muc'/></presence>")
        here = self.until(lambda stanza: stanza.get("from") == f"{room}/{nick}" and stanza.tag.endswith("presence"), "the room")
        if here.get("type") == "error":
            raise Refused(ElementTree.tostring(here, "unicode"))
        # A room that was just made is open to others once its owner agrees to how it is.
        if any(status.get("code") == "201" for status in here.iter("{http://jabber.org/protocol/muc#user}status")):
            form = "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query>"
            self.ask("set", form, to=room)

    def archive(self, of=None):
        """All that is kept of an account's messages, as text (XEP-0313)."""
        self.number += 1
        name = f"q{self.number}"
        receiver = f" to={quoteattr(of)}" if of else ""
        self.send(f"<iq type='set' id='{name}'{receiver}><query xmlns='urn:xmpp:mam:2' queryid='{name}'>"
                  "<set xmlns='http://jabber.org/protocol/rsm'><max>100</max><before/></set></query></iq>")
        kept = []
        while True:
            stanza = self.next()
            if stanza.get("id") == name:
                if stanza.get("type") != "result":
                    raise Refused(ElementTree.tostring(stanza, "unicode"))
                return "\n".join(kept)
            kept.append("".join(stanza.itertext()))

    def slot(self, name, size):
        """Where a file is put and with which headers, and where it is got (XEP-0363)."""
        namespace = "urn:xmpp:http:upload:0"
        answer = self.ask("get", f"<request xmlns='{namespace}' filename={quoteattr(name)} size='{size}'/>", to=self.host)
        put, get = (answer.find(f".//{{{namespace}}}{what}") for what in ("put", "get"))
        headers = {header.get("name"): header.text for header in put.iter(f"{{{namespace}}}header")}
        return put.get("url"), headers, get.get("url")
