"""Service-Oriented Vehicle Diagnostics (ISO 17978-3): documents, links and errors, for client and server."""
