"""SOVD Command: a cloud-to-vehicle diagnostics command plane (ISO 17978 in front, UDS over DoIP behind)."""
