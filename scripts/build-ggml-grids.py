"""Writes src/formats/values/blocks/grids.generated.ts: the codebooks of ggml's iq types, out of the Python package
`gguf` (MIT, Copyright (c) 2023 Georgi Gerganov). Made with gguf 0.19.0:

    python3 scripts/build-ggml-grids.py
"""
import base64
import os
from importlib import metadata
from gguf import quants

root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
# The licence asks that its text goes with what is copied.
licence = metadata.distribution("gguf").read_text("licenses/LICENSE")
lines = [
    "/**",
    " * The codebooks of ggml's iq types, packed: 2 bits a number (4 for those of three bits), lowest first. Made by",
    " * scripts/build-ggml-grids.py out of the Python package gguf 0.19.0 of the ggml project, under its licence:",
    " *",
    *(" * " + line if line else " *" for line in licence.strip().split("\n")),
    " */",
]
for name in ("IQ1_S", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S"):
    packed = base64.b64encode(bytes.fromhex(getattr(quants, name).grid_hex.decode())).decode()
    wrapped = "\n".join(packed[at : at + 100] for at in range(0, len(packed), 100))
    lines.append(f"export const {name}_GRID: string = `\n{wrapped}\n`")
with open(os.path.join(root, "src/formats/values/blocks/grids.generated.ts"), "w") as out:
    out.write("\n".join(lines) + "\n")
