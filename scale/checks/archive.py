"""Scores one folder of films in four ways, kills what can be killed, and compares the rows.

    pip install duckdb pyarrow boto3 'moto[server]'
    python checks/archive.py ARCHIVE FILMS WORK [--model DIR] [--kills N] [--seed S]

ARCHIVE is the program, FILMS a folder, WORK a new folder. Ways: embedded; embedded from a bucket of
moto's S3 server on the loopback interface; a scheduler with two executors; the same, with processes
killed at random moments (kill -9) and started again. The rows are read by pyarrow and by DuckDB.
"""

import argparse, glob, os, random, socket, subprocess, sys, time
import duckdb
import pyarrow.dataset

LEFT_OUT = {"path", "etag", "seconds"}  # differ between a folder and a bucket, or between runs


def port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def rows(out):
    """All rows by file name, and that pyarrow and DuckDB agree and none is there twice."""
    table = pyarrow.dataset.dataset(out, format="parquet").to_table().to_pylist()
    n, distinct = duckdb.sql(
        f"select count(*), count(distinct (path, content, model)) from '{out}/part-*.parquet'"
    ).fetchall()[0]
    assert n == distinct == len(table), (n, distinct, len(table))
    return {
        os.path.basename(row["path"]): {
            # A verdict may name the film.
            k: v.replace(row["path"], "") if k == "verdict" else v
            for k, v in row.items()
            if k not in LEFT_OUT
        }
        for row in table
    }


class Run:
    def __init__(self, options):
        self.archive, self.model = options.archive, options.model
        self.work, self.films = options.work, options.films
        self.environment = dict(os.environ, TMPDIR=self.work)
        self.part = ["--part-films", str(options.part_films)]

    def start(self, *arguments, log):
        log = open(os.path.join(self.work, log), "a")
        return subprocess.Popen(
            [self.archive, *map(str, arguments)], stdout=log, stderr=log, env=self.environment
        )

    def score(self, out, films=None, *more, log="score.log"):
        model = ["--model", self.model] if self.model else []
        films = films or self.films
        return self.start("score", *model, "--films", films, "--out", out, *self.part, *more, log=log)

    def whole(self, name, films=None, *more):
        out, began = os.path.join(self.work, name), time.time()
        assert self.score(out, films, *more).wait() == 0, name
        seconds = time.time() - began
        found = rows(out)
        print(f"{name}: {len(found)} rows in {seconds:.1f} s", flush=True)
        return found


class Cluster:
    def __init__(self, run, tasks=2):
        self.run, self.at, self.tasks = run, f"127.0.0.1:{port()}", tasks
        self.scheduler = None
        self.executors = [None, None]
        self.ports = [(port(), port()) for _ in self.executors]
        self.keep_up()

    def keep_up(self):
        if self.scheduler is None or self.scheduler.poll() is not None:
            self.scheduler = self.run.start(
                "scheduler", "--listen", self.at, "--lost-after", 10, log="scheduler.log"
            )
            time.sleep(1)
        for n, executor in enumerate(self.executors):
            if executor is None or executor.poll() is not None:
                a, b = self.ports[n] = (port(), port())
                self.executors[n] = self.run.start(
                    "executor", "--scheduler", self.at, "--jobs", 1, "--port", a,
                    "--task-port", b, "--tasks", self.tasks, log="executor.log",
                )

    def stop(self):
        for process in [*self.executors, self.scheduler]:
            process.kill()
            process.wait()


def with_kills(run, name, kills, victims, cluster=None):
    """Kills at random moments until so many kills were done, then lets the run end."""
    out = os.path.join(run.work, name)
    more = ["--scheduler", cluster.at] if cluster else []
    client, done, deadline = run.score(out, None, *more), 0, time.time() + 900
    while time.time() < deadline:
        if done < kills:
            time.sleep(random.uniform(1, 8))
            victim = random.choice(victims(client))
            if client.poll() is None and victim.poll() is None:
                victim.kill()
                victim.wait()
                done += 1
        else:
            time.sleep(0.5)
        if cluster:
            cluster.keep_up()
        if client.poll() == 0:
            break
        if client.poll() is not None:
            client = run.score(out, None, *more)
    found = rows(out)
    print(f"{name}: {len(found)} rows after {done} kills", flush=True)
    return found


def bucket(run):
    """The films in a bucket; its URL, and the server."""
    import boto3

    at = port()
    server = subprocess.Popen(
        [os.path.join(os.path.dirname(sys.executable), "moto_server"), "-p", str(at)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    endpoint = f"http://127.0.0.1:{at}"
    keys = dict(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_REGION="us-east-1")
    run.environment.update(keys, AWS_ENDPOINT_URL=endpoint, AWS_ALLOW_HTTP="true")
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1",
        aws_access_key_id="test", aws_secret_access_key="test",
    )
    for _ in range(100):
        try:
            client.create_bucket(Bucket="films")
            break
        except Exception:
            time.sleep(0.3)
    for path in sorted(glob.glob(f"{run.films}/**", recursive=True)):
        if os.path.isfile(path):
            client.upload_file(path, "films", "archive/" + os.path.relpath(path, run.films))
    return "s3://films/archive", server


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("archive"), parser.add_argument("films"), parser.add_argument("work")
    parser.add_argument("--model"), parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--skip-whole", action="store_true")
    parser.add_argument("--part-films", type=int, default=256)
    options = parser.parse_args()
    random.seed(options.seed)
    options.films, options.work = map(os.path.abspath, (options.films, options.work))
    os.makedirs(options.work)
    run = Run(options)
    expected = run.whole("folder")
    if not options.skip_whole:
        url, server = bucket(run)
        assert run.whole("bucket", url) == expected, "bucket"
        server.kill()
        cluster = Cluster(run)
        assert run.whole("cluster", None, "--scheduler", cluster.at) == expected, "cluster"
        cluster.stop()
    if options.kills:
        found = with_kills(run, "embedded-killed", options.kills, lambda client: [client])
        assert found == expected, "embedded, killed"
        cluster = Cluster(run)
        victims = lambda client: [client, cluster.scheduler, *cluster.executors]
        found = with_kills(run, "cluster-killed", options.kills, victims, cluster)
        assert found == expected, "cluster, killed"
        cluster.stop()
    print("all rows equal")


main()
