"""How good a map, or a network, is: products and scores held against what is known."""
