"""Writes the golden values of the conformance tables (packages/core/test/conformance), from PyTorch in float64.

Run: /usr/bin/python3 generate_conformance.py   (needs torch and numpy; writes into its own folder; deterministic)

One file a kind: conformance-<kind>.json. Shapes and options are drawn from SEED. Inputs are float32 numbers of generate.py's hash, so the
results are those of the exact functions to float32's precision. Options carry the names of the TypeScript functions.
"""

import random

import torch
import torch.nn.functional as F

from generate import Raw, hash_uniform, number, numbers, write_cases

SEED = 20261125
ABOUT = (
    "inputs and upstream: {shape, hash, bound} is hashUniform(hash, count, bound), {shape, data} is literal; output.data row-major; "
    "gradients: one flat array per differentiable input, d(sum(output*upstream))/d(input)"
)
draw = random.Random(SEED)


def decimal(low, high):
    """An option of two decimals."""
    return round(draw.uniform(low, high), 2)


def shape_of(rank=None, most=24):
    """1 to 4 extents of 1 to 5, at least two samples, at most so many elements."""
    while True:
        shape = [draw.randint(1, 5) for _ in range(rank or draw.randint(1, 4))]
        if shape[0] > 1 and 2 <= torch.Size(shape).numel() <= most:
            return shape


class Cases:
    def __init__(self):
        self.cases = []
        self.counts = {}

    def add(self, op, inputs, function, options=None, gradients=None, note=None):
        """inputs: name → shape (hashed in ±1), (shape, bound) or a tensor. gradients: the differentiable ones, default all."""
        index = self.counts.get(op, 0)
        self.counts[op] = index + 1
        name = f"{op}/{index}"
        described, tensors = {}, {}
        for key, value in inputs.items():
            described[key], tensors[key] = self.operand(f"{name}/{key}", value)
        wanted = list(inputs) if gradients is None else gradients
        for key in wanted:
            tensors[key].requires_grad_(True)
        output = function(**tensors)
        shape = list(output.shape)
        upstream = hash_uniform(f"{name}/upstream", shape).double()
        found = torch.autograd.grad(output, [tensors[key] for key in wanted], upstream)
        case = {"name": name, "op": op, "options": options or {}, "inputs": described}
        if note:
            case["note"] = note
        case["output"] = {"shape": shape, "data": Raw(numbers(output.float()))}
        case["upstream"] = {"shape": shape, "hash": f"{name}/upstream", "bound": 1}
        case["gradients"] = {key: Raw(numbers(g.float())) for key, g in zip(wanted, found)}
        self.cases.append(case)

    @staticmethod
    def operand(name, value):
        if isinstance(value, torch.Tensor):
            shape = list(value.shape)
            if value.dtype == torch.int64:
                return {"shape": shape, "data": value.reshape(-1).tolist(), "dtype": "i32"}, value
            value = value.float()
            data = Raw("[" + ",".join(number(x) for x in value.reshape(-1).tolist()) + "]")
            return {"shape": shape, "data": data}, value.double()
        shape, bound = value if isinstance(value, tuple) else (value, 1)
        return {"shape": shape, "hash": name, "bound": bound}, hash_uniform(name, shape, bound).double()


# ---------------------------------------------------------------- activations

EDGES = [-90, -20.5, -6, -3.5, -3, -1, -0.5, -0.25, -1e-3, -0.0, 0, 1e-3, 0.25, 0.5, 1, 2.5, 3, 6, 20.5, 90]


