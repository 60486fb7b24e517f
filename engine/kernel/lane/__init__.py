"""One portfolio, from its orders to its figures: every module here is written in the kernel's language and compiled."""
