"""From scenes to stacks: selection, geocoding onto the grid, median composites."""
