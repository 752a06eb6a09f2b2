"""Writes resnet.json: ResNet-18's four stages, made narrow, by PyTorch in float64, with stochastic depth by Lockstep's masks.

Run: /usr/bin/python3 generate_resnet.py   (needs torch and numpy; deterministic)

Parameters, inputs and upstream gradients come from the hash of generate.py, so the file holds results only: of each gradient its norm and every
`stride`th element. `parameters` is the count of the
full-width network.
"""

import math

import torch
import torch.nn.functional as F

from generate import hash_targets, write_cases
from generate_dropout_composed import kept_mask, realised
from generate_sequences import double, flat

SEED, BATCH, CLASSES, RATE = 9, 5, 7, 0.5
SHAPE, WIDTHS = [3, 16, 16], [4, 6, 8, 10]


class BasicBlock(torch.nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(outputs)
        self.conv2 = torch.nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = torch.nn.BatchNorm2d(outputs)
        self.shortcut = torch.nn.Identity() if stride == 1 and inputs == outputs else torch.nn.Sequential(
            torch.nn.Conv2d(inputs, outputs, 1, stride, bias=False), torch.nn.BatchNorm2d(outputs))

    def forward(self, x, scale):
        inner = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(inner)) * scale + self.shortcut(x))


class ResNet18(torch.nn.Module):
    def __init__(self, channels, widths, classes):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(channels, widths[0], 3, 1, 1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(widths[0])
        pairs = [(a, b, stride) for i, b in enumerate(widths)
                 for a, stride in [(widths[max(0, i - 1)], 1 if i == 0 else 2), (b, 1)]]
        self.blocks = torch.nn.ModuleList(BasicBlock(*pair) for pair in pairs)
        self.fc = torch.nn.Linear(widths[-1], classes)

    def forward(self, x, rate=0.0):
        x = F.relu(self.bn1(self.conv1(x)))
        for i, block in enumerate(self.blocks):
            # Rates grow from 0; a block without one draws nothing and is no call site.
            p = rate * i / (len(self.blocks) - 1)
            scale = 1.0
            if self.training and p > 0:
                kept = torch.from_numpy(kept_mask(x.shape[0], 1, p, i - 1, SEED)).double()
                scale = (kept / (1 - realised(p))).reshape(-1, 1, 1, 1)
            x = block(x, scale)
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


def filled():
    net = ResNet18(SHAPE[0], WIDTHS, CLASSES).double()
    with torch.no_grad():
        for key, parameter in net.named_parameters():
            fan_in = math.prod(parameter.shape[1:])
            values = double(f"resnet/{key}", parameter.shape, 1.0 if parameter.dim() == 1 else (3 / fan_in) ** 0.5)
            parameter.copy_(values * 0.25 + (1 if "weight" in key else 0) if parameter.dim() == 1 else values)
    return net


def summary(gradient):
    """About 40 elements; strides are prime to kernels and rows."""
    values = gradient.reshape(-1)
    stride = max(1, values.numel() // 40) | 1
    while stride > 1 and any(stride % d == 0 for d in range(3, stride, 2)):
        stride += 2
    return {"l2": round(values.norm().item(), 9), "stride": stride, "sample": flat(values[::stride])}


def case(name, rate):
    net = filled()
    x = double("resnet/x", [BATCH] + SHAPE).requires_grad_()
    logits = net(x, rate)
    loss = F.cross_entropy(logits, hash_targets("resnet/targets", BATCH, CLASSES))
    loss.backward()
    evaluated = net.eval()(x.detach())
    return {
        "name": name,
        "dropPath": rate,
        "logits": flat(logits),
        "loss": round(loss.item(), 9),
        "gradients": {"x": summary(x.grad), **{key: summary(p.grad) for key, p in net.named_parameters()}},
        "evaluated": flat(evaluated),
    }


def main():
    count = sum(p.numel() for p in ResNet18(3, [64, 128, 256, 512], 10).parameters())
    about = ("parameters of more than one axis: hashUniform('resnet/<name>') within sqrt(3 / fan in); others a quarter of "
             "hashUniform within 1, plus 1 for weights; masks of seed, call sites in order; 'evaluated' is after one training pass")
    meta = {"about": about, "parameters": count, "seed": SEED, "batch": BATCH, "classes": CLASSES, "shape": SHAPE, "widths": WIDTHS}
    write_cases("resnet.json", meta, [case("without stochastic depth", 0.0), case("with stochastic depth", RATE)])


if __name__ == "__main__":
    main()
