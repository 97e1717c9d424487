"""The zoo: which models there are, where their weights lie, how they are loaded."""
