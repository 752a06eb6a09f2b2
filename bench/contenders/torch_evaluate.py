"""PyTorch evaluating the seed network on one resident random batch of 256: eval(), no_grad (inference_mode), loss and accuracy.

Prints images/s of the median block. Argument: {"threads", "count" (images a block), "blocks"}.
"""
import json
import sys
import time

import torch
import torch.nn.functional as F

from torch_models import MODELS

o = json.loads(sys.argv[-1])
torch.set_num_threads(o["threads"])
torch.manual_seed(0)
_, net = MODELS["seed-net"](0.25)
net.eval()
x, y = torch.randn(256, 3, 32, 32), torch.randint(0, 10, (256,))


def run(steps):
    start = time.perf_counter()
    with torch.inference_mode():
        for _ in range(steps):
            scores = net(x)
            F.cross_entropy(scores, y).item()
            (scores.argmax(1) == y).sum().item()
    return steps * 256 / (time.perf_counter() - start)


run(2)
rates = sorted(run(max(1, o["count"] // 256)) for _ in range(o["blocks"]))
print(json.dumps({"imagesPerSecond": rates[len(rates) // 2]}))
