"""Conversion for phones: TFLite files from Keras models."""
