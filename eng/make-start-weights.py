#!/usr/bin/env python3
"""Makes weights that ship with the tool of a checkpoint of a run: the network alone, without the optimizer's state.

    python3 eng/make-start-weights.py CHECKPOINT weights/NAME.safetensors "how it was made"

The file has the checksum that SafetensorsFile verifies. Running it again gives the same bytes.
"""
import hashlib
import json
import pathlib
import struct
import sys

PREFIX, CHECKSUM = "model.", "rholoss-sha256"


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    source, target, how = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
    content = source.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header, data = json.loads(content[8:8 + length]), content[8 + length:]
    names = sorted(name for name in header if name.startswith(PREFIX))
    if not names:
        sys.exit(f"{source}: no tensor of it is called {PREFIX}…, so it is no checkpoint of a run.")
    metadata = {"made": how}
    digest, entries, tensors, at = hashlib.sha256(), {}, [], 0
    for name in names:
        facts = header[name]
        begin, end = facts["data_offsets"]
        short, tensor = name[len(PREFIX):], data[begin:end]
        digest.update(f"{short}|{facts['dtype']}|{','.join(map(str, facts['shape']))}|".encode())
        digest.update(tensor)
        entries[short] = {"dtype": facts["dtype"], "shape": facts["shape"], "data_offsets": [at, at + len(tensor)]}
        tensors.append(tensor)
        at += len(tensor)
    for key in sorted(metadata):
        digest.update(f"{key}={metadata[key]}\n".encode())
    metadata[CHECKSUM] = digest.hexdigest()
    written = json.dumps({"__metadata__": metadata, **entries}, separators=(",", ":")).encode()
    written += b" " * (-(8 + len(written)) % 8)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(struct.pack("<Q", len(written)) + written + b"".join(tensors))
    print(f"{target}: {len(names)} tensors, {target.stat().st_size:,} bytes, SHA-256 {hashlib.sha256(target.read_bytes()).hexdigest()}")


main()
