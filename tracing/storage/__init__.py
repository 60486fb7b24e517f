"""Where traced events stand: in memory and in files."""
