"""Jobs: real programs that are queued, stopped, killed and found again."""

from __future__ import annotations

import json
import os
import platform
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

from cabcnn import checkpoint, files
from cabcnn.errors import CabcnnError
from cabcnn.runs import status as statuses
from cabcnn.runs.plan import Plan
from cabcnn.runs.queue import Job, JobQueue, uploads, waiting
from cabcnn.runs.queue.job import read as read_job
from cabcnn.runs.queue.program import niceness
from cabcnn.runs.status import Status, read, this_process

ROOT = Path(__file__).parents[2]
PATIENCE = 600  # seconds to wait for anything: other programs may be busy as well
FOREVER = 100_000  # epochs
AT_WORK = ("starting", "preparing", "training")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, tone, babble) -> Path:
    """A folder each of tones and of noises, 10 speakers with one short clip each."""
    folder = tmp_path_factory.mktemp("corpus")
    for number in range(10):
        for label, samples in (("tone", tone(0.2, 8000, 150 + 9 * number)), ("noise", None)):
            samples = babble(0.2, 8000, number) if samples is None else samples
            (folder / label).mkdir(exist_ok=True)
            hiss = 0.01 * np.random.default_rng(number).standard_normal(len(samples))
            soundfile.write(folder / label / f"s{number}.wav", samples + hiss, 8000)
    return folder


@pytest.fixture(scope="module")
def plan(corpus) -> Callable[..., Plan]:
    def make(name: str = "voices", epochs: int = 2, **changes) -> Plan:
        recipe = {"max_epochs": epochs, "patience": epochs, "batch_size": 4}
        options = {"speaker_pattern": r"(s\d)\.wav"}
        fields = {"corpus": str(corpus), "options": options, "protocol": "paper", "seconds": 1.0}
        return Plan(**{**fields, "name": name, "recipe": recipe, **changes})

    return make


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("CABCNN_HOME", str(tmp_path))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return tmp_path


@pytest.fixture
def jobs(folder) -> Iterator[JobQueue]:
    made = JobQueue(folder)
    yield made
    made.close()


def until(jobs: JobQueue, name: str, *states: str, epochs: int = 0) -> Job:
    """Waits until a job is in one of these states and has so many epochs behind it."""
    deadline = time.monotonic() + PATIENCE
    while True:
        job = jobs.get(name)
        if job.state in states and job.status.done >= epochs:
            return job
        log = job.folder / "log.txt"
        said = f"{job.state} {job.message} {log.read_text() if log.exists() else ''}"
        assert time.monotonic() < deadline, said
        over = ("finished", "stopped", "failed", "interrupted")
        assert job.state not in over or job.state in states, said
        time.sleep(0.05)


def test_a_run_goes_from_the_queue_to_a_model_and_its_recordings_go(
    jobs, plan, corpus, monkeypatch
):
    """And what is wrong with the recordings at first is said and can be mended."""
    monkeypatch.setattr(uploads, "LEASE_SECONDS", 0.2)
    upload = jobs.uploads.new()
    assert upload.stat().st_mode & 0o077 == 0
    brought = plan("my voices", corpus=str(upload / "voices"))
    job = jobs.submit(brought, upload)
    jobs.uploads.release(upload)  # the page was closed
    assert (job.state, job.has_model) == ("queued", False)
    assert waiting(jobs.all()) == [job]
    with pytest.raises(CabcnnError, match="no model yet"):
        jobs.publish("my voices")
    with jobs.serving():
        failed = until(jobs, "my voices", "failed")
        assert str(upload / "voices") in failed.message
        assert failed.resumable
        shutil.copytree(corpus, upload / "voices")
        jobs.resume("my voices")
        running = until(jobs, "my voices", "training", "scoring", "finished")
        assert running.upload == upload
        if running.state != "finished":  # its recordings go then
            assert (upload / "cache").is_dir()  # what was decoded lies with it
        done = until(jobs, "my voices", "finished")
        deadline = time.monotonic() + PATIENCE
        while upload.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert done.plan == brought
    assert "right" in done.message
    assert not done.running
    assert not done.resumable
    assert "my voices" not in checkpoint.names()
    assert jobs.publish("my voices") == jobs.publish("my voices") == "my voices"
    _, card = checkpoint.load(checkpoint.find("my voices"))
    assert card.labels == ("noise", "tone")
    jobs.remove("my voices")
    assert jobs.all() == []
    assert "my voices" in checkpoint.names()


