"""YAML: the only part of the product that knows how a config file is written."""
