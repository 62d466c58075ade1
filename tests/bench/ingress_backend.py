# SPDX-License-Identifier: AGPL-3.0-or-later
"""A service for the front door's bench that nginx cannot play: swallows uploads and echoes after an upgrade.

ingress_backend.py SOCKET — speaks just enough HTTP/1.1 for one known client."""

import asyncio
import os
import sys


async def head(reader):
    text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *fields = text.split("\r\n")
    return first, {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields if field)}


async def swallow(reader, fields):
    if fields.get("transfer-encoding") == "chunked":
        total = 0
        while size := int((await reader.readline()).split(b";")[0], 16):
            await reader.readexactly(size + 2)
            total += size
        await reader.readline()
        return total
    left = total = int(fields.get("content-length", 0))
    while left:
        chunk = await reader.read(min(left, 1 << 20))
        if not chunk:
            raise EOFError
        left -= len(chunk)
    return total


async def serve(reader, writer):
    try:
        while True:
            _, fields = await head(reader)
            if fields.get("upgrade"):
                writer.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
                while data := await reader.read(65536):
                    writer.write(data)
                    await writer.drain()
                return
            total = str(await swallow(reader, fields)).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(total), total))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError, EOFError):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_unix_server(serve, sys.argv[1], limit=1 << 20)
    # Proxies that were started by root give their workers another user.
    os.chmod(sys.argv[1], 0o666)
    await server.serve_forever()


asyncio.run(main())
