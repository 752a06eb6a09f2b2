"""Writes the golden values that Lockstep's tests compare with, from PyTorch on the CPU in float32.

Run: /usr/bin/python3 generate.py   (needs torch and numpy; writes into its own folder; deterministic)

Weights, inputs and targets come from an integer hash that packages/testkit/src/hash.ts repeats bit for
bit, so the files hold results only. Each JSON file states its own structure under "meta".
"""

import json
import math
import os
import random
import struct

# The same code path on every machine, as far as the libraries allow: no wide-vector kernels, one thread.
os.environ.setdefault("ATEN_CPU_CAPABILITY", "default")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)
torch.manual_seed(0)

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLE_LIMIT = 512


# ---------------------------------------------------------------- hash (twin: packages/testkit/src/hash.ts)


def seed_of_name(name):
    """FNV-1a (32 bits) over the UTF-8 bytes of the name."""
    seed = 0x811C9DC5
    for byte in name.encode("utf-8"):
        seed = ((seed ^ byte) * 0x01000193) & 0xFFFFFFFF
    return seed


def mix(x):
    """Murmur3's 32-bit finalizer, on a uint32 array."""
    x = x ^ (x >> np.uint32(16))
    x = x * np.uint32(0x85EBCA6B)
    x = x ^ (x >> np.uint32(13))
    x = x * np.uint32(0xC2B2AE35)
    return x ^ (x >> np.uint32(16))


def hash32(name, count):
    """mix(mix(i * 0x9E3779B9) + seed) for i in 0..count-1, all modulo 2^32."""
    i = np.arange(count, dtype=np.uint32)
    return mix(mix(i * np.uint32(0x9E3779B9)) + np.uint32(seed_of_name(name)))


def hash_uniform(name, shape, bound=1.0):
    """((hash >> 8) / 2^24 * 2 - 1) * bound: exact up to the last product, which rounds once to float32."""
    top = (hash32(name, math.prod(shape)) >> np.uint32(8)).astype(np.float32)
    unit = top / np.float32(16777216) * np.float32(2) - np.float32(1)
    values = unit * np.float32(bound)
    assert values.dtype == np.float32
    return torch.from_numpy(values.reshape(shape))


def hash_targets(name, count, classes):
    return torch.from_numpy((hash32(name, count) % np.uint32(classes)).astype(np.int64))


# ---------------------------------------------------------------- writers


def number(x):
    """Nine significant digits: enough for float32 to survive the round trip."""
    text = "%.9g" % x
    assert np.float32(float(text)) == np.float32(x), x
    return text


def numbers(tensor):
    return "[" + ",".join(number(x) for x in tensor.detach().reshape(-1).tolist()) + "]"


class Raw(str):
    """JSON text that is already written."""


def to_json(value):
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(json.dumps(k) + ":" + to_json(v) for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(to_json(v) for v in value) + "]"
    return json.dumps(value, allow_nan=False)


def write_text(name, text):
    with open(os.path.join(HERE, name), "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    print(f"{name}: {len(text.encode('utf-8'))} bytes")


def write_cases(name, meta, cases):
    """One case a line, so that a change shows as one changed line."""
    meta = {"generator": "packages/core/test/golden/generate.py", "torch": torch.__version__, **meta}
    body = ",\n".join(to_json(case) for case in cases)
    write_text(name, '{\n"meta":' + to_json(meta) + ',\n"cases":[\n' + body + "\n]\n}\n")
    json.loads(open(os.path.join(HERE, name), encoding="utf-8").read())


def write_safetensors(name, tensors, metadata):
    header, chunks, offset = {"__metadata__": metadata}, [], 0
    for key, tensor in tensors.items():
        assert tensor.dtype == torch.float32
        data = tensor.detach().contiguous().numpy().astype("<f4").tobytes()
        header[key] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, offset + len(data)]}
        chunks.append(data)
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % 8)
    blob = struct.pack("<Q", len(text)) + text + b"".join(chunks)
    with open(os.path.join(HERE, name), "wb") as file:
        file.write(blob)
    print(f"{name}: {len(blob)} bytes")


# ---------------------------------------------------------------- seed network

BATCH, CLASSES, STEPS = 8, 10, 20
LAYERS = {  # name: (weight shape, fan in)
    "conv1": ([32, 3, 3, 3], 27),
    "conv2": ([64, 32, 3, 3], 288),
    "conv3": ([128, 64, 3, 3], 576),
    "fc1": ([512, 512], 512),
    "fc2": ([10, 512], 512),
}
OPTIMIZERS = {
    "sgd": ("SGD", dict(lr=0.01, momentum=0.9, weight_decay=5e-4)),
    "nesterov": ("SGD", dict(lr=0.01, momentum=0.9, weight_decay=5e-4, nesterov=True)),
    "adam": ("Adam", dict(lr=1e-3)),
    "adamw": ("AdamW", dict(lr=1e-3, weight_decay=0.01)),
}


class SeedNet(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 32, 3)
        self.conv2 = torch.nn.Conv2d(32, 64, 3)
        self.conv3 = torch.nn.Conv2d(64, 128, 3)
        self.fc1 = torch.nn.Linear(512, 512)
        self.fc2 = torch.nn.Linear(512, 10)

    def forward(self, x):
        for conv in (self.conv1, self.conv2, self.conv3):
            x = F.max_pool2d(F.relu(conv(x)), 2, 2)
        x = F.dropout(torch.flatten(x, 1), p=0.0, training=True)
        x = F.dropout(F.relu(self.fc1(x)), p=0.0, training=True)
        return self.fc2(x)


def seed_net(dtype):
    net = SeedNet()
    with torch.no_grad():
        for name, (shape, fan_in) in LAYERS.items():
            layer, bound = getattr(net, name), np.float32(1 / math.sqrt(fan_in))
            layer.weight.copy_(hash_uniform(f"{name}.weight", shape, bound))
            layer.bias.copy_(hash_uniform(f"{name}.bias", shape[:1], bound))
    return net.to(dtype)


def batch(step, dtype):
    return hash_uniform(f"input.{step}", [BATCH, 3, 32, 32]).to(dtype), hash_targets(f"target.{step}", BATCH, CLASSES)


def stride_for(n):
    """The smallest s >= n / SAMPLE_LIMIT that is prime (or 1): never a multiple of a row or a kernel, so the
    sample walks over all columns and kernel positions (ceil(n / 512) would see column 0 of fc1 only)."""
    s = max(1, math.ceil(n / SAMPLE_LIMIT))
    while any(s % d == 0 for d in range(2, s)):
        s += 1
    return s


