"""Reading back what was traced, as far as it is whole."""