def add_elementwise(cases):
    """(op, draw of options or None, function of x and the drawn options)"""
    table = [
        ("relu", None, F.relu),
        ("relu6", None, F.relu6),
        ("leakyRelu", lambda: {"negativeSlope": decimal(-0.5, 1.5)}, lambda x, negativeSlope=0.01: F.leaky_relu(x, negativeSlope)),
        ("elu", lambda: {"alpha": decimal(-0.5, 2)}, lambda x, alpha=1: F.elu(x, alpha)),
        ("selu", None, F.selu),
        ("gelu", lambda: {"approximate": draw.choice(["none", "tanh"])}, lambda x, approximate="none": F.gelu(x, approximate=approximate)),
        ("silu", None, F.silu),
        ("mish", None, F.mish),
        ("hardswish", None, F.hardswish),
        ("hardsigmoid", None, F.hardsigmoid),
        ("hardtanh", lambda: {"minVal": decimal(-2, 0), "maxVal": decimal(0.1, 3)}, lambda x, minVal=-1, maxVal=1: F.hardtanh(x, minVal, maxVal)),
        ("sigmoid", None, torch.sigmoid),
        ("tanh", None, torch.tanh),
        ("softplus", lambda: {"beta": decimal(0.3, 3), "threshold": decimal(1, 20)}, lambda x, beta=1, threshold=20: F.softplus(x, beta, threshold)),
        ("softsign", None, F.softsign),
        ("logsigmoid", None, F.logsigmoid),
        ("tanhshrink", None, F.tanhshrink),
        ("softshrink", lambda: {"lambd": decimal(0, 2)}, lambda x, lambd=0.5: F.softshrink(x, lambd)),
        ("hardshrink", lambda: {"lambd": decimal(0, 2)}, lambda x, lambd=0.5: F.hardshrink(x, lambd)),
    ]
    edges = torch.tensor(EDGES)
    for op, draw_options, function in table:
        cases.add(op, {"input": edges}, lambda input: function(input), note="edges, defaults")
        for bound in (2, 8):
            options = draw_options() if draw_options else {}
            cases.add(op, {"input": (shape_of(), bound)}, lambda input: function(input, **options), options)
    cases.add("gelu", {"input": edges}, lambda input: F.gelu(input, approximate="tanh"), {"approximate": "tanh"}, note="edges")
    for threshold, value in [(0.5, 20), (decimal(-1, 1), decimal(-2, 2)), (0, 0)]:
        options = {"threshold": threshold, "value": value}
        source = edges if threshold == 0.5 else (shape_of(), 2)
        cases.add("threshold", {"input": source}, lambda input: F.threshold(input, threshold, value), options)


def add_others(cases):
    for shape, channels in [([5], 1), ([2, 3, 2], 1), ([3, 4], 4), ([4, 3, 2], 3), ([2, 5, 2, 2], 5), ([3, 1, 2, 3], 1), ([2, 3, 1, 2, 2], 3)]:
        cases.add("prelu", {"input": (shape, 2), "weight": [channels]}, lambda input, weight: F.prelu(input, weight))
    cases.add("prelu", {"input": torch.tensor([EDGES]).T, "weight": torch.tensor([0.25])}, lambda input, weight: F.prelu(input, weight), note="edges")
    for rank, dim in [(1, 0), (2, 1), (2, 0), (3, 1), (4, -1), (4, 1)]:
        shape = shape_of(rank)
        for op, function in [("softmax", F.softmax), ("logSoftmax", F.log_softmax)]:
            cases.add(op, {"input": (shape, 4)}, lambda input: function(input, dim), {"dim": dim})
    for shape, options in [([3, 4], {}), ([4, 3], {"dim": 0}), ([2, 6, 2], {"dim": 1}), ([2, 2, 3, 2], {"dim": 1}), ([2, 2, 2, 2], {"dim": -1})]:
        cases.add("glu", {"input": (shape, 3)}, lambda input: F.glu(input, **options), options)


def generate(kind, *adders):
    cases = Cases()
    for add in adders:
        add(cases)
    meta = {"generator": "packages/core/test/golden/generate_conformance.py", "seed": SEED, "about": ABOUT}
    write_cases(f"conformance-{kind}.json", meta, cases.cases)


if __name__ == "__main__":
    generate("activations", add_elementwise, add_others)