def summarise(tensor, reference):
    """Sample, and statistics over ALL elements in float64; noise = distance of float32 from a float64 run."""
    flat, exact = tensor.detach().reshape(-1), reference.detach().reshape(-1)
    stride = stride_for(flat.numel())
    wide = flat.double()
    sample = flat[::stride].clone()
    stats = {
        "shape": list(tensor.shape),
        "count": flat.numel(),
        "stride": stride,
        "sampleCount": sample.numel(),
        "l2": wide.norm().item(),
        "sum": wide.sum().item(),
        "maxAbs": wide.abs().max().item(),
        "noise": {
            "relativeL2": ((wide - exact).norm() / exact.norm()).item(),
            "maxAbs": (wide - exact).abs().max().item(),
            "l2": abs(wide.norm() / exact.norm() - 1).item(),
            "sum": abs(wide.sum() - exact.sum()).item(),
        },
    }
    return sample, stats


def first_step(dtype):
    net = seed_net(dtype)
    x, t = batch(0, dtype)
    logits = net(x)
    loss = F.cross_entropy(logits, t)
    loss.backward()
    return logits, loss, {name: p.grad for name, p in net.named_parameters()}


def train(kind, options, dtype):
    net = seed_net(dtype)
    optimizer = getattr(torch.optim, kind)(net.parameters(), **options)
    losses = []
    for step in range(STEPS):
        x, t = batch(step, dtype)
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), t)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, dict(net.named_parameters())


def camel(options):
    words = {k: k.split("_") for k in options}
    return {first + "".join(map(str.capitalize, rest)): options[k] for k, (first, *rest) in words.items()}


def generate_seed_net():
    f32, f64 = torch.float32, torch.float64
    logits, loss, gradients = first_step(f32)
    logits64, loss64, gradients64 = first_step(f64)
    tensors, gradient_meta, runs = {"logits": logits}, {}, {}
    for name, gradient in gradients.items():
        tensors[f"grad.{name}"], gradient_meta[name] = summarise(gradient, gradients64[name])
    for run, (kind, options) in OPTIMIZERS.items():
        losses, weights = train(kind, options, f32)
        losses64, weights64 = train(kind, options, f64)
        stats = {}
        for name, weight in weights.items():
            tensors[f"{run}.{name}"], stats[name] = summarise(weight, weights64[name])
        runs[run] = {
            "optimizer": kind,
            "options": camel(options),
            "steps": STEPS,
            "losses": losses,
            "lossesFloat64": losses64,
            "weights": stats,
        }
    probes = ["conv1.weight", "input.0", "größe"]
    meta = {
        "generator": "packages/core/test/golden/generate.py",
        "torch": torch.__version__,
        "about": "weights: hashUniform('<layer>.weight' or '.bias', count, bound); inputs of step s: "
        "hashUniform('input.<s>', 8*3*32*32, 1); targets: hashTargets('target.<s>', 8, 10). Samples: element k of "
        "tensor 'grad.<p>' or '<run>.<p>' is element k*stride of the flattened tensor. l2, sum, maxAbs: float64 over "
        "all elements. noise: distance of this float32 run from the same run in float64.",
        "hash": {
            "names": [
                {
                    "name": name,
                    "seed": seed_of_name(name),
                    "hashes": hash32(name, 6).tolist(),
                    "bound": float(bound),
                    "values": Raw(numbers(hash_uniform(name, [6], bound))),
                    "targets": hash_targets(name, 6, CLASSES).tolist(),
                    "hashAt100000": int(hash32(name, 100001)[100000]),
                }
                for name, bound in zip(probes, [np.float32(1 / math.sqrt(27)), np.float32(1), np.float32(0.1)])
            ]
        },
        "batch": BATCH,
        "classes": CLASSES,
        "inputShape": [BATCH, 3, 32, 32],
        "layers": {
            name: {"weight": shape, "bias": shape[:1], "fanIn": fan_in, "bound": float(np.float32(1 / math.sqrt(fan_in)))}
            for name, (shape, fan_in) in LAYERS.items()
        },
        "forward": {
            "loss": loss.item(),
            "lossFloat64": loss64.item(),
            "logitsNoise": (logits.double() - logits64).abs().max().item(),
        },
        "gradients": gradient_meta,
        "runs": runs,
    }
    write_safetensors("seed-net.safetensors", tensors, {"meta": "seed-net.json", "torch": torch.__version__})
    text = to_json(meta)
    write_text("seed-net.json", json.dumps(json.loads(text), indent=1, ensure_ascii=True) + "\n")


# ---------------------------------------------------------------- single operations


def literal(values, shape):
    return {"shape": list(shape), "data": Raw(numbers(torch.tensor(values, dtype=torch.float32).reshape(shape)))}


class Operations:
    """Runs operations on hashed or literal inputs and collects outputs and gradients."""

    def __init__(self):
        self.cases, self.count = [], {}

    def add(self, op, inputs, run, params=None, note=None):
        """inputs: name -> shape (hashed in [-1, 1)), (shape, bound) or a literal tensor; run(*tensors) -> tensor."""
        index = self.count[op] = self.count.get(op, -1) + 1
        case = {"name": f"{op}/{index}", "op": op}
        if note:
            case["note"] = note
        case.update(params=params or {}, inputs={})
        tensors = {}
        for key, spec in inputs.items():
            if isinstance(spec, torch.Tensor):
                tensors[key] = spec.clone()
                case["inputs"][key] = {"shape": list(spec.shape), "data": Raw(numbers(spec))}
            else:
                shape, bound = spec if isinstance(spec, tuple) else (spec, 1)
                name = f"{op}/{index}/{key}"
                tensors[key] = hash_uniform(name, shape, bound)
                case["inputs"][key] = {"shape": shape, "hash": name, "bound": bound}
            tensors[key].requires_grad_(True)
        output = run(*tensors.values())
        upstream_name = f"{op}/{index}/upstream"
        upstream = hash_uniform(upstream_name, list(output.shape))
        gradients = torch.autograd.grad(output, list(tensors.values()), upstream)
        case["output"] = {"shape": list(output.shape), "data": Raw(numbers(output))}
        case["upstream"] = {"shape": list(output.shape), "hash": upstream_name, "bound": 1}
        case["gradients"] = {key: Raw(numbers(g)) for key, g in zip(tensors, gradients)}
        self.cases.append(case)


