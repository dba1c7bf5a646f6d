"""BentoML with adaptive batching: bentoml serve bento:Mlp, MODEL in the environment. JSON rows in, JSON rows out."""
import os

import bentoml
import numpy as np


@bentoml.service(workers=1, traffic={"timeout": 30, "max_concurrency": 1000}, logging={"access": {"enabled": False}})
class Mlp:
    def __init__(self):
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(os.environ["MODEL"], options)
        self.name = self.session.get_inputs()[0].name

    @bentoml.api(batchable=True, max_batch_size=64, max_latency_ms=100)
    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.session.run(None, {self.name: np.asarray(x, np.float32)})[0]
