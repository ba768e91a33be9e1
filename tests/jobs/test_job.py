"""Which jobs that count as running are dead."""

import os
import platform
from dataclasses import replace

import pytest

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import JobRequest
from landslidectl.jobs.lock import process_birth
from landslidectl.jobs.standing import bury_dead_jobs, has_died
from landslidectl.terms import JobStatus

REQUEST = JobRequest("landslidectl detect", {}, {}, "/out", process_birth(os.getpid()))


def test_a_job_of_this_process_lives_and_one_of_another_host_may(catalog: Catalog) -> None:
    job = catalog.job(catalog.start_job(REQUEST))
    assert not has_died(job)
    assert not has_died(replace(job, host="elsewhere", pid=1, birth="other"))
    assert not has_died(replace(job, birth=""))
    assert not has_died(replace(job, status=JobStatus.SUCCEEDED, birth="other/1"))


@pytest.mark.skipif(not process_birth(os.getpid()), reason="the system tells no process births")
def test_a_process_number_that_was_given_away_again_is_no_life(catalog: Catalog) -> None:
    job_id = catalog.start_job(replace(REQUEST, birth="an-earlier-boot/12"))
    job = catalog.job(job_id)
    assert (job.host, job.pid) == (platform.node(), os.getpid())
    bury_dead_jobs(catalog)
    assert catalog.job(job_id).status is JobStatus.INTERRUPTED
