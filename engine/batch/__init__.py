"""The batch path: a lane whose events nobody acts on is computed as columns, to the same bytes (rules B1 to B3)."""
