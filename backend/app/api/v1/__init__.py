"""REST version 1 (contract 4.1)."""
