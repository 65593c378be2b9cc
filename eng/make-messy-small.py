#!/usr/bin/env python3
"""Builds the corpus that ships with the tool, the data set messy-small, from named Debian packages whose licences allow it.

    python3 eng/make-messy-small.py OUT [--without FILE.jsonl]

Needs what eng/make-messy-text.py needs, which it shares its ways with. OUT then holds

    on-task.jsonl.gz     10 % of the pool's bytes: pages of PostgreSQL's manual
    off-task.jsonl.gz    90 %: programs in Go, Rust, Python and JavaScript
    holdout.jsonl.gz     the sample of what is wanted: other pages of the manual
    test.jsonl.gz        what is tested on: other pages still
    manifest.json        packages with version and licence; documents, bytes and SHA-256 of every file, packed and unpacked

Of a package only the files under its own licence are taken: a text that names another licence or a holder of copyright that is not the
package's is left out, and so are the files below. With --without the documents of that file, on which a start was trained, are left out.
Who goes where is decided by the SHA-256 of the text alone; packed files have no time and no name in them.
"""
import argparse
import collections
import gzip
import hashlib
import importlib
import io
import json
import math
import pathlib
import re
import tempfile

messy = importlib.import_module("make-messy-text")

Package = collections.namedtuple("Package", "version endings licence holder within but needs", defaults=[None, None])
ON_TASK = {
    "postgresql-doc-15": Package(
        "15.20-0+deb12u1", [".html"], "PostgreSQL", r"PostgreSQL Global Development Group|Regents of the University of California",
        r"/html/", r"/html/(legalnotice|bookindex|release|docguide|sourcerepo|biblio)"),
}
OFF_TASK = {
    "golang-1.19-src": Package(
        "1.19.8-2", [".go"], "BSD-3-Clause", r"The Go Authors", r"/src/", r"/testdata/", r"Copyright \d{4} The Go Authors"),
    "rust-src": Package("1.63.0+dfsg1-2", [".rs"], "MIT", r"(?!)", r"/library/(core|alloc|std)/", r"/unicode_data\.rs"),
    "libpython3.11-stdlib": Package(
        "3.11.2-6+deb12u9", [".py"], "PSF-2.0", r"Python Software Foundation", r"/python3\.11/",
        r"/(sqlite3|multiprocessing|logging|asyn\w*|xmlrpc|encodings|lib2to3)/|/(asyn\w*|tarfile|turtle)\.py"),
    "python3-django": Package(
        "3:3.2.25-0+deb12u7", [".py"], "BSD-3-Clause", r"Django Software Foundation", r"/django/",
        r"/(gis|dispatch|conf/locale)/|/utils/(baseconv|ipv6|autoreload|archive)\.py"),
    "libjs-jquery-ui": Package(
        "1.13.2+dfsg-1", [".js"], "MIT", r"jQuery Foundation|OpenJS Foundation", r"/ui/", r"/(i18n|vendor)/|\.min\.js"),
}
FOREIGN = re.compile(
    r"\b(A?GPL|LGPL|General Public Licen|Mozilla Public|MPL|Creative Commons|CC[- ]BY|Eclipse Public|CDDL|Artistic Licen|Open Font Licen"
    r"|Zope Public|ZPL|Unicode, Inc|Unicode Licen|Apache Licen|licensed under|public domain|proprietary)", re.IGNORECASE)
CLAIM = re.compile(r"copyright|\(c\) ?(?:19|20)\d\d|©|SPDX-License-Identifier|all rights reserved", re.IGNORECASE)
OF_A_PACKAGE = 2_200_000
LONGEST = 100_000
ON_TASK_SHARE = 0.1
SAMPLE_BYTES = 40_000
TEST_BYTES = 200_000


def is_free(package, path, text):
    """Whether a file is under its package's own licence, and short enough for a small corpus."""
    rules = {**ON_TASK, **OFF_TASK}[package]
    if len(text.encode()) > LONGEST or not re.search(rules.within, f"/{path}") or (rules.but and re.search(rules.but, f"/{path}")):
        return False
    if FOREIGN.search(text) or (rules.needs and not re.search(rules.needs, text)):
        return False
    return all(re.search(rules.holder, line) for line in text.splitlines() if CLAIM.search(line))


def write(out, name, documents, manifest):
    content = "".join(json.dumps(document, ensure_ascii=False) + "\n" for document in documents).encode()
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=packed, mtime=0) as file:
        file.write(content)
    (out / name).write_bytes(packed.getvalue())
    by_package = collections.Counter()
    for document in documents:
        by_package[document["source"].split(":")[0]] += len(document["text"].encode())
    manifest["files"][name] = {
        "documents": len(documents), "textBytes": sum(by_package.values()), "textBytesByPackage": dict(sorted(by_package.items())),
        "bytes": len(packed.getvalue()), "sha256": hashlib.sha256(packed.getvalue()).hexdigest(),
        "unpackedSha256": hashlib.sha256(content).hexdigest()}


def main():
    parser = argparse.ArgumentParser(description="Builds the data set messy-small.")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--without", type=pathlib.Path, help="JSON lines whose texts are left out")
    given = parser.parse_args()
    if given.out.exists() and any(given.out.iterdir()):
        parser.exit(1, f"{given.out}: the folder is not empty. Name a new one.\n")
    given.out.mkdir(parents=True, exist_ok=True)
    known = set()
    if given.without:
        known = {json.loads(line)["text"].strip() for line in given.without.read_text().splitlines()}
    versions = {}

    def wanted(package, path, text):
        return text.strip() not in known and is_free(package, path, text)
    with tempfile.TemporaryDirectory() as folder:
        def documents_of(packages, most):
            return messy.documents_of({n: (p.version, p.endings) for n, p in packages.items()}, folder, versions, most, wanted)
        on_task = documents_of(ON_TASK, math.inf)
        known |= {document["text"].strip() for document in on_task}
        off_task = documents_of(OFF_TASK, OF_A_PACKAGE)
    manifest = {
        "packages": {name: {"version": versions[name], "licence": package.licence} for name, package in {**ON_TASK, **OFF_TASK}.items()},
        "files": {}}
    write(given.out, "test.jsonl.gz", messy.take(on_task, TEST_BYTES), manifest)
    # The sample has at least eight documents.
    short = [d for d in on_task if len(d["text"].encode()) <= SAMPLE_BYTES / 8]
    sample = messy.take(short, SAMPLE_BYTES)
    chosen = {d["source"] for d in sample}
    on_task[:] = [d for d in on_task if d["source"] not in chosen]
    write(given.out, "holdout.jsonl.gz", sample, manifest)
    write(given.out, "on-task.jsonl.gz", messy.take(on_task, messy.size_of(off_task) * ON_TASK_SHARE / (1 - ON_TASK_SHARE)), manifest)
    write(given.out, "off-task.jsonl.gz", off_task, manifest)
    (given.out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    for name, facts in manifest["files"].items():
        print(f"{name:20} {facts['documents']:6} documents {facts['textBytes']:11,} bytes, {facts['bytes']:11,} packed")


main()
