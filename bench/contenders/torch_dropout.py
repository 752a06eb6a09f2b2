"""PyTorch: a member of the dropout family (p = 0.5) of side x side floats; with "backward" also y.backward(dy), of which dx is kept.

Prints G elements/s of the median block. Argument: {"threads", "member", "side", "backward", "blocks", "warmMs", "blockMs"}.
"""
import json
import sys
import time

import torch
import torch.nn.functional as F

o = json.loads(sys.argv[-1])
torch.set_num_threads(o["threads"])
torch.manual_seed(0)
side = o["side"]
shape = [side // 16, side // 16, 16, 16] if o["member"] == "dropout2d" else [side, side]
x, dy = torch.randn(shape), torch.randn(shape)
x.requires_grad_(o["backward"])


def drop_path(x):
    """timm's formula."""
    kept = x.new_empty([x.shape[0]] + [1] * (x.dim() - 1)).bernoulli_(0.5).div_(0.5)
    return x * kept


run_member = {
    "dropout": lambda x: F.dropout(x, 0.5, True),
    "dropout2d": lambda x: F.dropout2d(x, 0.5, True),
    "alphaDropout": lambda x: F.alpha_dropout(x, 0.5, True),
    # The standard deviation of p = 0.5 is 1.
    "gaussianDropout": lambda x: x * torch.normal(1.0, 1.0, x.shape),
    "dropPath": drop_path,
}[o["member"]]


def step():
    y = run_member(x)
    if o["backward"]:
        x.grad = None
        y.backward(dy)


def run(steps):
    start = time.perf_counter()
    for _ in range(steps):
        step()
    return (time.perf_counter() - start) / steps


seconds = run(2)
until = time.perf_counter() + o["warmMs"] / 1000
while time.perf_counter() < until:
    seconds = run(1)
steps = max(1, round(o["blockMs"] / 1000 / seconds))
times = sorted(run(steps) for _ in range(o["blocks"]))
print(json.dumps({"gigaElementsPerSecond": x.numel() / times[len(times) // 2] / 1e9}))
