"""PyTorch training a model on one resident random batch (no loading, no shuffling: less than Lockstep does here).

Included: zero_grad(set_to_none=True), forward with dropout, cross-entropy, backward, optimizer step, loss.item().
Prints images/s of the median block and the peak RSS. Argument: {"model", "dropout", "optimizer", "threads", "batch", "count"
(images a block), "blocks", "warmup" (steps)}.
"""
import json
import resource
import sys
import time

import torch
import torch.nn.functional as F

from torch_models import MODELS

o = json.loads(sys.argv[-1])
torch.set_num_threads(o["threads"])
torch.manual_seed(0)
shape, net = MODELS[o["model"]](o["dropout"])
batch = o["batch"]
if o["optimizer"] == "adam":
    optimizer = torch.optim.Adam(net.parameters(), lr=0.001)
else:
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
x, y = torch.randn(batch, *shape), torch.randint(0, 10, (batch,))


def step():
    optimizer.zero_grad(set_to_none=True)
    loss = F.cross_entropy(net(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


for _ in range(o["warmup"]):
    step()
rates = []
steps = max(1, o["count"] // batch)
for _ in range(o["blocks"]):
    start = time.perf_counter()
    for _ in range(steps):
        step()
    rates.append(steps * batch / (time.perf_counter() - start))
rates.sort()
rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"imagesPerSecond": rates[len(rates) // 2], "peakRssMiB": rss}))
