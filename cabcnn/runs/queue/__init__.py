"""Training runs that a server keeps: queued, carried out by programs of their own, found again."""

from cabcnn.runs.queue.job import Job
from cabcnn.runs.queue.jobs import JobQueue

__all__ = ["Job", "JobQueue"]