def test_one_runs_at_a_time_and_a_stopped_one_keeps_its_best(jobs, plan):
    for name in ("first", "second", "third"):
        jobs.submit(plan(name, FOREVER))
    with jobs.serving():
        until(jobs, "first", "training", epochs=1)
        everything = jobs.all()
        assert [(job.name, job.state) for job in everything] == [
            ("third", "queued"),
            ("second", "queued"),
            ("first", "training"),
        ]
        assert [job.name for job in waiting(everything)] == ["second", "third"]
        jobs.remove("first")  # it runs: nothing happens
        jobs.cancel("first")
        jobs.cancel("third")
        jobs.stop("first")
        assert jobs.get("first").stopping
        assert until(jobs, "first", "stopped").has_model
        assert until(jobs, "second", *AT_WORK).running
        assert [job.name for job in jobs.all()] == ["second", "first"]
        assert jobs.get("first").resumable
        jobs.resume("first")
        assert [job.name for job in waiting(jobs.all())] == ["first"]
        jobs.cancel("first")  # it has a past and stays
        assert jobs.get("first").state == "stopped"


def test_a_run_that_has_not_begun_to_learn_can_be_taken_back(jobs, plan):
    jobs.submit(plan("mistake", FOREVER))
    jobs.submit(plan("next", FOREVER))
    with jobs.serving():
        until(jobs, "mistake", "starting", "preparing")
        jobs.cancel("mistake")
        assert [job.name for job in jobs.all()] == ["next"]
        until(jobs, "next", *AT_WORK)


SERVER = """
import sys, time
from pathlib import Path
from cabcnn.runs.queue import JobQueue

jobs = JobQueue(Path(sys.argv[1]))
jobs.start()
time.sleep(600)
"""


def test_a_run_outlives_a_killed_server_and_goes_on_after_being_killed_itself(jobs, plan, folder):
    jobs.submit(plan("long", FOREVER))
    with subprocess.Popen([sys.executable, "-c", SERVER, str(folder)], cwd=ROOT) as server:
        running = until(jobs, "long", "training", epochs=1)
        server.kill()
    jobs.submit(plan("next", FOREVER))
    with jobs.serving():
        assert until(jobs, "long", "training", epochs=running.status.done + 2).running
        assert jobs.get("next").state == "queued"  # still one at a time
        os.kill(running.status.pid, signal.SIGKILL)
        dead = until(jobs, "long", "interrupted")
        assert dead.resumable
        assert "start it again" in dead.message
        jobs.cancel("next")
        lines = (dead.folder / "epochs.jsonl").read_text().splitlines()
        jobs.resume("long")
        resumed = until(jobs, "long", "training", epochs=len(lines) + 1)
        jobs.submit(plan("later", FOREVER))
    # A server that is ended in the usual way ends its runs, which the next server may resume.
    assert (dead.folder / "epochs.jsonl").read_text().splitlines()[: len(lines)] == lines
    assert not psutil.pid_exists(resumed.status.pid)
    following = JobQueue(folder)
    assert following.get("long").state == "interrupted"
    assert following.get("later").state == "queued"
    following.resume("long")
    with following.serving():
        until(following, "later", *AT_WORK)
        assert following.get("long").state == "queued"


def test_several_may_run_at_once_where_the_host_says_so(folder, plan):
    jobs = JobQueue(folder, at_once=2)
    for name in ("a", "b", "c"):
        jobs.submit(plan(name, FOREVER))
    with jobs.serving():
        until(jobs, "a", *AT_WORK)
        until(jobs, "b", *AT_WORK)
        assert jobs.get("a").running
        assert jobs.get("c").state == "queued"


