#!/usr/bin/env python3
"""Builds the corpora of the recipes messy-text, messy-text-30, messy-text-100 and messy-text-prose from named Debian packages.

    python3 eng/make-messy-text.py OUT

Needs Debian or Ubuntu with `apt-get download` and `dpkg-deb`; nothing is installed. Where a package is not served in the version below,
the script says so and takes the one that is: other files, another hash. OUT then holds

    messy-text/pool/{on-task,off-task}.jsonl   10 % of the bytes from the manuals of PostgreSQL and Debian, the rest program text
    messy-text-30/pool, messy-text-100/pool    30 % and 100 %
    messy-text-prose/pool                      10 %, the rest English prose about other subjects
    holdout-{10,40,200}k.jsonl, test.jsonl     the sample of what is wanted in three sizes, and what is tested on
    start/{pool,holdout,test}.jsonl            other documents of the off-task kinds, on which the start is trained
    manifest.json                              packages, versions, bytes and SHA-256 of every file

A document is a file of a package, without markup where it is HTML. Who goes where is decided by the SHA-256 of its text alone.
"""
import hashlib
import html.parser
import json
import math
import pathlib
import subprocess
import sys
import tempfile

ON_TASK = {
    "postgresql-doc-15": ("15.20-0+deb12u1", [".html"]),
    "debian-policy": ("4.6.2.0", [".html"]),
    "debian-reference-en": ("2.100", [".html"]),
    "developers-reference": ("12.18", [".html"]),
}
PROGRAM_TEXT = {
    "linux-libc-dev": ("6.1.192-3", [".h"]),
    "libeigen3-dev": ("3.4.0-4", [""]),
    "libpython3.11-stdlib": ("3.11.2-6+deb12u9", [".py"]),
    "libruby3.1": ("3.1.7+really3.1.2-0+deb12u1", [".rb"]),
    "perl-modules-5.36": ("5.36.0-7+deb12u4", [".pl", ".pm"]),
    "libjs-jquery-ui": ("1.13.2+dfsg-1", [".js", ".css"]),
    "iso-codes": ("4.15.0-1", [".json", ".xml"]),
    "shared-mime-info": ("2.2-1", [".xml"]),
    "ca-certificates": ("20250419~deb12u2", [".crt"]),
    "autoconf-archive": ("20220903-3", [".m4"]),
    "automake": ("1:1.16.5-1.3", [".am", ".m4"]),
    "groff-base": ("1.22.4-10", [".tmac"]),
    "libgtk-3-dev": ("3.24.38-2~deb12u3", [".h", ".gir"]),
    "xkb-data": ("2.35.1-1", [""]),
    "golang-1.19-src": ("1.19.8-2", [".go"]),
    "rust-src": ("1.63.0+dfsg1-2", [".rs"]),
    "llvm-14-dev": ("1:14.0.6-12", [".h"]),
    "qtbase5-dev": ("5.15.8+dfsg-11+deb12u3", [".h"]),
}
PROSE = {
    "python3.11-doc": ("3.11.2-6+deb12u9", [".html"]),
    "git-doc": ("1:2.39.5-0+deb12u3", [".txt"]),
    "gimp-help-en": ("2.10.34-2", [".html"]),
}
POOL_BYTES = 36_000_000
MOST_OF_A_PACKAGE = 8_000_000             # bytes: no package is most of the program text
TEST_BYTES = 400_000
SAMPLES = {"10k": 10_000, "40k": 40_000, "200k": 200_000}
START_TEST_BYTES = 200_000
LEAST_BYTES, MOST_BYTES = 400, 400_000     # of a document: shorter ones say little, longer ones would be most of a part


class Text(html.parser.HTMLParser):
    """What a page says, a line a block."""

    BLOCKS = {"p", "div", "li", "tr", "pre", "h1", "h2", "h3", "h4", "dt", "dd", "br", "table"}
    SILENT = {"script", "style", "nav", "head", "footer"}

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.parts, self.silent = [], []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs).get("class") or ""
        if self.silent or tag in self.SILENT or any(word in named for word in ("navheader", "navfooter", "sphinxsidebar", "related")):
            if tag not in ("br", "hr", "img", "link", "meta", "input"):
                self.silent.append(tag)
        elif tag in self.BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag):
        if self.silent:
            if tag in self.silent:
                while self.silent.pop() != tag:
                    pass
        elif tag in self.BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data):
        if not self.silent:
            self.parts.append(data)


def text_of(path):
    """The text of a file; None where it is no UTF-8."""
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return None
    if "\0" in text:
        return None
    if path.suffix == ".html":
        page = Text()
        page.feed(text)
        text = "".join(page.parts)
    lines = [line.rstrip() for line in text.splitlines()]
    kept = [line for i, line in enumerate(lines) if line or (i > 0 and lines[i - 1])]
    return "\n".join(kept).strip() + "\n"


