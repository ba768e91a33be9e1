"""The panels of the help, and what the variables of all options begin with."""

PREFIX = "LANDSLIDECTL_"

INPUT = "Scenes and area"
TERRAIN = "Terrain"
EVENT = "Event"
RADAR = "Radar"
MODEL = "Model and detection"
GROUND = "Ground that is judged"
OUTPUT = "Output"
RUN = "Running"
