"""From scores to landslides: fusing tracks, masks, regions and polygons."""
