"""What the trainers of all workloads share."""
