"""The three networks: building, fitting, 8 bits, and the model folder."""
