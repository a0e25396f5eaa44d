"""A private PostgreSQL and a private Valkey, started from wheels: the same engines as on a server, without set-up."""