def test_a_job_that_is_handed_on_is_nobodys_at_no_moment(jobs, plan):
    """Whoever looks while the queue hands a job to its program sees it waiting or starting."""
    first = jobs.submit(plan()).folder
    rounds = [shutil.copytree(first, first.with_name(f"round {k}")) for k in range(200)]
    now, seen = rounds[0], set()
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            found = read_job(now)
            seen.add("nothing" if found is None else found.state)

    looker = threading.Thread(target=look)
    looker.start()
    try:
        for now in rounds:  # as the queue does it, with this process for the program
            os.utime(now / "queued")
            (now / "queued").replace(now / "taken")
            files.write_json(now / "process.json", this_process())
            (now / "taken").unlink()
    finally:
        over.set()
        looker.join()
    assert seen <= {"queued", "starting"}


def test_a_change_that_no_clock_tells_from_the_last_one_is_seen(jobs, plan):
    """File systems date changes by a coarse clock: two of them may have one date."""
    job = jobs.submit(plan())
    (job.folder / "queued").unlink()
    assert jobs.get(job.name).state == "interrupted"
    dated = job.folder.stat()
    (job.folder / "queued").touch()
    os.utime(job.folder, ns=(dated.st_atime_ns, dated.st_mtime_ns))
    assert jobs.get(job.name).state == "queued"


def test_a_program_that_can_not_even_begin_says_why(jobs, plan):
    job = jobs.submit(plan())
    (job.folder / "lock").write_text("in the way")
    with jobs.serving():
        failed = until(jobs, "voices", "failed", "interrupted")
    assert "lock" in failed.message


def test_a_run_gives_way_as_much_as_the_host_says(jobs, plan, monkeypatch):
    monkeypatch.setenv("CABCNN_NICENESS", "7")
    folder = jobs.submit(plan()).folder
    with jobs.serving():
        deadline = time.monotonic() + PATIENCE
        while not (folder / "process.json").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert psutil.Process(json.loads((folder / "process.json").read_text())["pid"]).nice() == 7
        jobs.cancel("voices")
    monkeypatch.setenv("CABCNN_NICENESS", "high")
    with pytest.raises(CabcnnError, match="CABCNN_NICENESS is 'high'; give a whole number"):
        niceness()


def test_a_name_that_is_taken_gets_a_number(jobs, plan, formula_model, make_card):
    assert jobs.submit(plan("voices")).name == "voices"
    assert jobs.submit(plan("voices")).name == "voices-2"
    third = jobs.submit(plan("voices"))
    assert third.name == third.plan.name == "voices-3"
    assert jobs.submit(plan("accents")).name == "accents-2"  # a shipped model's
    checkpoint.save(
        checkpoint.own_folder() / "Mine.safetensors", formula_model(3), make_card(name="Mine")
    )
    assert jobs.submit(plan("mine")).name == "mine-2"


def test_only_so_many_wait(folder, plan):
    jobs = JobQueue(folder, most_waiting=2)
    jobs.submit(plan("a"))
    jobs.submit(plan("b"))
    with pytest.raises(CabcnnError, match="2 training runs are waiting already"):
        jobs.submit(plan("c"))
    jobs.cancel("a")
    assert [job.name for job in jobs.all()] == ["b"]
    jobs.submit(plan("c"))


def test_only_names_are_taken_never_paths(jobs, plan, tmp_path):
    jobs.submit(plan())
    for name in (None, "", "..", ".", "../runs/voices", str(jobs.folder / "voices")):
        with pytest.raises(CabcnnError, match="There is no training run"):
            jobs.get(name)


