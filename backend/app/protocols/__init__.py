"""Bytes and documents of UDS (ISO 14229), DoIP (ISO 13400-2) and SOVD (ISO 17978-3), both ends, without I/O."""
