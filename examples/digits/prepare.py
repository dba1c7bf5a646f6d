#!/usr/bin/env python3
"""Write data/test.npz and samples/*.png from the MNIST test set.

    python3 prepare.py --data DIR

The slice for offline evaluation is test images 0 to 3999. The samples come
from behind it: for each digit the first image at or after index 4000, and for
4 and 9 (the pair that is easiest to confuse) the second one as well.
"""
import argparse
import struct
import zlib
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
SLICE = 4000


def read_idx(path):
    raw = path.read_bytes()
    sizes = np.frombuffer(raw, ">i4", count=raw[3], offset=4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(sizes)


def png(pixels):
    """An 8-bit greyscale PNG."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    height, width = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the MNIST IDX files")
    folder = parser.parse_args().data
    images = read_idx(folder / "t10k-images-idx3-ubyte")
    labels = read_idx(folder / "t10k-labels-idx1-ubyte")

    (HERE / "data").mkdir(exist_ok=True)
    np.savez_compressed(HERE / "data/test.npz", images=images[:SLICE], labels=labels[:SLICE])

    (HERE / "samples").mkdir(exist_ok=True)
    for digit in range(10):
        found = SLICE + np.flatnonzero(labels[SLICE:] == digit)
        for index in found[: 2 if digit in (4, 9) else 1]:
            (HERE / f"samples/{digit}-{index}.png").write_bytes(png(images[index]))


if __name__ == "__main__":
    main()
