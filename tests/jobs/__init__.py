"""Tests of jobs: area, steps, locks, whole runs."""
