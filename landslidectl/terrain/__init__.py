"""Heights and what follows from them: DEM mosaics, geoid, slope, incidence, layover and shadow."""
