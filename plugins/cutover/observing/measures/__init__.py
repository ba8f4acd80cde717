"""One measure a module: each asks, and gives back checks with figures."""
