"""Ways to talk to a vehicle: the port, and one connector per kind of address."""
