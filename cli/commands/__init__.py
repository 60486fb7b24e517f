"""One module a command: its options and help, light enough for `admf --help`."""
