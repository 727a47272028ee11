"""A client by Python's websockets that echoes, one connection after the other, for judge_client.py. usage: echo_client.py URL"""
import asyncio
import sys

import websockets


async def main():
    while True:
        try:
            async with websockets.connect(sys.argv[1], max_size=32 * 1024 * 1024, ping_interval=None, open_timeout=60) as socket:
                async for message in socket:
                    await socket.send(message)
        except ConnectionRefusedError:
            return
        except (websockets.WebSocketException, OSError, EOFError):
            pass


asyncio.run(main())
