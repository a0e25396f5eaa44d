"""The web page for people: its built files, served from the same origin as the API."""
