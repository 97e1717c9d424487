"""Pixels at the door: number ranges, colour, resizing and image files."""
