"""The program broken on purpose: killed, starved, fed with hostile input; see ``__main__``."""
