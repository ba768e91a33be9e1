"""Mutated inputs for every reader, in processes that may crash without taking the count along."""
