#!/usr/bin/env python3
"""Rebuilds the demo's numbers-only sample from the public files (README.md beside this file names them).

    python3 datasets/demo/make_sample.py ROUTEFIT DATA [OUT]

DATA holds arena55k/votes.csv, routellm/gsm8k and routellm/mt_bench. OUT (default: this folder) receives votes.csv, gsm8k.csv, mt-bench.csv and,
row by row beside them, 72-wide vectors in half precision. No text is written: a prompt is named by the start of its SHA-256.
"""
import csv
import hashlib
import json
import os
import sqlite3
import struct
import subprocess
import sys
import tempfile

routefit, data = os.path.abspath(sys.argv[1]), sys.argv[2]
out = sys.argv[3] if len(sys.argv) > 3 else os.path.dirname(os.path.abspath(__file__))
work = tempfile.mkdtemp()
db_path = os.path.join(work, "all.db")


def run(*args):
    subprocess.run([routefit, "--db", db_path, "-q", *args], check=True, stdout=subprocess.DEVNULL)


run("ingest", f"{data}/arena55k/votes.csv", f"{data}/routellm/gsm8k", f"{data}/routellm/mt_bench")
run("embed", "text", "--name", "text72", "--dim", "64", "-o", os.path.join(work, "text.safetensors"))
db = sqlite3.connect(db_path)


def write(name, header, rows):
    """One CSV file and, row by row, the vectors of its prompts (the last entry of a row is the prompt's id)."""
    path = os.path.join(out, name + ".csv")
    with open(path, "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(header)
        w.writerows(r[:-1] for r in rows)
    npy = os.path.join(out, name + "_text72.npy")
    vec = [db.execute("SELECT vector FROM embedding WHERE prompt = ?", (r[-1],)).fetchone()[0] for r in rows]
    dim = len(vec[0]) // 4
    head = "{'descr': '<f2', 'fortran_order': False, 'shape': (%d, %d), }" % (len(vec), dim)
    head += " " * (-(len(head) + 11) % 64) + "\n"
    with open(npy, "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode())
        for v in vec:
            f.write(struct.pack(f"<{dim}e", *struct.unpack(f"<{dim}f", v)))


def short(digest):
    return digest.hex()[:16]


write(
    "votes",
    ["id", "prompt_id", "prompt_bytes", "model_a", "model_b", "winner"],
    [
        (key, short(h), n, a, b, w, p)
        for key, h, n, a, b, w, p in db.execute(
            "SELECT p.key, q.hash, q.bytes, a.name, b.name, p.winner, q.id FROM preference p JOIN prompt q ON q.id = p.prompt"
            " JOIN model a ON a.id = p.model_a JOIN model b ON b.id = p.model_b ORDER BY p.id"
        )
    ],
)
contaminated = {h for (h,) in db.execute("SELECT hash FROM contaminated")}


def is_left_out(text, more):
    return any(hashlib.sha256(t.encode()).digest() in contaminated for t in [text] + json.loads(more or "[]"))


for bench in ("gsm8k", "mt-bench"):
    rows = db.execute(
        "SELECT q.hash, q.bytes, m.name, r.turn, r.score, q.id, q.text, q.more FROM item i JOIN prompt q ON q.id = i.prompt"
        " JOIN result r ON r.item = i.id JOIN model m ON m.id = r.model WHERE i.bench = ? ORDER BY i.id, m.name, r.turn",
        (bench,),
    )
    write(
        bench,
        ["prompt_id", "prompt_bytes", "model", "task", "turn", "score"],
        [(short(h), n, m, bench, t, f"{s:g}", p) for h, n, m, t, s, p, text, more in rows if not is_left_out(text, more)],
    )