def test_what_is_no_job_is_passed_over(jobs, plan):
    job = jobs.submit(plan())
    (jobs.folder / "stray").mkdir()
    (jobs.folder / "notes.txt").write_text("x")
    shutil.copytree(job.folder, jobs.folder / "broken")
    (jobs.folder / "broken" / "plan.json").write_text("{")
    assert [job.name for job in jobs.all()] == ["voices"]


def test_a_full_disk_is_a_sentence_and_leaves_nothing(jobs, plan):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        with pytest.raises(CabcnnError, match="the disk is full"):
            jobs.submit(plan())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(jobs.folder.iterdir()) == []


def test_another_process_with_the_same_number_is_not_taken_for_a_run(jobs, plan):
    job = jobs.submit(plan())
    (job.folder / "queued").unlink()
    facts = {"pid": os.getpid(), "begun": 1.0, "host": platform.node()}
    (job.folder / "process.json").write_text(json.dumps(facts))
    assert jobs.get("voices").state == "interrupted"


def test_a_run_of_a_container_that_is_gone_can_be_resumed(jobs, plan):
    """Made anew, a container has another name: the old one's process can't be asked for."""
    folder = jobs.submit(plan()).folder
    (folder / "queued").unlink()
    gone = {**this_process(), "host": "the container before"}
    (folder / "lock").mkdir()
    for name in (statuses.PROCESS, statuses.OWNER):
        (folder / name).write_text(json.dumps(gone))
    (folder / statuses.FILE).write_text(statuses.to_json(Status("training", done=1, **gone)))
    assert jobs.get("voices").state == "training"
    for name in (statuses.PROCESS, statuses.OWNER, statuses.FILE):
        os.utime(folder / name, (0, 0))
    os.utime(folder, (1, 1))
    found = jobs.get("voices")
    assert (found.state, found.resumable) == ("interrupted", True)
    jobs.resume("voices")
    assert jobs.get("voices").state == "queued"


def test_brought_recordings_go_with_a_run_that_is_cancelled(jobs, plan):
    upload = jobs.uploads.new()
    jobs.submit(plan(), upload)
    jobs.uploads.release(upload)
    jobs.uploads.sweep(job.upload for job in jobs.all())
    assert upload.exists()
    jobs.cancel("voices")
    jobs.uploads.sweep(job.upload for job in jobs.all())
    assert not upload.exists()


def test_recordings_that_a_page_holds_stay_and_forgotten_ones_go(folder, monkeypatch):
    store = uploads.Uploads(folder / "uploads")
    held, forgotten = store.new(), store.new()
    elsewhere = uploads.Uploads(folder / "uploads")  # another program
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + uploads.LEASE_SECONDS - 5)
    elsewhere.sweep([])
    assert held.exists()
    store.release(forgotten)
    elsewhere.sweep([])
    assert held.exists()
    assert not forgotten.exists()
    monkeypatch.setattr(time, "time", lambda: now + uploads.HOLD_SECONDS + uploads.LEASE_SECONDS)
    store.sweep([])
    assert not held.exists()


def test_only_so_many_lots_of_recordings_are_held(folder):
    store = uploads.Uploads(folder / "uploads", most=3, most_each=2)
    first, _ = store.new("ann"), store.new("ann")
    with pytest.raises(CabcnnError, match="Too many uploads"):
        store.new("ann")
    store.new("bob")
    with pytest.raises(CabcnnError, match="Too many uploads"):
        store.new("cat")
    store.release(first)
    store.sweep([])
    store.new("ann")


def test_a_run_whose_recordings_are_gone_can_not_be_resumed(jobs, plan):
    upload = jobs.uploads.new()
    job = jobs.submit(plan(), upload)
    (job.folder / "queued").unlink()
    assert jobs.get("voices").state == "interrupted"
    shutil.rmtree(upload)
    with pytest.raises(CabcnnError, match="The recordings of voices are gone"):
        jobs.resume("voices")


def test_the_status_of_a_job_that_never_ran_is_empty(jobs, plan):
    job = jobs.submit(plan())
    assert job.status == Status()
    assert read(job.folder) is None
