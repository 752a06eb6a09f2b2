"""Writes dropout-composed.json: the dropout family's composed members and losses by PyTorch, with the masks that Lockstep draws.

Run: /usr/bin/python3 generate_dropout_composed.py   (needs torch and numpy; deterministic)

The random numbers are computed here from Philox4x32-10 alone, by the numbering that packages/kernels/src/signatures.ts
states; everything after them is PyTorch, in float64 so that its own rounding does not count.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F

from generate import Raw, hash_targets, hash_uniform, numbers, write_cases

# ---------------------------------------------------------------- random numbers


def philox(counter, key):
    """counter: four uint64 arrays of one shape with 32-bit values; key: two numbers. The four words."""
    low = np.uint64(0xFFFFFFFF)
    x0, x1, x2, x3 = counter
    k0, k1 = np.uint64(key[0]), np.uint64(key[1])
    for _ in range(10):
        a, b = x0 * np.uint64(0xD2511F53), x2 * np.uint64(0xCD9E8D57)
        x0, x1, x2, x3 = (b >> np.uint64(32)) ^ x1 ^ k0, b & low, (a >> np.uint64(32)) ^ x3 ^ k1, a & low
        k0, k1 = (k0 + np.uint64(0x9E3779B9)) & low, (k1 + np.uint64(0xBB67AE85)) & low
    return np.stack([x0, x1, x2, x3])


def blocks(numbers0, rows, site, seed):
    """The words of counters (number, row, step 0, site) under the dropout stream of a small seed: [4, rows, numbers]."""
    one = lambda value: np.array([value], dtype=np.uint64)
    key = philox([one(0), one(0), one(0), one(4)], (seed, 0))[:2, 0]
    shape = (rows, len(numbers0))
    row = np.broadcast_to(np.arange(rows, dtype=np.uint64)[:, None], shape)
    full = lambda value: np.full(shape, value, dtype=np.uint64)
    return philox([np.broadcast_to(numbers0, shape), row, full(0), full(site)], key)


def kept_mask(rows, n, p, site, seed):
    """Which elements dropout keeps, [rows, n]."""
    e = np.arange(n, dtype=np.uint64)
    i = e % 32
    words = blocks(4 * (e // 32) + (i % 8) // 2, rows, site, seed)
    word = np.take_along_axis(words, (i // 8).astype(np.int64)[None, None, :].repeat(rows, 1), 0)[0]
    return ((word >> (16 * (i % 2))) & np.uint64(0xFFFF)) >= round(p * 65536)


def uniform_rows(rows, n, site, seed):
    """Deviates in (0, 1), float32, [rows, n]."""
    e = np.arange(n, dtype=np.uint64)
    i = e % 16
    words = blocks(4 * (e // 16) + i % 4, rows, site, seed)
    word = np.take_along_axis(words, (i // 4).astype(np.int64)[None, None, :].repeat(rows, 1), 0)[0]
    centred = word.astype(np.float32) + np.float32(0.5)
    return np.minimum(centred * np.float32(2**-32), np.float32(1 - 2**-24))


def of_shape(rows_of, shape):
    """Numbers for a tensor: rows of axis 0, images channels-last."""
    rows = shape[0]
    flat = rows_of(rows, math.prod(shape) // rows)
    if len(shape) == 4:
        b, c, h, w = shape
        return torch.from_numpy(flat.reshape(b, h, w, c).transpose(0, 3, 1, 2).copy())
    return torch.from_numpy(flat.reshape(shape))


def realised(p):
    return round(p * 65536) / 65536


# ---------------------------------------------------------------- cases


def case(name, inputs, run, **params):
    """inputs: name -> (shape, bound), hashed as '<case>/<input>'. Output and gradients of run(*inputs), with params in the file."""
    tensors = {key: hash_uniform(f"{name}/{key}", shape, bound).double() for key, (shape, bound) in inputs.items()}
    for tensor in tensors.values():
        tensor.requires_grad_(True)
    output = run(*tensors.values())
    upstream = hash_uniform(f"{name}/upstream", list(output.shape)).double()
    gradients = torch.autograd.grad(output, list(tensors.values()), upstream)
    return {
        "name": name,
        **params,
        "inputs": {key: {"shape": shape, "bound": bound} for key, (shape, bound) in inputs.items()},
        "output": Raw(numbers(output.float())),
        "gradients": {key: Raw(numbers(g.float())) for key, g in zip(tensors, gradients)},
    }


def drop_connect(index, batch, features, outputs, p, bias):
    def run(x, weight, bias=None):
        kept = of_shape(lambda rows, n: kept_mask(rows, n, p, 0, 5), [outputs, features])
        return F.linear(x, weight * kept / (1 - realised(p)), bias)

    inputs = {"x": ([batch, features], 1), "weight": ([outputs, features], 1)}
    if bias:
        inputs["bias"] = ([outputs], 1)
    return case(f"dropConnect/{index}", inputs, run, p=p)


def drop_block(index, shape, block_size, p, eps):
    def run(x):
        b, c, h, w = shape
        gamma = (p * h * w) / ((block_size**2) * ((h - block_size + 1) * (w - block_size + 1)))
        places = [b, c, h - block_size + 1, w - block_size + 1]
        seeds = of_shape(lambda rows, n: uniform_rows(rows, n, 0, 5) > np.float32(1 - gamma), places).double()
        # torchvision.ops.drop_block2d, given the seeds.
        noise = F.pad(seeds, [block_size // 2] * 4, value=0)
        noise = F.max_pool2d(noise, stride=(1, 1), kernel_size=(block_size, block_size), padding=block_size // 2)
        noise = 1 - noise
        return x * noise * (noise.numel() / (eps + noise.sum()))

    return case(f"dropBlock2d/{index}", {"x": (shape, 1)}, run, p=p, blockSize=block_size, eps=eps)


def concrete(index, shape, temperature, bound):
    def run(x, logit):
        u = of_shape(lambda rows, n: uniform_rows(rows, n, 0, 5), shape).double()
        p = torch.sigmoid(logit)
        z = torch.sigmoid((torch.log(p) - torch.log(1 - p) + torch.log(u) - torch.log(1 - u)) / temperature)
        return x * (1 - z) / (1 - p)

    return case(f"concreteDropout/{index}", {"x": (shape, 1), "logit": ([1], bound)}, run, temperature=temperature)


def concrete_regularization(index, shapes, weight_regularizer, dropout_regularizer):
    def run(logit, *weights):
        p = torch.sigmoid(logit)
        squares = sum((weight**2).sum() for weight in weights)
        entropy = p * torch.log(p) + (1 - p) * torch.log(1 - p)
        features = weights[0][0].numel()
        return (weight_regularizer * squares / (1 - p) + dropout_regularizer * features * entropy).sum()

    inputs = {"logit": ([1], 3), **{f"weight{i}": (shape, 1) for i, shape in enumerate(shapes)}}
    params = {"weightRegularizer": weight_regularizer, "dropoutRegularizer": dropout_regularizer}
    return case(f"concreteRegularization/{index}", inputs, run, **params)


def multi_sample(index, batch, features, classes, samples, p, kind):
    targets = hash_targets(f"multiSample/{index}/targets", batch, classes)

    def run(x, weight, bias):
        outputs = []
        for site in range(samples):
            kept = of_shape(lambda rows, n: kept_mask(rows, n, p, site, 5), [batch, features])
            outputs.append(F.linear(x * kept / (1 - realised(p)), weight, bias))
        if kind == "loss":
            return sum(F.cross_entropy(output, targets) for output in outputs) / samples
        return torch.stack(outputs, 1) if kind == "none" else sum(outputs) / samples

    inputs = {"x": ([batch, features], 1), "weight": ([classes, features], 1), "bias": ([classes], 1)}
    params = dict(p=p, samples=samples, kind=kind, targets=targets.tolist())
    return case(f"multiSample/{index}", inputs, run, **params)


def r_drop(index, batch, classes, bound, alpha, reduction):
    targets = hash_targets(f"rDropLoss/{index}/targets", batch, classes)

    def run(a, b):
        log_p, log_q = F.log_softmax(a, -1), F.log_softmax(b, -1)
        entropy = (F.cross_entropy(a, targets, reduction="none") + F.cross_entropy(b, targets, reduction="none")) / 2
        # kl_div(log of one, the other) is KL(other || one).
        forward = F.kl_div(log_q, log_p, reduction="none", log_target=True).sum(-1)
        backward = F.kl_div(log_p, log_q, reduction="none", log_target=True).sum(-1)
        losses = entropy + alpha * (forward + backward) / 2
        return losses if reduction == "none" else getattr(losses, reduction)()

    inputs = {"logits1": ([batch, classes], bound), "logits2": ([batch, classes], bound)}
    return case(f"rDropLoss/{index}", inputs, run, alpha=alpha, reduction=reduction, targets=targets.tolist())


def kl_div(index, shape, reduction, log_target):
    """Inputs are raw numbers; logarithms of probabilities are made of them by log-softmax on both sides of the comparison."""

    def run(a, b):
        target = F.log_softmax(b, -1) if log_target else F.softmax(b, -1)
        name = {"batchMean": "batchmean"}.get(reduction, reduction)
        return F.kl_div(F.log_softmax(a, -1), target, reduction=name, log_target=log_target)

    inputs = {"input": (shape, 3), "target": (shape, 3)}
    return case(f"klDiv/{index}", inputs, run, reduction=reduction, logTarget=log_target)


def main():
    cases = [
        drop_connect(0, 3, 7, 5, 0.5, True),
        drop_connect(1, 2, 40, 33, 0.3, False),
        drop_block(0, [2, 3, 6, 6], 3, 0.3, 1e-6),
        drop_block(1, [3, 2, 7, 5], 5, 0.4, 1e-6),
        drop_block(2, [2, 5, 4, 3], 1, 0.5, 1e-6),
        drop_block(3, [1, 2, 7, 7], 7, 0.6, 0.5),
        drop_block(4, [2, 2, 5, 5], 3, 0.999, 0.1),
        concrete(0, [4, 9], 0.1, 2),
        concrete(1, [2, 3, 4, 3], 0.5, 2),
        concrete(2, [5, 2, 3], 2 / 3, 4),
        concrete_regularization(0, [[4, 6], [4]], 1e-3, 1e-2),
        concrete_regularization(1, [[3, 2, 3, 3]], 0.5, 2),
        multi_sample(0, 3, 20, 4, 5, 0.5, "mean"),
        multi_sample(1, 2, 6, 3, 3, 0.25, "none"),
        multi_sample(2, 3, 11, 5, 4, 0.5, "loss"),
        *[r_drop(i, 4, 5, 3, alpha, reduction) for i, (alpha, reduction) in enumerate([(1, "mean"), (5, "sum"), (0.3, "none")])],
        r_drop(3, 3, 4, 200, 0.7, "mean"),
        *[
            kl_div(2 * i + log_target, [3, 4], reduction, bool(log_target))
            for i, reduction in enumerate(["mean", "sum", "none", "batchMean"])
            for log_target in (0, 1)
        ],
    ]
    about = "inputs: hashUniform('<name>/<input>', size, bound); upstream: '<name>/upstream'; masks of seed 5, call 0, step 0"
    meta = {"generator": "packages/core/test/golden/generate_dropout_composed.py", "about": about}
    write_cases("dropout-composed.json", meta, cases)


if __name__ == "__main__":
    main()
