"""Measuring: image quality metrics, named protocols, benchmarks over folders, tables."""
