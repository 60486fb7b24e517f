"""Market data: where bars come from, what is wrong with them, and the columns they become."""
