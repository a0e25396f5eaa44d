"""Redis (or Valkey) pub/sub: one connection in, one out, per process. It only wakes; the store is the truth."""
