"""Values and decisions of the command plane: pure code, no I/O, no asyncio."""
