"""The fingerprint in Data/DatasetFingerprintTests.cs, from Python's hashlib (python3 3.11): three examples with ids 30, 10, 20,
labels 0, 1, 2 and inputs of 4 bytes, byte b of row r being 40 r + 10 b.

    python3 tests/RhoLoss.Tests/References/fingerprint.py
"""
import hashlib
import struct

rows = {30: (0, bytes([0, 10, 20, 30])), 10: (1, bytes([40, 50, 60, 70])), 20: (2, bytes([80, 90, 100, 110]))}
ids = sorted(rows)
whole = hashlib.sha256(b"3|Byte [1, 2, 2] mean 0.5 std 0.25|")
whole.update(struct.pack("<3q", *ids))
whole.update(struct.pack("<3q", *(rows[i][0] for i in ids)))
for i in ids:
    whole.update(hashlib.sha256(rows[i][1]).digest()[:8])
print(whole.hexdigest())
