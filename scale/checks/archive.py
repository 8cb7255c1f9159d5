"""Scores one folder of films in several ways, kills what can be killed, and compares the rows.

    pip install duckdb pyarrow boto3 'moto[server]' azure-storage-blob
    npm install --global azurite
    python checks/archive.py ARCHIVE FILMS WORK [--model DIR] [--kills N] [--seed S]

ARCHIVE is the program, FILMS a folder, WORK a new folder. Ways: embedded; embedded by two processes at
once from a bucket into a bucket, of each kind of store (stores.py); a scheduler with two executors;
a query in SQL there; the cluster again, with processes killed at random moments (kill -9) and
started again. The rows are read by pyarrow and by DuckDB.
"""

import argparse, glob, json, os, random, subprocess, time
import duckdb
import pyarrow.dataset
from stores import S3, Azure, Google, port

LEFT_OUT = {"path", "etag", "seconds"}  # differ between a folder and a bucket, or between runs


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

    def ask(self, *arguments):
        """What the program prints, on both streams."""
        done = subprocess.run(
            [self.archive, *map(str, arguments)], env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def model_options(self):
        return ["--model", self.model] if self.model else []

    def score(self, out, films=None, *more, log="score.log"):
        model, films = self.model_options(), films or self.films
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


def of_store(run, kind):
    """From a bucket into a bucket, by two processes at once; a third finds nothing to do."""
    with kind(run.work) as store:
        run.environment.update(store.environment())
        films, out = store.upload(run.films, "archive"), store.url("results", "scores")
        began = time.time()
        both = [run.score(out, films, log=f"{store.scheme}-{n}.log") for n in (1, 2)]
        assert [process.wait() for process in both] == [0, 0], kind
        seconds = time.time() - began
        again = run.ask("score", *run.model_options(), "--films", films, "--out", out, *run.part)
        assert " 0 of them new" in again, again
        copy = os.path.join(run.work, f"{store.scheme}-rows")
        os.makedirs(copy)
        run.ask("sql", f"copy (select * from '{out}/') to '{copy}/part-1.parquet'")
        found = rows(copy)
    print(f"{store.scheme}: {len(found)} rows in {seconds:.1f} s by two processes", flush=True)
    return found


def in_sql(run, cluster):
    """What a query finds in the folder, as `rows` has it; each film once."""
    query = f"select score(path) as row from films('{run.films}')"
    more = ["--scheduler", cluster.at] if cluster else []
    began = time.time()
    lines = run.ask("sql", *run.model_options(), "--json", *more, query).splitlines()
    where = "the cluster" if cluster else "one process"
    print(f"sql, {where}: {len(lines)} rows in {time.time() - began:.1f} s", flush=True)
    found = [json.loads(line)["row"] for line in lines]
    found = {os.path.basename(row["path"]): row for row in found}
    assert len(found) == len(lines), (len(found), len(lines))
    return found


def same_in_sql(found, expected):
    """JSON leaves out what is null; a score gives no version of the file."""
    kept = ("content", "ok", "reasons", "log_hazard", "l1_x", "l5_y", "facing", "grey")
    assert found.keys() == expected.keys()
    for name, row in expected.items():
        assert all(k in row for k in kept), name
        assert [found[name].get(k) for k in kept] == [row[k] for k in kept], name


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
        for kind in (S3, Google, Azure):
            assert of_store(run, kind) == expected, kind
        cluster = Cluster(run)
        assert run.whole("cluster", None, "--scheduler", cluster.at) == expected, "cluster"
        same_in_sql(in_sql(run, cluster), expected)
        same_in_sql(in_sql(run, None), expected)
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
