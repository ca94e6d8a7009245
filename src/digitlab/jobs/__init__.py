"""Jobs: parallel execution with dependencies, resume and retries, inline, on local processes or on Ray."""

from digitlab.jobs.fingerprint import code_digest
from digitlab.jobs.job import Job, JobError, JobExecutor, WorkerDiedError, inline_executor
from digitlab.jobs.local import local_executor
from digitlab.jobs.progress import JobReport, Progress
from digitlab.jobs.ray import ray_executor
from digitlab.jobs.run import run_jobs
from digitlab.jobs.store import ResultStore

__all__ = [
    "Job",
    "JobError",
    "JobExecutor",
    "JobReport",
    "Progress",
    "ResultStore",
    "WorkerDiedError",
    "code_digest",
    "inline_executor",
    "local_executor",
    "ray_executor",
    "run_jobs",
]
