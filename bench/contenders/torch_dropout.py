"""PyTorch: F.dropout (p = 0.5) of a side x side tensor; with "backward" also y.backward(dy), of which dx is kept.

Prints G elements/s of the median block. Argument: {"threads", "side", "backward", "blocks", "warmMs", "blockMs"}.
"""
import json
import sys
import time

import torch
import torch.nn.functional as F

o = json.loads(sys.argv[-1])
torch.set_num_threads(o["threads"])
torch.manual_seed(0)
x, dy = torch.randn(o["side"], o["side"]), torch.randn(o["side"], o["side"])
x.requires_grad_(o["backward"])


def step():
    y = F.dropout(x, 0.5, True)
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
