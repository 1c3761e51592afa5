"""Training runs that a server keeps: queued, carried out by programs of their own, found again."""

from cabcnn.training.jobs.job import Job
from cabcnn.training.jobs.queue import Jobs

__all__ = ["Job", "Jobs"]
