"""Proof of origin: owner keys, marks in weights, signatures, and what two models share."""
