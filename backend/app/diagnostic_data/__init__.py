"""What a manufacturer says about its ECUs (ODX/PDX, YAML): decodes answers and encodes parameters."""
