"""The lines of run.sh as the table of docs/BENCHMARKS.md."""
import sys

rows = [line.rstrip("\n").split("\t") for line in open(sys.argv[1]) if line.count("\t") == 3]
seconds = {}
for job, who, value, _ in rows:
    seconds.setdefault(job, {})[who] = float(value)


def text(value):
    return f"{value:.2f} s" if value >= 1 else f"{1000 * value:.3g} ms"


floors = {job.split(", ")[-1]: of["floor"] for job, of in seconds.items() if job.startswith("floor: sort")}
for job, of in seconds.items():
    if job.startswith("floor"):
        print(f"{job[7:]}: {text(of['floor'])}")
print("\n| job | here | times one sort | best peer | times faster |\n|---|---|---|---|---|")
for job, of in seconds.items():
    peers = {who: value for who, value in of.items() if who != "floor" and not who.startswith("vertebra")}
    for who in [who for who in of if who.startswith("vertebra")]:
        size = next((size for size in floors if size in job), None)
        floor = f"{of[who] / floors[size]:.2g}" if size and "bootstrap" not in job else ""
        best = min(peers, key=peers.get, default=None)
        peer = f"{best} {text(peers[best])}" if best else "none"
        ratio = f"{peers[best] / of[who]:.3g}" if best else ""
        name = job + (" (prepared)" if "prepared" in who else "")
        print(f"| {name} | {text(of[who])} | {floor} | {peer} | {ratio} |")
