"""Activity recognition with a decision forest."""
