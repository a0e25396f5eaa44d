"""The schema's history; `app.storage.migrate` runs it."""
