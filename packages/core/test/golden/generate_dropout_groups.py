"""Writes dropout-groups.json: channel, alpha, Gaussian and locked dropout, stochastic depth and SELU by PyTorch, with Lockstep's masks.

Run: /usr/bin/python3 generate_dropout_groups.py   (needs torch and numpy; deterministic)

Masks and noise come from Philox4x32-10 by the numbering that packages/kernels/src/signatures.ts states; everything after them is PyTorch in
float64. Before anything is written, each formula is compared with PyTorch's own layer, given the mask that PyTorch drew.
"""

import random

import numpy as np
import torch
import torch.nn.functional as F

from generate import write_cases
from generate_dropout_composed import blocks, case, kept_mask, of_shape, realised

SEED = 5
ALPHA = 1.7580993408473766


def inverted(x, kept, p):
    return x * kept / (1 - p)


def alpha(x, kept, p):
    """ATen's _dropout_impl for alpha dropout."""
    a = 1 / ((ALPHA**2 * p + 1) * (1 - p)) ** 0.5
    return x * kept * a + (kept - 1) * ALPHA * a + ALPHA * a * p


def drop_path(x, kept, p, scale_by_keep=True):
    """timm's drop_path."""
    return x * kept / (1 - p) if scale_by_keep else x * kept


def per_group(shape, groups, p):
    """Lockstep's decisions on `groups` groups a row, as a float64 tensor [rows, groups]."""
    return torch.from_numpy(kept_mask(shape[0], groups, p, 0, SEED)).double()


def channel_mask(shape, p):
    return per_group(shape, shape[1], p).reshape(shape[:2] + [1] * (len(shape) - 2))


