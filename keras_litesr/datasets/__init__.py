"""Training pictures: where they come from, how they are degraded, how patches are cut."""
