"""Sentinel-1 GRD products: reading, integrity, calibration, noise, orbit and range-Doppler."""
