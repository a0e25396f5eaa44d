"""Virtual vehicles over real sockets: a product feature, for trying and testing without a car."""
