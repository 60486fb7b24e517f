"""The command line of admf: terminal, YAML files, exit codes. Nothing here computes a result."""
