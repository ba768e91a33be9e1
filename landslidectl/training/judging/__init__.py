"""How good a network, and how real the simulation, is."""
