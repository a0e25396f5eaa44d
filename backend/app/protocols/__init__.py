"""Bytes and documents of the protocols, both ends, without I/O: UDS (ISO 14229), DoIP (ISO 13400-2), SOVD (ISO 17978-3)."""
