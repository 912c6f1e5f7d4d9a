"""Makes KleroSans-{Regular,Bold}.ttf from Liberation Sans 2.1.5.

    pip install fonttools==4.68.0
    python subset.py /usr/share/fonts/truetype/liberation2

Kept: the characters below, outlines, advances. Dropped: hinting, kerning (Liberation kerns pairs
of digits, which breaks columns of numbers) and all other layout. Renamed, because the licence
reserves the name Liberation. The dates are the source's, so that the same source gives the same
bytes.
"""
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

NAME = "Klero Sans"
CHARACTERS = [
    *range(0x20, 0x7F),  # Basic Latin
    *range(0xA0, 0x180),  # Latin-1, Latin Extended-A
    *map(ord, "ȘșȚțẞΔΣαβγδεθλμπρστφχψω"),
    0x2009, 0x200B, 0x2010, 0x2011, 0x202F,  # thin, zero, hyphens, narrow no-break space
    *map(ord, "–—‘’‚“”„†‡•…‰′″‹›€™←↑→↓−√∞≈≠≤≥◊"),
]

here = Path(__file__).parent
for style in ["Regular", "Bold"]:
    font = TTFont(Path(sys.argv[1]) / f"LiberationSans-{style}.ttf", recalcTimestamp=False)
    options = subset.Options(hinting=False, layout_features=[], notdef_outline=True,
                             name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14], legacy_kern=False,
                             drop_tables=["GPOS", "GSUB", "GDEF", "kern", "FFTM", "DSIG", "gasp"])
    have = set(font.getBestCmap())
    missing = [chr(c) for c in CHARACTERS if c not in have]
    print(style, "not in the source:", missing)
    maker = subset.Subsetter(options)
    maker.populate(unicodes=CHARACTERS)
    maker.subset(font)
    names = {1: NAME, 2: style, 3: f"{NAME} {style}, from Liberation Sans 2.1.5",
             4: f"{NAME} {style}", 6: f"KleroSans-{style}"}
    for number, text in names.items():
        font["name"].removeNames(nameID=number)
        font["name"].setName(text, number, 3, 1, 0x409)
    font["name"].names = [n for n in font["name"].names if n.platformID == 3 and n.langID == 0x409]
    target = here / f"KleroSans-{style}.ttf"
    font.save(target)
    print(target, target.stat().st_size)