def fetch(package, version, folder):
    """Downloads a package and unpacks it; the version that it really is."""
    def download(what):
        return subprocess.run(["apt-get", "download", what], cwd=folder, capture_output=True, text=True)
    if download(f"{package}={version}").returncode != 0:
        served = download(package)
        if served.returncode != 0:
            sys.exit(f"{package}: apt-get cannot download it ({served.stderr.strip()}). Run `apt-get update` first.")
    (archive,) = pathlib.Path(folder).glob(f"{package}_*.deb")
    found = subprocess.run(["dpkg-deb", "-f", archive, "Version"], capture_output=True, text=True, check=True).stdout.strip()
    if found != version:
        print(f"{package}: version {version} is not served, taking {found}; the corpora will have other hashes", file=sys.stderr)
    subprocess.run(["dpkg-deb", "-x", archive, pathlib.Path(folder) / package], check=True)
    return found


def documents_of(packages, folder, versions, most=math.inf, wanted=lambda package, path, text: True):
    """Every text of the packages once, if it is wanted, in the order of its hash."""
    found = {}
    for package, (version, endings) in packages.items():
        if package not in versions:
            versions[package] = fetch(package, version, folder)
        root, texts = pathlib.Path(folder) / package, {}
        for path in sorted(root.rglob("*")):
            if not path.is_file() or path.is_symlink() or path.suffix not in endings or "copyright" in path.name:
                continue
            text = text_of(path)
            if text is None or not LEAST_BYTES <= len(text.encode()) <= MOST_BYTES:
                continue
            if not wanted(package, str(path.relative_to(root)), text):
                continue
            key = hashlib.sha256(text.encode()).hexdigest()
            texts.setdefault(key, {"text": text, "source": f"{package}:{path.relative_to(root)}"})
        for document in take([texts[key] for key in sorted(texts.keys() - found.keys())], most):
            found[hashlib.sha256(document["text"].encode()).hexdigest()] = document
    return [found[key] for key in sorted(found)]


def take(documents, wanted):
    """Documents from the front, up to that many bytes; a longer one is passed over. What is left stays in the list."""
    taken, left, size = [], [], 0
    for document in documents:
        length = len(document["text"].encode())
        if size + length <= wanted:
            taken.append(document)
            size += length
        else:
            left.append(document)
    documents[:] = left
    return taken


def size_of(documents):
    return sum(len(document["text"].encode()) for document in documents)


def write(out, name, documents, manifest):
    path = out / name
    path.parent.mkdir(parents=True, exist_ok=True)
    content = "".join(json.dumps(document, ensure_ascii=False) + "\n" for document in documents).encode()
    path.write_bytes(content)
    manifest["files"][name] = {
        "documents": len(documents), "textBytes": size_of(documents),
        "sha256": hashlib.sha256(content).hexdigest()}


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: python3 eng/make-messy-text.py OUT")
    out = pathlib.Path(sys.argv[1])
    if out.exists() and any(out.iterdir()):
        sys.exit(f"{out}: the folder is not empty. Name a new one.")
    versions, manifest = {}, {"packages": {}, "files": {}}
    with tempfile.TemporaryDirectory() as folder:
        on_task = documents_of(ON_TASK, folder, versions)
        program = documents_of(PROGRAM_TEXT, folder, versions, MOST_OF_A_PACKAGE)
        prose = documents_of(PROSE, folder, versions)
    manifest["packages"] = versions
    write(out, "test.jsonl", take(on_task, TEST_BYTES), manifest)
    # Each sample has at least eight documents, and the smaller ones are parts of the largest.
    short = [d for d in on_task if len(d["text"].encode()) <= min(SAMPLES.values()) / 8]
    largest = take(short, max(SAMPLES.values()))
    chosen = {d["source"] for d in largest}
    on_task[:] = [d for d in on_task if d["source"] not in chosen]
    for name, size in SAMPLES.items():
        write(out, f"holdout-{name}.jsonl", take(list(largest), size), manifest)
    # The start is trained on every second document, of which the pools have none.
    start, program, prose = program[1::2], program[0::2], prose
    write(out, "start/test.jsonl", take(start, START_TEST_BYTES), manifest)
    write(out, "start/holdout.jsonl", take(start, START_TEST_BYTES), manifest)
    write(out, "start/pool.jsonl", start, manifest)
    for name, share, off_task in [
            ("messy-text", 0.1, program), ("messy-text-30", 0.3, program), ("messy-text-100", 1.0, program), ("messy-text-prose", 0.1, prose)]:
        total = min(POOL_BYTES, size_of(on_task) / share, size_of(off_task) / (1 - share) if share < 1 else math.inf)
        write(out, f"{name}/pool/on-task.jsonl", take(list(on_task), total * share), manifest)
        if share < 1:
            write(out, f"{name}/pool/off-task.jsonl", take(list(off_task), total * (1 - share)), manifest)
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    for name, facts in manifest["files"].items():
        print(f"{name:40} {facts['documents']:6} documents {facts['textBytes']:11,} bytes")


if __name__ == "__main__":
    main()
