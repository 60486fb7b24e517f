"""From the tree of a config file to frozen structs, with every mistake located."""
