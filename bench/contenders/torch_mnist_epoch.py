"""PyTorch: one epoch of the seed network on real MNIST, from the files to the trained weights.

Included: reading the files, shuffling, batching, training; left out: starting the process, import torch.
"loader" batches: DataLoader(TensorDataset, shuffle=True), as in tutorials. "index": index_select on the whole tensor, the fastest.
Prints images/s over all of it. Argument: {"threads", "batch", "limit", "batching", "folder"}.
"""
import json
import sys
import time

import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

from torch_mnist import load
from torch_models import mnist_seed_net

o = json.loads(sys.argv[-1])
torch.set_num_threads(o["threads"])
start = time.perf_counter()
images, labels = load(o["folder"], o["limit"])
load_ms = 1000 * (time.perf_counter() - start)
torch.manual_seed(0)
net = mnist_seed_net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)


def by_index():
    for chosen in torch.randperm(len(images)).split(o["batch"]):
        yield images.index_select(0, chosen), labels.index_select(0, chosen)


batches = by_index() if o["batching"] == "index" else DataLoader(
    TensorDataset(images, labels), batch_size=o["batch"], shuffle=True)
total = 0.0
for x, y in batches:
    optimizer.zero_grad(set_to_none=True)
    loss = F.cross_entropy(net(x), y)
    loss.backward()
    optimizer.step()
    total += loss.item() * len(x)
seconds = time.perf_counter() - start
print(json.dumps({"imagesPerSecond": len(images) / seconds, "loadMs": load_ms, "trainLoss": total / len(images)}))
