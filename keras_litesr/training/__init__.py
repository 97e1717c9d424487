"""Training through `model.fit`: recipes, metrics, runs that survive a kill."""
