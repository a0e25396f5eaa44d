"""The ISO 17978-3 routes over one backend port."""
