"""The training runs of a server: a queue, and a process for each run that survives the page."""

from cabcnn.runs.queue.job import Job
from cabcnn.runs.queue.jobs import JobQueue, waiting

__all__ = ["Job", "JobQueue", "waiting"]
