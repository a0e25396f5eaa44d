"""The asyncio side of the protocols: sockets, timers and lanes towards real ECUs."""
