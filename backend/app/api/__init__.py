"""REST, WebSocket and SSE: translates between HTTP and the services, decides nothing itself."""