def normal_rows(rows, n):
    """Standard normal deviates by Box-Muller in float64, [rows, n]."""
    e = np.arange(n, dtype=np.uint64)
    i = e % 32
    words = blocks(8 * (e // 32) + i % 8, rows, 0, SEED)
    pick = lambda word: np.take_along_axis(words, word.astype(np.int64)[None, None, :].repeat(rows, 1), 0)[0]
    v, w = pick(2 * (i // 16)), pick(2 * (i // 16) + 1)
    u = ((v // 2).astype(np.float32) + np.float32(0.5)).astype(np.float64) * 2.0**-31
    angle = 2 * np.pi * w.astype(np.float64) * 2.0**-32
    return np.sqrt(-2 * np.log(u)) * np.where(i % 16 < 8, np.cos(angle), np.sin(angle))


def check_formulas():
    """PyTorch's layers, with the mask read off their own result, are the formulas above."""
    torch.manual_seed(1)
    x = torch.rand(6, 8, 5, 3, dtype=torch.float64) + 0.5
    for function, formula, feature in [
        (F.dropout2d, inverted, True),
        (F.alpha_dropout, alpha, False),
        (F.feature_alpha_dropout, alpha, True),
    ]:
        for p in (0.25, 0.6):
            y = function(x, p, training=True)
            kept = (y > 0).double()
            if feature:
                assert torch.equal(kept, kept[:, :, :1, :1].expand_as(kept))
            assert 0 < kept.mean() < 1
            assert torch.allclose(y, formula(x, kept, p), rtol=1e-12, atol=1e-12), function
    for function, shape in [(F.dropout1d, (7, 5)), (F.dropout3d, (7, 2, 3, 4))]:
        y = function(torch.ones(shape), 0.5)
        flat = y.reshape(shape[0], -1)
        assert torch.equal(flat, flat[:, :1].expand_as(flat))


def channel(name, index, shape, p, formula=inverted):
    unbatched = {"dropout1d": 2, "dropout3d": 4}.get(name) == len(shape)
    batched = [1] + shape if unbatched else shape

    def run(x):
        return formula(x.reshape(batched), channel_mask(batched, realised(p)), realised(p)).reshape(shape)

    return case(f"{name}/{index}", {"x": (shape, 2)}, run, p=p)


def alpha_case(index, shape, p):
    def run(x):
        kept = of_shape(lambda rows, n: kept_mask(rows, n, p, 0, SEED), shape).double()
        return alpha(x, kept, realised(p))

    return case(f"alphaDropout/{index}", {"x": (shape, 2)}, run, p=p)


def dropout_case(index, shape, p):
    def run(x):
        return inverted(x, of_shape(lambda rows, n: kept_mask(rows, n, p, 0, SEED), shape).double(), realised(p))

    return case(f"dropout/{index}", {"x": (shape, 2)}, run, p=p)


def gaussian_case(index, shape, p):
    def run(x):
        return x * (1 + (p / (1 - p)) ** 0.5 * of_shape(normal_rows, shape))

    return case(f"gaussianDropout/{index}", {"x": (shape, 2)}, run, p=p)


def locked_case(index, shape, p):
    def run(x):
        return inverted(x, per_group(shape, shape[2], p).reshape(shape[0], 1, shape[2]), realised(p))

    return case(f"lockedDropout/{index}", {"x": (shape, 2)}, run, p=p)


def path_case(index, shape, p, scale_by_keep):
    def run(x):
        kept = per_group(shape, 1, p).reshape([shape[0]] + [1] * (len(shape) - 1))
        return drop_path(x, kept, realised(p), scale_by_keep)

    return case(f"dropPath/{index}", {"x": (shape, 2)}, run, p=p, scaleByKeep=scale_by_keep)


def drawn_cases():
    """One more of each function, of a shape and a probability from a seed."""
    draw = random.Random("dropout groups")
    p = lambda: draw.randint(5, 80) / 100
    shape = lambda *most: [draw.randint(2, m) for m in most]
    return [
        dropout_case(3, shape(4, 6, 5), p()),
        channel("dropout1d", 2, shape(5, 9, 3), p()),
        channel("dropout2d", 3, shape(4, 9, 3, 3), p()),
        channel("dropout3d", 2, shape(3, 9, 3, 2, 2), p()),
        alpha_case(3, shape(5, 9, 3), p()),
        channel("featureAlphaDropout", 3, shape(5, 9, 3), p(), alpha),
        gaussian_case(3, shape(6, 9), p()),
        locked_case(2, shape(4, 5, 9), p()),
        path_case(2, shape(30, 2), p(), True),
    ]


def main():
    check_formulas()
    cases = [
        dropout_case(0, [3, 40], 0.25),
        dropout_case(1, [2, 3, 4, 5], 0.5),
        dropout_case(2, [60], 0.7),
        channel("dropout1d", 0, [3, 9, 4], 0.4),
        channel("dropout1d", 1, [9, 4], 0.5),
        channel("dropout2d", 0, [3, 9, 2, 3], 0.3),
        channel("dropout2d", 1, [2, 40, 1, 2], 0.6),
        channel("dropout2d", 2, [4, 9, 3], 0.5),
        channel("dropout3d", 0, [2, 9, 2, 1, 2], 0.3),
        channel("dropout3d", 1, [9, 2, 1, 2], 0.5),
        alpha_case(0, [3, 40], 0.25),
        alpha_case(1, [2, 3, 4, 5], 0.1),
        alpha_case(2, [60], 0.6),
        channel("featureAlphaDropout", 0, [3, 9, 2, 3], 0.25, alpha),
        channel("featureAlphaDropout", 1, [5, 9], 0.5, alpha),
        channel("featureAlphaDropout", 2, [3, 9, 4], 0.1, alpha),
        gaussian_case(0, [2, 70], 0.2),
        gaussian_case(1, [2, 3, 4, 5], 0.5),
        gaussian_case(2, [40], 0.9),
        locked_case(0, [3, 4, 9], 0.4),
        locked_case(1, [2, 3, 40], 0.5),
        path_case(0, [20, 3], 0.4, True),
        path_case(1, [10, 2, 2, 3], 0.5, False),
        case("selu/0", {"x": ([100], 6)}, F.selu, p=0),
        case("selu/1", {"x": ([5, 5], 0.01)}, F.selu, p=0),
        *drawn_cases(),
    ]
    write_cases("dropout-groups.json", {"about": "output and gradients of F.<name>(x, { p, seed: 5 }), call site 0, step 0"}, cases)


if __name__ == "__main__":
    main()
