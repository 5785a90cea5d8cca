"""Queues of jobs. A job is an id looked up in the store; a queue carries nothing else."""
