"""LitServe with batches: python lit.py MODEL PORT. Raw float32 in, raw float32 out."""
import sys

import litserve as ls
import numpy as np
from fastapi import Request, Response


class Mlp(ls.LitAPI):
    def setup(self, device):
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(sys.argv[1], options)
        self.name = self.session.get_inputs()[0].name

    async def decode_request(self, request: Request):
        return np.frombuffer(await request.body(), np.float32)

    def predict(self, x):
        return self.session.run(None, {self.name: np.asarray(x).reshape(-1, 784)})[0]

    def encode_response(self, output):
        return Response(output.tobytes(), media_type="application/octet-stream")


class MlpJson(Mlp):
    """Where raw bodies are not taken: a JSON list."""

    def decode_request(self, request):
        return np.asarray(request["x"], np.float32)

    def encode_response(self, output):
        return {"y": output.reshape(-1).tolist()}


if __name__ == "__main__":
    api = MlpJson(max_batch_size=32, batch_timeout=0.001)
    server = ls.LitServer(api, accelerator="cpu", workers_per_device=1)
    server.run(host="127.0.0.1", port=int(sys.argv[2]), num_api_servers=1, log_level="error", generate_client_file=False)
