"""A process that does jobs which Celery hands it, on the machine whose runtimes it uses."""
