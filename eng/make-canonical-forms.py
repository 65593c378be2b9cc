"""Writes src/RhoLoss.Datasets/Embedded/unicode/canonical-forms.tsv: what tells whether two names are one text (Unicode's NFD).

    python3 eng/make-canonical-forms.py          # Python 3.11: Unicode 14.0

.NET does no Unicode normalisation without ICU (InvariantGlobalization). One line a character that has either: code point in hexadecimal,
its canonical combining class (0 for none), its full canonical decomposition (empty for none). Hangul syllables are not in the table;
their decomposition is arithmetic (Unicode Standard, section 3.12).
"""
import os
import unicodedata

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src", "RhoLoss.Datasets", "Embedded", "unicode", "canonical-forms.tsv")
with open(path, "w", encoding="utf-8", newline="\n") as file:
    for code in range(0x80, 0x110000):
        if 0xD800 <= code <= 0xDFFF or 0xAC00 <= code <= 0xD7A3:
            continue
        c = chr(code)
        parts = unicodedata.normalize("NFD", c)
        if parts != c or unicodedata.combining(c):
            file.write(f"{code:X}\t{unicodedata.combining(c)}\t{'' if parts == c else parts}\n")
