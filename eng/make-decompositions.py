"""Writes src/RhoLoss.Datasets/Embedded/unicode/decompositions.tsv: what is left of a character when accents are taken off.

    python3 eng/make-decompositions.py          # Python 3.11: Unicode 14.0

.NET does no Unicode normalisation without ICU (InvariantGlobalization), so the tokenizers bring the table. One line a character:
code point in hexadecimal, NFKD without characters of a combining class (ALBERT), and, where it differs, NFD without category Mn (BERT).
Hangul syllables, whose decomposition is arithmetic, are left whole: neither vocabulary has Jamo.
"""
import os
import unicodedata

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src", "RhoLoss.Datasets", "Embedded", "unicode", "decompositions.tsv")
with open(path, "w", encoding="utf-8", newline="\n") as file:
    for code in range(0x80, 0x110000):
        if 0xD800 <= code <= 0xDFFF or 0xAC00 <= code <= 0xD7A3:
            continue
        c = chr(code)
        compatible = "".join(d for d in unicodedata.normalize("NFKD", c) if not unicodedata.combining(d))
        canonical = "".join(d for d in unicodedata.normalize("NFD", c) if unicodedata.category(d) != "Mn")
        if (compatible, canonical) != (c, c):
            file.write(f"{code:X}\t{compatible}" + ("" if canonical == compatible else f"\t{canonical}") + "\n")
