"""PyTorch: from the start of the process to the end of the first training step of the seed network on MNIST (all images loaded).

Prints milliseconds since BENCH_STARTED_MS, which the runner sets when it starts the process. Argument: {"threads", "batch", "folder"}.
"""
import json
import os
import sys
import time

import torch
import torch.nn.functional as F

from torch_mnist import load
from torch_models import mnist_seed_net


def since_start():
    return time.time() * 1000 - float(os.environ["BENCH_STARTED_MS"])


o = json.loads(sys.argv[-1])
imported_ms = since_start()
torch.set_num_threads(o["threads"])
images, labels = load(o["folder"], 60000)
loaded_ms = since_start()
torch.manual_seed(0)
net = mnist_seed_net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
chosen = torch.randperm(len(images))[: o["batch"]]
F.cross_entropy(net(images[chosen]), labels[chosen]).backward()
optimizer.step()
print(json.dumps({"milliseconds": since_start(), "importedMs": imported_ms, "loadedMs": loaded_ms}))
