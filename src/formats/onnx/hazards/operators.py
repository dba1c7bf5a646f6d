"""Writes operators.ts: operators that only compute, by domain. Made with onnx 1.23.2, onnxruntime 1.32.0 and
onnxruntime-extensions 0.15.2:

    python3 operators.py > operators.ts

Left out, as they do more than compute: see HAZARDOUS in domains.ts.
"""
import inspect
import textwrap
from collections import defaultdict

import onnx.defs
from onnxruntime.capi import onnxruntime_pybind11_state as ort
from onnxruntime_extensions import _cuops

LEFT_OUT = {"EPContext", "Snpe", "ImageReader", "ATen", "PythonOp", "PyOp", "PyCustomOp"}
# Operators of onnxruntime-extensions that have no class in Python: its docs/custom_ops.md and custom_text_ops.md.
EXTENSIONS = """
AudioDecoderEx BasicTokenizer DecodeImage DrawBoundingBoxes EncodeImage HfBertTokenizer HfJsonTokenizer NegPos
RaggedTensorToDense RaggedTensorToSparse SegmentSum StringConcat StringECMARegexReplace StringECMARegexSplitWithOffsets
StringEqual StringJoin StringLength StringLower StringRegexReplace StringRegexSplitWithOffsets StringSplit StringStrip
StringToHashBucket StringToHashBucketFast StringUpper T5Tokenizer WordpieceTokenizer XLMRobertaTokenizer
""".split()

operators = defaultdict(set)
for schema in onnx.defs.get_all_schemas_with_history():
    operators[schema.domain].add(schema.name)
for schema in ort.get_all_operator_schema():
    operators[schema.domain].add(schema.name)
operators["ai.onnx.contrib"].update(EXTENSIONS)
for name, item in vars(_cuops).items():
    if inspect.isclass(item) and issubclass(item, _cuops.CustomOp) and item is not _cuops.CustomOp:
        operators["ai.onnx.contrib"].add(name)

print("/** Operators that only compute, by domain; separated by spaces. Made by operators.py: do not edit. */")
print("export const OPERATORS: ReadonlyMap<string, string> = new Map([")
for domain in sorted(operators):
    lines = textwrap.wrap(" ".join(sorted(operators[domain] - LEFT_OUT)), 100)
    print(f"  [\n    '{domain}',\n    `")
    print("\n".join(lines))
    print("`,\n  ],")
print("])")
