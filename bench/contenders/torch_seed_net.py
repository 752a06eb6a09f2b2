"""One contender: PyTorch training the seed network on random 3x32x32 images. Usage: torch_seed_net.py THREADS BATCH"""
import json
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class SeedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = nn.Conv2d(3, 32, 3), nn.Conv2d(32, 64, 3), nn.Conv2d(64, 128, 3)
        self.pool, self.dropout = nn.MaxPool2d(2, 2), nn.Dropout(0.25)
        self.fc1, self.fc2 = nn.Linear(512, 512), nn.Linear(512, 10)

    def forward(self, x):
        for conv in (self.conv1, self.conv2, self.conv3):
            x = self.pool(F.relu(conv(x)))
        x = self.dropout(x.flatten(1))
        return self.fc2(self.dropout(F.relu(self.fc1(x))))


threads, batch = int(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
torch.manual_seed(0)
net = SeedNet()
optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
x, y = torch.randn(batch, 3, 32, 32), torch.randint(0, 10, (batch,))


def step():
    optimizer.zero_grad()
    F.cross_entropy(net(x), y).backward()
    optimizer.step()


for _ in range(5):
    step()
seconds = []
for _ in range(max(8, 2048 // batch)):
    start = time.perf_counter()
    step()
    seconds.append(time.perf_counter() - start)
seconds.sort()

# A PyTorch on the reference BLAS (Debian without libopenblas) is many times slower in linear layers: no fair peer.
a = torch.randn(512, 512)
a @ a
start = time.perf_counter()
for _ in range(10):
    a @ a
gflops = 10 * 2 * 512**3 / (time.perf_counter() - start) / 1e9
print(json.dumps({"imagesPerSecond": batch / seconds[len(seconds) // 2], "sgemmGflops": gflops}))
