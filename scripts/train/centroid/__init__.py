"""Anomaly detection of a machine's vibration with the nearest centroid."""
