"""What the program tells about itself: logs, metrics, traces, health. It never decides anything."""
