"""How many nodes other tools leave of a model: prints JSON. Made for onnxruntime 1.32, onnxslim 0.1.98 and onnx 1.23.

    python3 simplify.py MODEL

Nodes of bodies count; Constant nodes do not: they are another way to write an initializer.
"""
import json
import os
import sys
import tempfile
import time

import onnx
import onnxruntime
import onnxslim

onnxruntime.set_default_logger_severity(4)
path = sys.argv[1]


def count(graph):
    return sum(
        (node.op_type != "Constant") + sum(count(a.g) for a in node.attribute if a.type == onnx.AttributeProto.GRAPH)
        for node in graph.node
    )


def basic(given, out):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = out
    onnxruntime.InferenceSession(given, options, providers=["CPUExecutionProvider"])
    return onnx.load(out)


def tried(name, simplify):
    begun = time.perf_counter()
    try:
        model = simplify()
    except Exception as error:  # What a tool can't do is told, and the others go on.
        return {"name": name, "error": repr(error)[:200]}
    return {"name": name, "nodes": count(model.graph), "seconds": time.perf_counter() - begun}


with tempfile.TemporaryDirectory() as folder:
    out = os.path.join(folder, "basic.onnx")
    results = [
        tried("original", lambda: onnx.load(path)),
        tried("basic", lambda: basic(path, out)),
        tried("onnxslim", lambda: onnxslim.slim(onnx.load(path))),
        tried("basic, onnxslim", lambda: onnxslim.slim(onnx.load(out))),
    ]
print(json.dumps(results))
