"""Use cases: one method each, one unit of work each."""
