"""Enlarging pictures of any size with a trained model."""
