"""Bundled photos. `astronaut.png`: Eileen Collins, NASA, public domain, reduced to 128x128."""
