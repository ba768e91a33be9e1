"""Patches of simulated places, calibrated to the statistics of real ones."""
