# SPDX-License-Identifier: AGPL-3.0-or-later
"""doors.py NETNS PORT=ADDRESS:PORT …: passes connections on to the boards.

Listens on 127.0.0.1 in the network it is started in and connects in the network
namespace NETNS. Bytes pass as they are, each direction ends by itself (a client
may finish sending and still wait for the answer), and a reset stays a reset.
systemd-socket-proxyd would do but for the second of these.
"""

import asyncio
import ctypes
import os
import resource
import socket
import struct
import sys

CLONE_NEWNET = 0x40000000


def reset(transport):
    """Ends a connection the rude way, as the other end did."""
    if not transport.is_closing():
        rude = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, rude)
    transport.abort()


class Side(asyncio.Protocol):
    """One end of a connection; what it receives goes out at the other."""

    def __init__(self):
        self.other = None
        self.transport = None
        self.finished = False

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.other.transport.write(data)

    def eof_received(self):
        self.finished = True
        if self.other.finished:
            self.other.transport.close()
            return False
        if not self.other.transport.is_closing():
            self.other.transport.write_eof()
        return True

    def pause_writing(self):
        self.other.transport.pause_reading()

    def resume_writing(self):
        self.other.transport.resume_reading()

    def connection_lost(self, error):
        if self.other is None or self.other.transport is None:
            return
        if error is None:
            self.other.transport.close()
        else:
            reset(self.other.transport)


class Door(Side):
    """The client's end: nothing is read before the board has answered the call."""

    def __init__(self, address, port):
        super().__init__()
        self.target = address, port

    def connection_made(self, transport):
        super().connection_made(transport)
        transport.pause_reading()
        self.task = asyncio.get_running_loop().create_task(self.connect())

    async def connect(self):
        board = Side()
        board.other = self
        try:
            await asyncio.get_running_loop().create_connection(lambda: board, *self.target)
        except OSError:
            reset(self.transport)
            return
        self.other = board
        if self.transport.is_closing():
            board.transport.abort()
        else:
            self.transport.resume_reading()


async def main(netns, doors):
    listening = []
    for door in doors:
        port, target = door.split("=")
        address, target_port = target.split(":")
        listener = socket.create_server(("127.0.0.1", int(port)), backlog=4096)
        listening.append((listener, address, int(target_port)))
    # Sockets stay in the network they were made in.
    with open(netns, "rb") as namespace:
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"enter {netns}")
    loop = asyncio.get_running_loop()
    for listener, address, port in listening:
        await loop.create_server(lambda a=address, p=port: Door(a, p), sock=listener)
    await asyncio.Event().wait()


_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
os.chdir("/")
asyncio.run(main(sys.argv[1], sys.argv[2:]))
