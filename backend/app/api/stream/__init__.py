"""Live answers to people and programs: WebSocket and server-sent events over the same streams."""
