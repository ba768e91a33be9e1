"""Data sets, networks, fitting, quantisation, evaluation; needs the extra [train]."""