def add_convolutions(ops):
    table = [  # batch, in, out, height, width, kernel, stride, padding, dilation, groups, bias
        (2, 3, 4, 5, 5, (3, 3), (1, 1), (0, 0), (1, 1), 1, True),
        (2, 3, 4, 5, 5, (3, 3), (1, 1), (0, 0), (1, 1), 1, False),
        (1, 3, 5, 5, 5, (3, 3), (1, 1), (1, 1), (1, 1), 1, True),
        (2, 3, 4, 6, 5, (3, 3), (2, 2), (0, 0), (1, 1), 1, True),
        (1, 3, 4, 7, 6, (3, 3), (2, 2), (1, 1), (1, 1), 1, True),
        (1, 2, 3, 8, 7, (3, 3), (3, 3), (1, 1), (1, 1), 1, False),
        (1, 2, 3, 7, 7, (3, 3), (1, 1), (0, 0), (2, 2), 1, True),
        (1, 2, 3, 7, 6, (3, 3), (1, 1), (2, 2), (2, 2), 1, True),
        (1, 2, 3, 9, 8, (3, 3), (2, 2), (2, 2), (2, 2), 1, True),
        (1, 1, 2, 9, 9, (3, 3), (1, 1), (1, 1), (3, 3), 1, True),
        (2, 3, 5, 4, 3, (1, 1), (1, 1), (0, 0), (1, 1), 1, True),
        (1, 5, 3, 5, 4, (1, 1), (2, 2), (0, 0), (1, 1), 1, False),
        (1, 2, 2, 3, 3, (1, 1), (1, 1), (1, 1), (1, 1), 1, True),
        (1, 3, 2, 7, 6, (5, 5), (1, 1), (0, 0), (1, 1), 1, True),
        (1, 2, 3, 6, 5, (5, 5), (1, 1), (2, 2), (1, 1), 1, True),
        (1, 2, 3, 9, 8, (5, 5), (2, 2), (2, 2), (1, 1), 1, False),
        (1, 1, 1, 3, 3, (5, 5), (1, 1), (2, 2), (1, 1), 1, True),
        (2, 4, 6, 5, 4, (3, 3), (1, 1), (1, 1), (1, 1), 2, True),
        (1, 6, 3, 5, 5, (3, 3), (2, 2), (1, 1), (1, 1), 3, False),
        (1, 4, 4, 5, 5, (3, 3), (1, 1), (1, 1), (1, 1), 4, True),
        (1, 3, 6, 6, 5, (3, 3), (1, 1), (0, 0), (1, 1), 3, True),
        (1, 4, 2, 7, 7, (3, 3), (2, 2), (2, 2), (2, 2), 2, True),
        (1, 3, 2, 6, 7, (3, 5), (1, 1), (1, 2), (1, 1), 1, True),
        (1, 2, 3, 7, 5, (5, 1), (2, 1), (2, 0), (1, 1), 1, True),
        (2, 3, 2, 5, 8, (1, 3), (1, 2), (0, 1), (1, 2), 1, False),
        (1, 2, 3, 8, 9, (3, 2), (2, 3), (1, 0), (2, 1), 1, True),
        (1, 17, 3, 4, 4, (3, 3), (1, 1), (0, 0), (1, 1), 1, True),
        (1, 3, 17, 4, 4, (3, 3), (1, 1), (0, 0), (1, 1), 1, True),
        (1, 2, 3, 3, 3, (3, 3), (1, 1), (0, 0), (1, 1), 1, True),
    ]
    for n, c, o, h, w, kernel, stride, padding, dilation, groups, bias in table:
        inputs = {"input": [n, c, h, w], "weight": [o, c // groups, *kernel]}
        if bias:
            inputs["bias"] = [o]
        params = dict(kernel=kernel, stride=stride, padding=padding, dilation=dilation, groups=groups, bias=bias)
        run = lambda x, w, b=None: F.conv2d(x, w, b, stride, padding, dilation, groups)
        ops.add("conv2d", inputs, run, params)


def add_pools(ops):
    for shape, kernel, stride, padding, dilation in [
        ([2, 3, 6, 6], (2, 2), (2, 2), (0, 0), (1, 1)),
        ([1, 2, 7, 5], (2, 2), (2, 2), (0, 0), (1, 1)),
        ([1, 2, 6, 5], (2, 2), (1, 1), (0, 0), (1, 1)),
        ([1, 3, 7, 6], (3, 3), (2, 2), (1, 1), (1, 1)),
        ([1, 2, 5, 5], (3, 3), (1, 1), (1, 1), (1, 1)),
        ([1, 2, 7, 7], (2, 2), (1, 1), (0, 0), (2, 2)),
        ([1, 2, 8, 7], (3, 3), (2, 2), (1, 1), (2, 2)),
        ([1, 2, 6, 7], (3, 2), (2, 3), (1, 0), (1, 2)),
        ([1, 1, 4, 4], (1, 1), (1, 1), (0, 0), (1, 1)),
    ]:
        params = dict(kernel=kernel, stride=stride, padding=padding, dilation=dilation)
        ops.add("maxPool2d", {"input": shape}, lambda x: F.max_pool2d(x, kernel, stride, padding, dilation), params)
    ties = torch.tensor([1, 1, 2, 0, 1, 1, 2, 2, 0, 0, -1, -1, -0.0, 0, -2, -1], dtype=torch.float32).reshape(1, 1, 4, 4)
    params = dict(kernel=(2, 2), stride=(2, 2), padding=(0, 0), dilation=(1, 1))
    ops.add("maxPool2d", {"input": ties}, lambda x: F.max_pool2d(x, 2), params, "ties: the first maximum wins")
    for shape, kernel, stride, padding in [
        ([2, 3, 6, 6], (2, 2), (2, 2), (0, 0)),
        ([1, 2, 7, 5], (3, 3), (2, 2), (1, 1)),
        ([1, 2, 5, 6], (3, 3), (1, 1), (1, 1)),
        ([1, 2, 6, 7], (3, 2), (2, 3), (1, 0)),
    ]:
        for include in (True, False):
            params = dict(kernel=kernel, stride=stride, padding=padding, countIncludePad=include)
            run = lambda x: F.avg_pool2d(x, kernel, stride, padding, False, include)
            ops.add("avgPool2d", {"input": shape}, run, params)


def add_layers_and_losses(ops):
    for n, i, o, bias in [(2, 3, 4, True), (3, 5, 2, False), (1, 1, 1, True), (5, 17, 3, True)]:
        inputs = {"input": [n, i], "weight": [o, i], **({"bias": [o]} if bias else {})}
        ops.add("linear", inputs, F.linear, {"bias": bias})
    ops.add("linear", {"input": [2, 3, 4], "weight": [5, 4], "bias": [5]}, F.linear, {"bias": True}, "batched input")
    edge = torch.tensor([-1.5, -0.0, 0.0, 1e-30, -1e-30, 2.5])
    ops.add("relu", {"input": [3, 5]}, F.relu)
    ops.add("relu", {"input": edge}, F.relu, note="the gradient at 0 and -0 is 0")
    large = torch.tensor([[1000.0, 999.0, -1000.0], [-500.0, -501.5, -500.25], [88.0, 0.0, -88.0]])
    for op, function in [("softmax", F.softmax), ("logSoftmax", F.log_softmax)]:
        for spec, dim in [(([3, 5], 4), 1), (([3, 5], 4), 0), (([2, 3, 4], 2), 1), (([2, 10], 8), -1), (([2, 1], 1), 1)]:
            ops.add(op, {"input": spec}, lambda x: function(x, dim), {"dim": dim})
        ops.add(op, {"input": large}, lambda x: function(x, 1), {"dim": 1}, "large values must not overflow")
    for reduction in ("mean", "sum", "none"):
        for n, c, bound in [(4, 5, 3), (8, 10, 6), (1, 2, 1)]:
            targets = hash_targets(f"crossEntropy/targets/{n}", n, c)
            params = {"reduction": reduction, "targets": targets.tolist()}
            run = lambda x: F.cross_entropy(x, targets, reduction=reduction)
            ops.add("crossEntropy", {"input": ([n, c], bound)}, run, params)
        targets = torch.tensor([2, 0, 1])
        params = {"reduction": reduction, "targets": targets.tolist()}
        run = lambda x: F.cross_entropy(x, targets, reduction=reduction)
        ops.add("crossEntropy", {"input": large}, run, params, "large values must not overflow")
        for shape in ([3, 4], [7]):
            run = lambda x, t: F.mse_loss(x, t, reduction=reduction)
            ops.add("mseLoss", {"input": shape, "target": shape}, run, {"reduction": reduction})


def add_algebra(ops):
    for a, b in [
        ([2, 3], [3, 4]), ([1, 1], [1, 1]), ([5, 17], [17, 3]), ([1, 9], [9, 6]),
        ([2, 3, 4], [2, 4, 5]), ([2, 3, 4], [4, 5]), ([3, 4], [2, 4, 2]), ([2, 1, 2, 3], [1, 3, 3, 2]),
    ]:
        ops.add("matmul", {"a": a, "b": b}, torch.matmul)
    for shape, dims in [([2, 3, 4], None), ([2, 3, 4], [0]), ([2, 3, 4], [1]), ([2, 3, 4], [-1]), ([2, 3, 4], [0, 2])]:
        axes = list(range(3)) if dims is None else dims
        for keepdim in (False, True):
            params = {"dims": dims, "keepdim": keepdim}
            for op, function in [("sum", torch.sum), ("mean", torch.mean), ("max", torch.amax)]:
                ops.add(op, {"input": shape}, lambda x: function(x, axes, keepdim=keepdim), params)
    pairs = [([3, 4], [3, 4]), ([3, 4], [4]), ([3, 1], [1, 4]), ([2, 3, 4], [3, 1]), ([2, 3], []), ([], [2]), ([2, 1, 3], [4, 1])]
    for op, function in [("add", torch.add), ("sub", torch.sub), ("mul", torch.mul), ("div", torch.div)]:
        for a, b in pairs:
            second = b
            if op == "div":
                second = hash_uniform(f"div/denominator/{len(a)}/{b}", b)
                second = torch.where(second.abs() < 0.2, second.sign() * 0.5, second)
            ops.add(op, {"a": a, "b": second}, function)


def add_elementwise_and_shapes(ops):
    wide = torch.tensor([-80.0, -20.0, -3.0, -0.5, -1e-4, 0.0, 1e-4, 0.5, 3.0, 20.0, 80.0])
    positive = torch.tensor([1e-30, 1e-6, 0.1, 0.5, 0.99, 1.0, 1.01, 2.0, 10.0, 12345.0, 1e30])
    for op, function, edges in [
        ("exp", torch.exp, wide), ("log", torch.log, positive), ("sqrt", torch.sqrt, positive),
        ("tanh", torch.tanh, wide), ("sigmoid", torch.sigmoid, wide),
    ]:
        if edges is wide:
            ops.add(op, {"input": ([4, 5], 3)}, function)
        else:
            ops.add(op, {"input": hash_uniform(f"{op}/positive", [4, 5]).abs() * 4 + 0.01}, function)
        ops.add(op, {"input": edges}, function)
    for shape, order in [([2, 3], [1, 0]), ([2, 3, 4], [2, 0, 1]), ([2, 3, 4, 2], [0, 2, 3, 1]), ([2, 3, 4], [0, 1, 2])]:
        ops.add("permute", {"input": shape}, lambda x: x.permute(order), {"order": order})
    for shape, dim, start, end, step in [
        ([5, 3], 0, 1, 4, 1), ([5, 3], 1, 0, 2, 1), ([2, 6, 3], 1, 2, 6, 1), ([7], 0, 0, 7, 2), ([2, 5, 3], -1, 1, 3, 1),
    ]:
        run = lambda x: x.movedim(dim, 0)[start:end:step].movedim(0, dim)
        ops.add("slice", {"input": shape}, run, {"dim": dim, "start": start, "end": end, "step": step})
    for shapes, dim in [([[2, 3], [1, 3]], 0), ([[2, 3], [2, 1], [2, 2]], 1), ([[2, 1, 3], [2, 2, 3]], -2), ([[3], [2]], 0)]:
        ops.add("cat", {"abc"[k]: s for k, s in enumerate(shapes)}, lambda *x: torch.cat(x, dim), {"dim": dim})


def generate_ops():
    ops = Operations()
    for add in (add_convolutions, add_pools, add_layers_and_losses, add_algebra, add_elementwise_and_shapes):
        add(ops)
    about = (
        "inputs and upstream: {shape, hash, bound} is hashUniform(hash, count, bound), {shape, data} is literal; "
        "output.data row-major; gradients: one flat array per input, d(sum(output*upstream))/d(input); "
        "max is amax; dims null means all"
    )
    write_cases("ops.json", {"about": about}, ops.cases)


# ---------------------------------------------------------------- optimizers and initial values


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, program 1, which PyTorch does not have."""

    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                m = self.state[p].setdefault("exp_avg", torch.zeros_like(p))
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.sub_(torch.sign(beta1 * m + (1 - beta1) * p.grad), alpha=group["lr"])
                m.mul_(beta2).add_(p.grad, alpha=1 - beta2)


class NAdam(torch.optim.Optimizer):
    """torch.optim.NAdam of PyTorch 2: up to 1.13 the product of the next step had the momentum of this one twice."""

    def __init__(self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, momentum_decay=4e-3):
        defaults = dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, momentum_decay=momentum_decay)
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            lr, (beta1, beta2), decay = group["lr"], group["betas"], group["momentum_decay"]
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    state.update(step=0, mu_product=1.0, exp_avg=torch.zeros_like(p), exp_avg_sq=torch.zeros_like(p))
                state["step"] += 1
                t, m, v = state["step"], state["exp_avg"], state["exp_avg_sq"]
                g = p.grad + group["weight_decay"] * p if group["weight_decay"] else p.grad
                mu = beta1 * (1.0 - 0.5 * 0.96 ** (t * decay))
                mu_next = beta1 * (1.0 - 0.5 * 0.96 ** ((t + 1) * decay))
                state["mu_product"] *= mu
                m.mul_(beta1).add_(g, alpha=1 - beta1)
                v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
                denom = v.div(1 - beta2**t).sqrt().add_(group["eps"])
                p.addcdiv_(g, denom, value=-lr * (1.0 - mu) / (1.0 - state["mu_product"]))
                p.addcdiv_(m, denom, value=-lr * mu_next / (1.0 - state["mu_product"] * mu_next))


OWN_OPTIMIZERS = {"Lion": Lion, "NAdam": NAdam}


def generate_optim():
    table = [
        ("SGD", dict(lr=0.1)),
        ("SGD", dict(lr=0.1, momentum=0.9)),
        ("SGD", dict(lr=0.1, momentum=0.9, dampening=0.1)),
        ("SGD", dict(lr=0.1, momentum=0.9, nesterov=True)),
        ("SGD", dict(lr=0.1, weight_decay=0.05)),
        ("SGD", dict(lr=0.1, momentum=0.9, weight_decay=0.05)),
        ("SGD", dict(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.05)),
        ("Adam", dict()),
        ("Adam", dict(lr=0.01, weight_decay=0.05)),
        ("Adam", dict(lr=0.01, betas=(0.8, 0.95))),
        ("Adam", dict(lr=0.01, eps=1e-3)),
        ("AdamW", dict()),
        ("AdamW", dict(lr=0.01, weight_decay=0.1)),
        ("AdamW", dict(lr=0.01, betas=(0.8, 0.95), weight_decay=0.1)),
        ("SGD", dict(lr=0.1, momentum=0.9, weight_decay=0.05, maximize=True)),
        ("Adam", dict(lr=0.01, amsgrad=True, betas=(0.8, 0.6))),
        ("Adam", dict(lr=0.01, amsgrad=True, weight_decay=0.05, maximize=True)),
        ("AdamW", dict(lr=0.01, amsgrad=True, betas=(0.8, 0.6), weight_decay=0.1)),
        ("NAdam", dict()),
        ("NAdam", dict(lr=0.01, betas=(0.8, 0.95), weight_decay=0.05)),
        ("NAdam", dict(lr=0.01, momentum_decay=0.7, eps=1e-3)),
        ("RAdam", dict()),
        ("RAdam", dict(lr=0.01, betas=(0.8, 0.95), weight_decay=0.05)),
        ("RAdam", dict(lr=0.01, betas=(0.9, 0.7), eps=1e-3)),
        ("Adamax", dict()),
        ("Adamax", dict(lr=0.01, betas=(0.8, 0.5), weight_decay=0.05)),
        ("Adamax", dict(lr=0.01, eps=1e-3, maximize=True)),
        ("RMSprop", dict()),
        ("RMSprop", dict(lr=0.01, alpha=0.9, centered=True)),
        ("RMSprop", dict(lr=0.002, momentum=0.9, weight_decay=0.05)),
        ("RMSprop", dict(lr=0.01, alpha=0.9, momentum=0.9, centered=True, eps=1e-3, maximize=True)),
        ("Adagrad", dict()),
        ("Adagrad", dict(lr=0.1, lr_decay=0.1, weight_decay=0.05)),
        ("Adagrad", dict(lr=0.1, initial_accumulator_value=0.5, eps=1e-3, maximize=True)),
        ("Adadelta", dict()),
        ("Adadelta", dict(lr=0.5, rho=0.8, weight_decay=0.05)),
        ("Adadelta", dict(eps=1e-3, maximize=True)),
        ("Lion", dict()),
        ("Lion", dict(lr=0.01, betas=(0.8, 0.95), weight_decay=0.1)),
    ]
    initial = torch.tensor([1.0, -0.5, 0.25])
    gradients = torch.tensor([
        [0.1, -0.2, 0.3], [0.05, 0.4, -0.15], [-0.3, 0.0, 1e-4], [0.7, -0.6, 0.0], [-0.02, 0.01, 2.0],
    ])
    cases = []
    for kind, options in table:
        for dtype in (torch.float32, torch.float64):
            parameter = torch.nn.Parameter(initial.clone().to(dtype))
            optimizer = (OWN_OPTIMIZERS.get(kind) or getattr(torch.optim, kind))([parameter], **options)
            steps = []
            for gradient in gradients:
                parameter.grad = gradient.clone().to(dtype)
                optimizer.step()
                steps.append(parameter.detach().clone())
            if dtype is torch.float32:
                narrow = steps
        defaults = optimizer.defaults
        names = ["lr", "momentum", "dampening", "nesterov", "betas", "eps", "weight_decay"]
        names += ["momentum_decay", "alpha", "centered", "lr_decay", "initial_accumulator_value", "rho"]
        used = {k: defaults[k] for k in names if k in defaults}
        used.update({k: True for k in ("amsgrad", "maximize") if defaults.get(k)})
        cases.append({
            "name": kind + "".join(f" {k}={v}" for k, v in camel(options).items()),
            "optimizer": kind,
            "options": camel(used),
            "initial": Raw(numbers(initial)),
            "gradients": [Raw(numbers(g)) for g in gradients],
            "parameters": [Raw(numbers(p)) for p in narrow],
            "parametersFloat64": [p.tolist() for p in steps],
        })
    about = (
        "options are complete (defaults filled in); parameters[k] is the parameter after step k+1, which used "
        "gradients[k]; parametersFloat64 is the same in float64"
    )
    write_cases("optim.json", {"about": about}, cases)


def drawn_options(kind, draw):
    """Hyper-parameters of an optimizer at random, and whether it maximizes."""
    beta = lambda low: draw.randint(low, 99) / 100
    decay = draw.choice([0, draw.randint(1, 9) / 100])
    eps = 10.0 ** -draw.randint(3, 8)
    lr = draw.choice([1, 2, 5]) / 100
    options = dict(lr=lr, weight_decay=decay)
    if kind == "SGD":
        options.update(momentum=beta(50), nesterov=draw.random() < 0.5)
        if not options["nesterov"]:
            options["dampening"] = draw.randint(0, 5) / 10
    elif kind in ("Adam", "AdamW"):
        options.update(betas=(beta(50), beta(50)), eps=eps, amsgrad=draw.random() < 0.5)
    elif kind in ("NAdam", "RAdam", "Adamax"):
        options.update(betas=(beta(50), beta(50)), eps=eps)
        if kind == "NAdam":
            options["momentum_decay"] = draw.randint(1, 20) / 1000
    elif kind == "RMSprop":
        options.update(alpha=beta(50), eps=eps, momentum=draw.choice([0, beta(50)]), centered=draw.random() < 0.5)
    elif kind == "Adagrad":
        options.update(lr_decay=draw.randint(0, 20) / 100, initial_accumulator_value=draw.randint(0, 5) / 10, eps=eps)
    elif kind == "Adadelta":
        options.update(lr=draw.randint(1, 10) / 10, rho=beta(50), eps=eps)
    elif kind == "Lion":
        options.update(betas=(beta(50), beta(50)))
    if kind in ("SGD", "Adam", "AdamW", "Adamax", "RMSprop", "Adagrad", "Adadelta"):
        options["maximize"] = draw.random() < 0.3
    return options


DRAWN_KINDS = ["SGD", "Adam", "AdamW", "NAdam", "RAdam", "Adamax", "RMSprop", "Adagrad", "Adadelta", "Lion", "Muon"]


def generate_drawn_optim():
    """Weights after 20 steps with hyper-parameters drawn from a seed, in float64."""
    cases = []
    for kind in DRAWN_KINDS:
        draw = random.Random(f"optimizer {kind}")
        for index in range(5):
            name, shape = f"{kind}/{index}", [draw.randint(1, 5), draw.randint(1, 5)]
            initial = hash_uniform(name, shape).double()
            gradients = [hash_uniform(f"{name}/{step}", shape).double() for step in range(20)]
            if kind == "Muon":
                options = dict(lr=draw.choice([1, 2, 5]) / 100, momentum=draw.randint(50, 99) / 100, nesterov=draw.random() < 0.5,
                               weight_decay=draw.choice([0, 0.1]))
                weights, buffer = initial.clone(), torch.zeros_like(initial)
                for gradient in gradients:
                    muon_step(weights, gradient, buffer, scale=lambda rows, columns: max(1, rows / columns) ** 0.5, **options)
            else:
                options = drawn_options(kind, draw)
                weights = torch.nn.Parameter(initial.clone())
                optimizer = (OWN_OPTIMIZERS.get(kind) or getattr(torch.optim, kind))([weights], **options)
                for gradient in gradients:
                    weights.grad = gradient.clone()
                    optimizer.step()
            cases.append({"name": name, "optimizer": kind, "shape": shape, "options": camel(options), "weights": Raw(numbers(weights.detach().float()))})
    about = "weights after 20 steps, in float64; initial: hashUniform('<name>'), gradient of step k: hashUniform('<name>/k')"
    write_cases("optim-drawn.json", {"about": about}, cases)


def muon_step(p, g, m, lr, momentum, nesterov, weight_decay, scale, steps=5, coefficients=(3.4445, -4.775, 2.0315), eps=1e-7):
    """One step of torch.optim.Muon of PyTorch 2.9 (Jordan et al. 2024) without its bfloat16."""
    a, b, c = coefficients
    m.lerp_(g, 1 - momentum)
    u = g.lerp(m, momentum) if nesterov else m
    x = u / u.norm().clamp(min=eps)
    x = x.T if x.shape[0] > x.shape[1] else x
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    x = x.T if u.shape[0] > u.shape[1] else x
    p.mul_(1 - lr * weight_decay).sub_(x, alpha=lr * scale(*u.shape))


def generate_muon():
    scales = {
        "original": lambda rows, columns: max(1, rows / columns) ** 0.5,
        "matchRmsAdamw": lambda rows, columns: 0.2 * max(rows, columns) ** 0.5,
    }
    cases = []
    for shape, options in [
        ([5, 3], {}),
        ([3, 6], {"lr": 0.02, "weight_decay": 0.0}),
        ([4, 4], {"lr": 0.02, "momentum": 0.8, "nesterov": False}),
        ([20, 7], {"lr": 0.02, "adjust": "matchRmsAdamw"}),
    ]:
        o = {"lr": 1e-3, "momentum": 0.95, "nesterov": True, "weight_decay": 0.1, "adjust": "original", **options}
        name = f"Muon {'x'.join(map(str, shape))}" + "".join(f" {k}={v}" for k, v in options.items())
        seen = {}
        for dtype in (torch.float32, torch.float64):
            p = hash_uniform(name, shape).to(dtype)
            m = torch.zeros_like(p)
            seen[dtype] = []
            for step in range(4):
                g = hash_uniform(f"{name}/{step}", shape).to(dtype)
                muon_step(p, g, m, o["lr"], o["momentum"], o["nesterov"], o["weight_decay"], scales[o["adjust"]])
                seen[dtype].append(p.flatten().clone())
        cases.append({
            "name": name,
            "shape": shape,
            "options": {"adjustLrFn" if k == "adjust" else k: v for k, v in camel(options).items()},
            "parameters": [Raw(numbers(p)) for p in seen[torch.float32]],
            "parametersFloat64": [p.tolist() for p in seen[torch.float64]],
        })
    about = "weight: hashUniform(name, size); gradient t: hashUniform(name/t, size); parameters[t]: after step t + 1"
    write_cases("muon.json", {"about": about}, cases)


def generate_average():
    cases = []
    ema = lambda decay: lambda averaged, p, n: averaged.lerp(p, 1 - decay)
    warm = lambda decay: lambda averaged, p, n: averaged.lerp(p, 1 - min(decay, (1 + n.item()) / (10 + n.item())))
    for policy, fn in [
        ({"kind": "swa", "startEpoch": 1}, None),
        ({"kind": "ema", "decay": 0.9}, ema(0.9)),
        ({"kind": "ema", "decay": 0.3, "warmup": True}, warm(0.3)),
    ]:
        module = torch.nn.Module()
        module.weight = torch.nn.Parameter(hash_uniform("average/0", [7]))
        averaged = torch.optim.swa_utils.AveragedModel(module, avg_fn=fn)
        seen = []
        for step in range(1, 7):
            module.weight.data = hash_uniform(f"average/{step}", [7])
            averaged.update_parameters(module)
            seen.append(Raw(numbers(averaged.module.weight.data)))
        cases.append({"name": " ".join(f"{k}={v}" for k, v in policy.items()), "policy": policy, "averages": seen})
    write_cases("average.json", {"about": "weights: hashUniform(average/t, 7), t = 0 before the first update; averages[t - 1]: AveragedModel's after weights t"}, cases)


def generate_lr():
    S = torch.optim.lr_scheduler
    rates = (0.1, 0.03)

    def optimizer():
        groups = [dict(params=[torch.nn.Parameter(torch.zeros(1))], lr=rate) for rate in rates]
        return torch.optim.SGD(groups, lr=1.0, momentum=0.9)

    def run(make, steps):
        o = optimizer()
        scheduler = make(o)
        lr, momentum = [], []
        for step in range(steps):
            lr.append([group["lr"] for group in o.param_groups])
            momentum.append(o.param_groups[0]["momentum"])
            o.step()
            if step + 1 < steps:
                scheduler.step()
        return lr, momentum

    simple = [
        ("step", "StepLR", dict(step_size=3, gamma=0.5), 20),
        ("step", "StepLR", dict(step_size=7), 20),
        ("multiStep", "MultiStepLR", dict(milestones=[2, 5, 11], gamma=0.3), 16),
        ("exponential", "ExponentialLR", dict(gamma=0.93), 40),
        ("cosine", "CosineAnnealingLR", dict(T_max=20), 20),
        ("cosine", "CosineAnnealingLR", dict(T_max=8, eta_min=0.001), 20),
        ("cosineWarmRestarts", "CosineAnnealingWarmRestarts", dict(T_0=6), 20),
        ("cosineWarmRestarts", "CosineAnnealingWarmRestarts", dict(T_0=3, T_mult=2, eta_min=0.002), 30),
        ("linear", "LinearLR", dict(), 9),
        ("linear", "LinearLR", dict(start_factor=0.1, end_factor=0.8, total_iters=7), 12),
        ("polynomial", "PolynomialLR", dict(), 5),
        ("polynomial", "PolynomialLR", dict(total_iters=12, power=2.5), 12),
        ("constant", "ConstantLR", dict(), 9),
        ("constant", "ConstantLR", dict(factor=0.25, total_iters=3), 6),
        ("oneCycle", "OneCycleLR", dict(total_steps=20), 20),
        ("oneCycle", "OneCycleLR", dict(total_steps=17, pct_start=0.4, anneal_strategy="linear", div_factor=10.0, final_div_factor=100.0), 17),
        ("oneCycle", "OneCycleLR", dict(total_steps=23, three_phase=True, base_momentum=0.8, max_momentum=0.9), 23),
        ("oneCycle", "OneCycleLR", dict(total_steps=15, anneal_strategy="linear", three_phase=True, cycle_momentum=False), 15),
    ]
    names = {"T_max": "tMax", "T_0": "t0", "T_mult": "tMult"}
    cases = []

    def add(name, schedule, make, steps):
        lr, momentum = run(make, steps)
        entry = {"name": name, "schedule": schedule, "lr": [Raw(json.dumps(list(group))) for group in zip(*lr)]}
        if any(m != 0.9 for m in momentum):
            entry["momentum"] = Raw(json.dumps(momentum))
        cases.append(entry)

    for kind, torch_name, options, steps in simple:
        extra = dict(max_lr=list(rates)) if kind == "oneCycle" else {}
        name = torch_name + "".join(f" {k}={v}" for k, v in options.items())
        add(name, {"kind": kind, **camel({names.get(k, k): v for k, v in options.items()})}, lambda o: getattr(S, torch_name)(o, **options, **extra), steps)
    add(
        "ChainedScheduler of ConstantLR and ExponentialLR",
        {"kind": "chained", "schedules": [{"kind": "constant", "factor": 0.1, "totalIters": 4}, {"kind": "exponential", "gamma": 0.9}]},
        lambda o: S.ChainedScheduler([S.ConstantLR(o, factor=0.1, total_iters=4), S.ExponentialLR(o, gamma=0.9)]),
        12,
    )
    add(
        "ChainedScheduler of LinearLR and StepLR",
        {"kind": "chained", "schedules": [{"kind": "linear", "totalIters": 6}, {"kind": "step", "stepSize": 4}]},
        lambda o: S.ChainedScheduler([S.LinearLR(o, total_iters=6), S.StepLR(o, 4)]),
        12,
    )
    add(
        "SequentialLR of LinearLR, CosineAnnealingLR and ExponentialLR",
        {
            "kind": "sequential",
            "schedules": [{"kind": "linear", "startFactor": 0.2, "totalIters": 4}, {"kind": "cosine", "tMax": 10}, {"kind": "exponential", "gamma": 0.5}],
            "milestones": [4, 12],
        },
        lambda o: S.SequentialLR(o, [S.LinearLR(o, 0.2, total_iters=4), S.CosineAnnealingLR(o, 10), S.ExponentialLR(o, 0.5)], [4, 12]),
        17,
    )
    plateaus = []
    measures = [5.0, 4.0, 4.0, 3.9999, 3.9, 3.95, 4.1, 3.91, 3.9, 3.9, 3.8999, 3.7, 3.8, 3.8, 3.8, 3.8, 3.8, 3.8, 3.8, 3.8]
    for options in [dict(patience=1), dict(patience=2, factor=0.5, cooldown=2), dict(patience=0, threshold=0.05, threshold_mode="abs", min_lr=0.005),
                    dict(mode="max", patience=3, factor=0.3), dict(patience=1, threshold=0.02, mode="max", threshold_mode="abs", cooldown=1), dict(patience=0, eps=0.01)]:
        o = optimizer()
        scheduler = S.ReduceLROnPlateau(o, **options)
        lr = []
        for measure in measures:
            scheduler.step(measure)
            lr.append([group["lr"] for group in o.param_groups])
        plateaus.append({"name": " ".join(f"{k}={v}" for k, v in options.items()), "options": camel(options), "lr": [Raw(json.dumps(list(g))) for g in zip(*lr)]})
    about = "two groups; lr[g][t]: the rate of group g for step t, momentum[t]: where the scheduler cycles it; plateaus: the rate after measure t"
    write_cases("lr.json", {"about": about, "groupLr": list(rates), "measures": measures, "plateaus": plateaus}, cases)


def generate_clip():
    cases = []
    for shapes, limit in [([[3, 5], [7], [2, 2, 3, 3]], 1.5), ([[4]], 0.25), ([[3, 5], [7]], 100.0), ([[300, 100], [130]], 2.0)]:
        name = f"clip {' '.join('x'.join(map(str, shape)) for shape in shapes)} {limit}"
        entry = {"name": name, "shapes": shapes, "limit": limit}
        for kind in ("norm", "value"):
            parameters = [torch.nn.Parameter(torch.zeros(shape)) for shape in shapes]
            for i, parameter in enumerate(parameters):
                parameter.grad = hash_uniform(f"{name}/{i}", parameter.shape)
            bound = limit if kind == "norm" else limit / 4
            result = getattr(torch.nn.utils, f"clip_grad_{kind}_")(parameters, bound)
            if kind == "norm":
                entry["totalNorm"] = result.item()
            entry[kind] = [Raw(numbers(parameter.grad.flatten()[:64])) for parameter in parameters]
        cases.append(entry)
    about = "gradient i: hashUniform(name/i, size); norm, value: the first 64 elements after clip_grad_norm_(limit), clip_grad_value_(limit / 4)"
    write_cases("clip.json", {"about": about}, cases)


def generate_max_norm():
    cases = []
    for shape, limit in [([5, 3], 1.0), ([4, 17], 2.5), ([3, 2, 3, 3], 2.0), ([2, 64], 0.25)]:
        name = f"max-norm {'x'.join(map(str, shape))} {limit}"
        weight = hash_uniform(name, shape)
        # One row that is within the limit.
        weight[0] *= 0.01
        limited = torch.renorm(weight, 2, 0, limit)
        cases.append({"name": name, "shape": shape, "maxNorm": limit, "limited": Raw(numbers(limited))})
    write_cases("max-norm.json", {"about": "weight: hashUniform(name, size), row 0 times 0.01; limited = torch.renorm(weight, 2, 0, maxNorm)"}, cases)


def generate_init():
    layers = [
        ("Linear", dict(inFeatures=512, outFeatures=512), torch.nn.Linear(512, 512)),
        ("Linear", dict(inFeatures=512, outFeatures=10), torch.nn.Linear(512, 10)),
        ("Linear", dict(inFeatures=3, outFeatures=7), torch.nn.Linear(3, 7)),
        ("Linear", dict(inFeatures=1, outFeatures=1), torch.nn.Linear(1, 1)),
    ]
    for i, o, kernel, groups in [
        (3, 32, (3, 3), 1), (32, 64, (3, 3), 1), (64, 128, (3, 3), 1), (4, 8, (3, 3), 2), (6, 6, (5, 5), 6), (5, 3, (1, 1), 1), (3, 4, (3, 5), 1),
    ]:
        options = dict(inChannels=i, outChannels=o, kernel=kernel, groups=groups)
        layers.append(("Conv2d", options, torch.nn.Conv2d(i, o, kernel, groups=groups)))
    cases = []
    for kind, options, layer in layers:
        fan_in, _ = torch.nn.init._calculate_fan_in_and_fan_out(layer.weight)
        gain = torch.nn.init.calculate_gain("leaky_relu", math.sqrt(5))
        weight_bound = math.sqrt(3.0) * (gain / math.sqrt(fan_in))  # as torch.nn.init.kaiming_uniform_ computes it
        bias_bound = 1 / math.sqrt(fan_in)
        observed_weight, observed_bias = layer.weight.abs().max().item(), layer.bias.abs().max().item()
        assert observed_weight <= np.float32(weight_bound) and observed_bias <= np.float32(bias_bound)
        assert layer.weight.numel() < 800 or observed_weight > 0.98 * weight_bound
        cases.append({
            "layer": kind,
            "options": options,
            "weightShape": list(layer.weight.shape),
            "biasShape": list(layer.bias.shape),
            "fanIn": fan_in,
            "weightBound": weight_bound,
            "biasBound": bias_bound,
            "observed": {"weightMaxAbs": observed_weight, "biasMaxAbs": observed_bias},
        })
    about = "weight: uniform(-weightBound, weightBound), kaiming_uniform(a=sqrt 5); bias: uniform(-biasBound, biasBound)"
    write_cases("init.json", {"about": about + "; observed: largest |value| of one PyTorch initialisation"}, cases)


# ---------------------------------------------------------------- batch normalisation


def batch_norm_case(index, shape, options):
    """Three training steps (gradients of the last one), then evaluation with gradients, of one layer."""
    name, channels = f"batchNorm/{index}", shape[1]
    kind = torch.nn.BatchNorm2d if len(shape) == 4 else torch.nn.BatchNorm1d
    layer = kind(channels, **options)
    parameters = [layer.weight, layer.bias] if layer.affine else []
    with torch.no_grad():
        for key, parameter in layer.named_parameters():
            parameter.copy_(hash_uniform(f"{name}/{key}", [channels]))
    case = {"name": name, "shape": shape, "options": camel(options)}

    def run(step):
        x = (hash_uniform(f"{name}/x/{step}", shape, 2) + 0.5).requires_grad_(True)
        output = layer(x)
        upstream = hash_uniform(f"{name}/upstream/{step}", shape)
        names = ["x"] + [key for key, _ in layer.named_parameters()]
        gradients = torch.autograd.grad(output, [x, *parameters], upstream)
        return {"output": Raw(numbers(output)), **{key: Raw(numbers(g)) for key, g in zip(names, gradients)}}

    for step in range(3):
        case["training"] = run(step)
    case["buffers"] = {key: Raw(numbers(buffer)) for key, buffer in layer.named_buffers()}
    layer.eval()
    case["evaluation"] = run(3)
    return case


def generate_batch_norm():
    table = [
        ([4, 3], {}),
        ([5, 17], dict(momentum=0.3)),
        ([2, 8], dict(eps=1e-2)),
        ([3, 5, 4], {}),
        ([2, 4, 1], dict(momentum=None)),
        ([2, 3, 4, 5], {}),
        ([3, 16, 3, 3], dict(momentum=None)),
        ([2, 13, 2, 3], dict(affine=False)),
        ([1, 2, 4, 4], {}),
        ([2, 5, 3, 2], dict(track_running_stats=False)),
    ]
    draw = random.Random("batch norm")
    for rank in (2, 3, 4, 4):
        shape = [draw.randint(2, 4), draw.randint(1, 9), *(draw.randint(2, 4) for _ in range(rank - 2))]
        options = dict(eps=10.0 ** -draw.randint(2, 6), momentum=draw.choice([None, draw.randint(1, 9) / 10]), affine=draw.random() < 0.7)
        table.append((shape, options))
    about = "training: the third step; x: hashUniform('<name>/x/<step>', size, 2) + 0.5; upstream: '<name>/upstream/<step>'; "
    about += "weight and bias: '<name>/weight', '<name>/bias'; evaluation: step 3"
    write_cases("batch-norm.json", {"about": about}, [batch_norm_case(i, *row) for i, row in enumerate(table)])


if __name__ == "__main__":
    generate_batch_norm()
    generate_init()
    generate_max_norm()
    generate_clip()
    generate_lr()
    generate_average()
    generate_muon()
    generate_optim()
    generate_drawn_optim()
    generate_ops()
    generate_seed_net()
