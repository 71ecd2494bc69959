"""Celery workers and the beat: one-line tasks around the use cases."""
