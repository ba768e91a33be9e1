"""The command line; translates words, decides nothing."""
