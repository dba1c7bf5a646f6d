"""onnxruntime behind uvicorn (uvloop, httptools), as lean as a Python server gets: raw float32 in, raw float32 out.

    python raw.py MODEL PORT [image]

With `image`, a JPEG in and a label out: PIL decodes and resizes, numpy normalises.
"""
import io
import sys

import numpy as np
import onnxruntime as ort
import uvicorn

model, port = sys.argv[1], int(sys.argv[2])
options = ort.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
session = ort.InferenceSession(model, options)
name = session.get_inputs()[0].name
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)


def of_tensor(body):
    x = np.frombuffer(body, np.float32).reshape(-1, 784)
    return session.run(None, {name: x})[0].tobytes(), b"application/octet-stream"


def of_image(body):
    from PIL import Image

    image = Image.open(io.BytesIO(body)).convert("RGB").resize((224, 224), Image.BILINEAR)
    x = (np.asarray(image, np.float32) / 255 - MEAN) / STD
    scores = session.run(None, {name: x.transpose(2, 0, 1)[None]})[0]
    return b'{"label": %d}' % int(scores.argmax()), b"application/json"


answer = of_image if "image" in sys.argv[3:] else of_tensor


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    out, kind = answer(body) if body else (b"{}", b"application/json")
    headers = [(b"content-type", kind), (b"content-length", str(len(out)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": out})


uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)
