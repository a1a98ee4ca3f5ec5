"""The benchmark table: what a swap costs here, beside what people would use instead."""
