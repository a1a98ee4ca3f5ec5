"""Measurements of a swap and of the time between; docs/measurements.md defines each figure."""
