"""What a manufacturer says about its ECUs: ODX/PDX and YAML descriptions, used to decode answers and encode parameters."""
