"""Runs test binaries, each test with a deadline, from outside: nothing is linked into them."""
