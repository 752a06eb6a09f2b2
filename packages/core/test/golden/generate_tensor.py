"""Writes the golden values of the tensor API (shapes, mathematics, reductions, indexing, printing) from PyTorch on the CPU in float32.

Run: /usr/bin/python3 generate_tensor.py   (needs torch and numpy; writes tensor-*.json into its own folder; deterministic)

Every case draws its shapes and options from a random generator seeded by its name, and its operands from the integer hash that
packages/testkit/src/hash.ts repeats bit for bit, so the files hold options and results only. Operand i of case c is made from the
hash named "c/i", the gradient of result i from "c/upstream/i" (in tensor-shapes.json they count from 0 and from 1).
"""

import math
import random

from generate import Raw, hash32, hash_targets, hash_uniform, json, np, number, os, to_json, torch, write_text

GENERATOR = "packages/core/test/golden/generate_tensor.py"
SPECIAL = [0.0, -0.0, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 1.0, -1.0, 3.7, -3.7, 1e-8, 123456.7, -7654321.0, 3e9, 1e30,
           math.inf, -math.inf, math.nan]


def values(kind, shape, name):
    """any: in ±1. counting: 0, 1, 2, … wide: in ±8. positive: in [0.5, 1.5]. ties: whole numbers in ±3. index<n>: whole numbers in 0..n-1.
    special: zeros, halves, large numbers, infinities and NaN."""
    unit = hash_uniform(name, list(shape))
    if kind == "any":
        return unit
    if kind == "counting":
        return torch.arange(math.prod(shape), dtype=torch.float32).reshape(list(shape))
    if kind == "wide":
        return unit * 8
    if kind == "positive":
        return unit / 2 + 1
    if kind == "ties":
        return torch.round(unit * 3) + 0.0
    if kind.startswith("index"):
        count = math.prod(shape)
        return hash_targets(name, count, int(kind[5:])).reshape(list(shape))
    assert kind == "special"
    pick = hash32(name, math.prod(shape)) % np.uint32(len(SPECIAL))
    return torch.tensor([SPECIAL[i] for i in pick], dtype=torch.float32).reshape(list(shape))


def text_of(x):
    x = float(x)
    if math.isnan(x):
        return '"NaN"'
    if math.isinf(x):
        return '"Infinity"' if x > 0 else '"-Infinity"'
    return "-0.0" if x == 0 and math.copysign(1, x) < 0 else number(x)


def listed(tensor):
    flat = tensor.detach().reshape(-1)
    if not tensor.is_floating_point():
        return Raw("[" + ",".join(str(int(x)) for x in flat.tolist()) + "]")
    return Raw("[" + ",".join(text_of(x) for x in flat.tolist()) + "]")


class Cases:
    """With moves=True operands and the gradients of results are 0, 1, 2, … and 1, 2, 3, …: enough where elements only move."""

    def __init__(self, moves=False):
        self.moves = moves
        self.list = []
        self.counts = {}

    def random(self, op):
        """A generator for the next case of an operation."""
        return random.Random(f"{op}/{self.counts.get(op, 0)}")

    def add(self, op, operands, params, run, gradient=True):
        """operands: (kind, shape); run(*tensors) gives a tensor or several. Index operands and integer results have no gradient."""
        number_of = self.counts.get(op, 0)
        self.counts[op] = number_of + 1
        name = f"{op}/{number_of}"
        inputs = [values(kind, shape, f"{name}/{i}") for i, (kind, shape) in enumerate(operands)]
        for x in inputs:
            x.requires_grad_(gradient and x.is_floating_point())
        results = run(*inputs)
        results = list(results) if isinstance(results, (tuple, list)) else [results]
        results = [r.float() if r.dtype == torch.bool else r for r in results]
        case = {"name": name, "op": op, "operands": [[kind, list(shape)] for kind, shape in operands], "params": params}
        case["results"] = [{"shape": list(r.shape), "data": listed(r)} for r in results]
        wanted = [x for x in inputs if x.requires_grad]
        upstream = lambda i, shape: values("counting", shape, "") + 1 if self.moves else hash_uniform(f"{name}/upstream/{i}", shape)
        ends = [(r, upstream(i, list(r.shape))) for i, r in enumerate(results) if r.requires_grad]
        if wanted and ends:
            torch.autograd.backward([r for r, _ in ends], [dy for _, dy in ends])
            case["gradients"] = [listed(x.grad if x.grad is not None else torch.zeros_like(x)) if x.requires_grad else None for x in inputs]
        self.list.append(case)

    def write(self, name, about):
        meta = {"generator": GENERATOR, "torch": torch.__version__, "about": about}
        body = ",\n".join(to_json(case) for case in self.list)
        write_text(name, '{\n"meta":' + to_json(meta) + ',\n"cases":[\n' + body + "\n]\n}\n")


def shape_of(rng, rank=None, least=1, most=4):
    return [rng.randint(least, most) for _ in range(rng.randint(1, 4) if rank is None else rank)]


def either(rng, axis, rank):
    """The axis, counted from either end."""
    return axis if rng.random() < 0.5 else axis - rank


def axis_of(rng, shape):
    return either(rng, rng.randrange(len(shape)), len(shape))


# ---------------------------------------------------------------- shapes and parts


def python_index(items):
    def one(item):
        if item is None:
            return slice(None)
        if item == "...":
            return Ellipsis
        if item == "newaxis":
            return None
        return slice(item.get("start"), item.get("end"), item.get("step")) if isinstance(item, dict) else item

    return tuple(one(item) for item in items)


def random_index(rng, shape):
    items = []
    for extent in shape:
        kind = rng.choice(["one", "range", "range", "whole"])
        if kind == "one":
            items.append(rng.randint(-extent, extent - 1))
        elif kind == "whole":
            items.append(None)
        else:
            part = {"start": rng.randint(-extent - 1, extent), "end": rng.randint(-extent, extent + 2), "step": rng.randint(1, 3)}
            items.append({k: v for k, v in part.items() if rng.random() < 0.7})
    for _ in range(rng.choice([0, 0, 1, 2])):
        items.insert(rng.randint(0, len(items)), "newaxis")
    cut = rng.randint(0, len(items))
    choice = rng.random()
    if choice < 0.3:
        return items[:cut]
    if choice < 0.6 and cut < len(items) and items[cut] != "newaxis":
        return items[:cut] + ["..."] + items[cut + 1 :]
    return items


def shapes():
    cases = Cases(moves=True)
    for _ in range(4):
        rng = cases.random("stack")
        shape, count = shape_of(rng), rng.randint(1, 3)
        dim = either(rng, rng.randint(0, len(shape)), len(shape) + 1)
        cases.add("stack", [("counting", shape)] * count, {"dim": dim}, lambda *x: torch.stack(x, dim))
    for _ in range(4):
        rng = cases.random("split")
        shape = shape_of(rng, most=7)
        dim, size = axis_of(rng, shape), rng.randint(1, 4)
        cases.add("split", [("counting", shape)], {"sizes": size, "dim": dim}, lambda x: torch.split(x, size, dim))
    cases.add("split", [("counting", [6, 2])], {"sizes": [1, 3, 2], "dim": 0}, lambda x: torch.split(x, [1, 3, 2], 0))
    for _ in range(4):
        rng = cases.random("chunk")
        shape = shape_of(rng, most=9)
        dim, chunks = axis_of(rng, shape), rng.randint(1, 5)
        cases.add("chunk", [("counting", shape)], {"chunks": chunks, "dim": dim}, lambda x: torch.chunk(x, chunks, dim))
    for _ in range(3):
        rng = cases.random("unbind")
        shape = shape_of(rng)
        dim = axis_of(rng, shape)
        cases.add("unbind", [("counting", shape)], {"dim": dim}, lambda x: torch.unbind(x, dim))
    for _ in range(4):
        rng = cases.random("narrow")
        shape = shape_of(rng, most=6)
        dim = axis_of(rng, shape)
        start = rng.randrange(shape[dim])
        length = rng.randint(0, shape[dim] - start)
        cases.add("narrow", [("counting", shape)], {"dim": dim, "start": start, "length": length}, lambda x: torch.narrow(x, dim, start, length))
    for _ in range(4):
        rng = cases.random("select")
        shape = shape_of(rng)
        dim = axis_of(rng, shape)
        at = rng.randint(-shape[dim], shape[dim] - 1)
        cases.add("select", [("counting", shape)], {"dim": dim, "index": at}, lambda x: x.select(dim, at))
    for _ in range(24):
        rng = cases.random("index")
        shape = shape_of(rng, most=5)
        items = random_index(rng, shape)
        cases.add("index", [("counting", shape)], {"items": items}, lambda x: x[python_index(items)])
    for _ in range(5):
        rng = cases.random("flip")
        shape = shape_of(rng)
        dims = [either(rng, d, len(shape)) for d in rng.sample(range(len(shape)), rng.randint(1, len(shape)))]
        cases.add("flip", [("counting", shape)], {"dims": dims}, lambda x: torch.flip(x, dims))
    for _ in range(6):
        rng = cases.random("roll")
        shape = shape_of(rng, most=5)
        if rng.random() < 0.3:
            shift = rng.randint(-9, 9)
            cases.add("roll", [("counting", shape)], {"shifts": shift}, lambda x: torch.roll(x, shift))
        else:
            dims = [either(rng, d, len(shape)) for d in rng.sample(range(len(shape)), rng.randint(1, len(shape)))]
            shifts = [rng.randint(-6, 6) for _ in dims]
            cases.add("roll", [("counting", shape)], {"shifts": shifts, "dims": dims}, lambda x: torch.roll(x, shifts, dims))
    for op, run in [("repeat", lambda x, counts: x.repeat(counts)), ("tile", torch.tile)]:
        for _ in range(5):
            rng = cases.random(op)
            shape = shape_of(rng, rank=rng.randint(1, 3), most=3)
            length = rng.randint(len(shape), len(shape) + 2) if op == "repeat" else rng.randint(1, len(shape) + 1)
            counts = [rng.randint(0 if rng.random() < 0.1 else 1, 3) for _ in range(length)]
            cases.add(op, [("counting", shape)], {"counts": counts}, lambda x: run(x, counts))
    for _ in range(4):
        rng = cases.random("expand")
        shape = [rng.choice([1, extent]) for extent in shape_of(rng, rank=rng.randint(1, 3))]
        wanted = [rng.randint(1, 3) for _ in range(rng.randint(0, 2))]
        wanted += [rng.choice([-1, rng.randint(1, 3)]) if extent == 1 else rng.choice([-1, extent]) for extent in shape]
        cases.add("expand", [("counting", shape)], {"shape": wanted}, lambda x: x.expand(wanted))
    for _ in range(4):
        rng = cases.random("squeeze")
        shape = [rng.choice([1, extent]) for extent in shape_of(rng, rank=rng.randint(1, 4), least=2)]
        if rng.random() < 0.5:
            cases.add("squeeze", [("counting", shape)], {}, lambda x: torch.squeeze(x))
        else:
            dim = axis_of(rng, shape)
            cases.add("squeeze", [("counting", shape)], {"dim": dim}, lambda x: torch.squeeze(x, dim))
    for _ in range(5):
        rng = cases.random("movedim")
        shape = shape_of(rng)
        rank = len(shape)
        count = rng.randint(1, rank)
        source = [either(rng, d, rank) for d in rng.sample(range(rank), count)]
        target = [either(rng, d, rank) for d in rng.sample(range(rank), count)]
        cases.add("movedim", [("counting", shape)], {"source": source, "destination": target}, lambda x: torch.movedim(x, source, target))
    for shape in ([], [3], [2, 3]):
        cases.add("t", [("counting", shape)], {}, lambda x: x.t() + 0)
    for _ in range(3):
        rng = cases.random("at")
        shape = shape_of(rng)
        at = rng.randint(-shape[0], shape[0] - 1)
        cases.add("at", [("counting", shape)], {"index": at}, lambda x: x[at])
        rng = cases.random("reshape")
        shape = shape_of(rng)
        wanted = rng.choice([[-1], [shape[-1], -1], [*shape[1:], -1], [1, *shape]])
        cases.add("reshape", [("counting", shape)], {"shape": wanted}, lambda x: x.reshape(wanted))
        rng = cases.random("flatten")
        shape = shape_of(rng, rank=4, most=3)
        first = rng.randint(0, 3)
        last = rng.randint(first, 3)
        p = {"start": either(rng, first, 4), "end": either(rng, last, 4)}
        cases.add("flatten", [("counting", shape)], p, lambda x: x.flatten(p["start"], p["end"]))
        rng = cases.random("transpose")
        shape = shape_of(rng, rank=rng.randint(2, 4))
        p = {"a": axis_of(rng, shape), "b": axis_of(rng, shape)}
        cases.add("transpose", [("counting", shape)], p, lambda x: x.transpose(p["a"], p["b"]))
        rng = cases.random("unsqueeze")
        shape = shape_of(rng, rank=rng.randint(0, 3))
        dim = either(rng, rng.randint(0, len(shape)), len(shape) + 1)
        cases.add("unsqueeze", [("counting", shape)], {"dim": dim}, lambda x: x.unsqueeze(dim))
    cases.write("tensor-shapes.json", "Operations that only move elements.")


# ---------------------------------------------------------------- functions of elements


def broadcast_pair(rng):
    """Two shapes that broadcast."""
    full = shape_of(rng)
    cut = lambda shape: [1 if rng.random() < 0.3 else extent for extent in shape[rng.choice([0, 0, rng.randrange(len(shape))]) :]]
    return (full, cut(full)) if rng.random() < 0.5 else (cut(full), full)


def maths():
    cases = Cases()
    unary = {
        "rsqrt": ("positive", torch.rsqrt), "expm1": ("any", torch.expm1), "log1p": ("any", torch.log1p),
        "log2": ("positive", torch.log2), "sin": ("wide", torch.sin), "cos": ("wide", torch.cos), "erf": ("wide", torch.erf),
        "sign": ("ties", torch.sign), "floor": ("wide", torch.floor), "ceil": ("wide", torch.ceil), "round": ("wide", torch.round),
        "trunc": ("wide", torch.trunc), "neg": ("wide", torch.neg), "abs": ("wide", torch.abs), "square": ("any", torch.square),
        "reciprocal": ("positive", torch.reciprocal), "relu": ("any", torch.relu), "selu": ("any", torch.selu),
    }  # fmt: skip
    for op, (kind, run) in unary.items():
        rng = cases.random(op)
        cases.add(op, [(kind, shape_of(rng))], {}, run)
        if op != "selu":  # float32's own error of large numbers
            cases.add(op, [("special", [20])], {}, run, gradient=False)
    for op in ("isnan", "isinf", "isfinite"):
        cases.add(op, [("special", [24])], {}, getattr(torch, op), gradient=False)
    for op in ("eq", "ne", "lt", "le", "gt", "ge"):
        rng = cases.random(op)
        a, b = broadcast_pair(rng)
        cases.add(op, [("ties", a), ("ties", b)], {}, getattr(torch, op), gradient=False)
        cases.add(op, [("special", [40]), ("special", [40])], {}, getattr(torch, op), gradient=False)
        cases.add(op, [("ties", [7])], {"other": 1}, lambda x: getattr(torch, op)(x, 1), gradient=False)
    for _ in range(4):
        rng = cases.random("pow")
        a, b = broadcast_pair(rng)
        cases.add("pow", [("positive", a), ("wide", b)], {}, torch.pow)
    for exponent in (2, 3, 0.5, -1, -2.5, 0, 1):
        rng = cases.random("pow")
        cases.add("pow", [("positive" if exponent != int(exponent) else "any", shape_of(rng))], {"other": exponent}, lambda x: torch.pow(x, exponent))
    cases.add("pow", [("ties", [6, 1]), ("ties", [1, 6])], {}, torch.pow, gradient=False)
    cases.add("pow", [("special", [60]), ("special", [60])], {}, torch.pow, gradient=False)
    cases.add("pow", [("ties", [9]), ("positive", [9])], {"absolute": True}, lambda a, b: torch.pow(a.abs(), b))
    for op in ("fmod", "remainder"):
        for _ in range(3):
            rng = cases.random(op)
            a, b = broadcast_pair(rng)
            cases.add(op, [("wide", a), ("any", b)], {}, getattr(torch, op))
        cases.add(op, [("wide", [9])], {"other": -0.75}, lambda x: getattr(torch, op)(x, -0.75))
        # torch 1.13 gives NaN for a rest by an infinity in vectors only: such pairs are left out, as 5 % inf = 5 is tested by hand.
    for low, high in ((-0.5, 0.25), (None, 0.1), (0.2, None), (0.5, -0.5)):
        rng = cases.random("clamp")
        params = {k: v for k, v in (("min", low), ("max", high)) if v is not None}
        cases.add("clamp", [("any", shape_of(rng))], params, lambda x: torch.clamp(x, min=low, max=high))
    cases.add("clamp", [("ties", [12])], {"min": -1, "max": 2}, lambda x: torch.clamp(x, -1, 2))
    cases.add("clamp", [("special", [20])], {"min": -1, "max": 2}, lambda x: torch.clamp(x, -1, 2), gradient=False)
    for _ in range(3):
        rng = cases.random("clampTensors")
        shape = shape_of(rng)
        cases.add("clampTensors", [("any", shape)] * 3, {}, lambda x, low, high: torch.clamp(x, low, high))
    for _ in range(4):
        rng = cases.random("where")
        a, b = broadcast_pair(rng)
        cases.add("where", [("index2", rng.choice([a, b])), ("any", a), ("any", b)], {}, lambda c, x, y: torch.where(c != 0, x, y))
    for _ in range(2):
        rng = cases.random("whereOf")
        a, b = broadcast_pair(rng)
        cases.add("whereOf", [("any", a), ("index2", rng.choice([a, b])), ("any", b)], {}, lambda x, c, y: torch.where(c != 0, x, y))
    for op in ("maximum", "minimum"):
        for kind in ("any", "ties"):
            rng = cases.random(op)
            a, b = broadcast_pair(rng)
            cases.add(op, [(kind, a), (kind, b)], {}, getattr(torch, op))
    cases.add("to", [("wide", [3, 5])], {"dtype": "i32"}, lambda x: x.to(torch.int32), gradient=False)
    cases.add("to", [("index9", [4, 3])], {"dtype": "f32"}, lambda x: x.to(torch.float32), gradient=False)
    for value in (-1.5, math.inf):
        rng = cases.random("maskedFill")
        shape = shape_of(rng)
        text = value if math.isfinite(value) else "Infinity"
        cases.add("maskedFill", [("any", shape), ("index2", shape)], {"value": text}, lambda x, m: x.masked_fill(m != 0, value))
    for weight in (0.3, 0.5, 0.8):
        cases.add("lerp", [("any", [2, 3]), ("any", [2, 3])], {"weight": weight}, lambda a, b: torch.lerp(a, b, weight))
    cases.add("lerp", [("any", [3, 4])] * 3, {}, torch.lerp)
    for value in (1, -2.5):
        rng = cases.random("addcmul")
        a, b = broadcast_pair(rng)
        cases.add("addcmul", [("any", a), ("any", b), ("any", a)], {"value": value}, lambda x, y, z: torch.addcmul(x, y, z, value=value))
    cases.write("tensor-maths.json", "Functions of elements.")


# ---------------------------------------------------------------- reductions and order


def axes_of(rng, shape):
    """One axis, several, or none named (all)."""
    rank = len(shape)
    count = rng.choice([0, 1, 1, rng.randint(1, rank)])
    dims = [either(rng, d, rank) for d in rng.sample(range(rank), count)]
    params = {"keepDims": True} if rng.random() < 0.3 and dims else {}
    return {**params, "dims": dims if len(dims) > 1 else dims[0]} if dims else params


def dims_or_all(p, shape):
    dims = p.get("dims")
    return tuple(range(len(shape))) if dims is None else ((dims,) if isinstance(dims, int) else tuple(dims))


def reductions():
    cases = Cases()

    def several(op, kind, run, count=5, gradient=True, extra=lambda rng: {}, shapes_of=shape_of):
        for _ in range(count):
            rng = cases.random(op)
            shape = shapes_of(rng)
            p = {**axes_of(rng, shape), **extra(rng)}
            cases.add(op, [(kind, shape)], p, lambda x: run(x, dims_or_all(p, shape), p.get("keepDims", False), p), gradient)

    several("amax", "any", lambda x, dims, keep, p: torch.amax(x, dims, keep))
    several("amin", "ties", lambda x, dims, keep, p: torch.amin(x, dims, keep))
    several("var", "any", lambda x, d, keep, p: torch.var(x, d, correction=p["correction"], keepdim=keep), extra=lambda rng: {"correction": rng.choice([0, 1])}, shapes_of=lambda rng: shape_of(rng, least=2))
    several("std", "any", lambda x, d, keep, p: torch.std(x, d, correction=p["correction"], keepdim=keep), extra=lambda rng: {"correction": rng.choice([0, 1])}, shapes_of=lambda rng: shape_of(rng, least=2))
    cases.add("std", [("counting", [1])], {"correction": 0}, lambda x: torch.std(x, 0, correction=0))
    for norm in ("fro", 2, 1, 3, 0.5, -1.5):
        several("norm", "any", lambda x, d, keep, p: torch.linalg.vector_norm(x, 2 if p["p"] == "fro" else p["p"], d, keep), 2, extra=lambda rng: {"p": norm})
    several("norm", "any", lambda x, d, keep, p: torch.linalg.vector_norm(x, math.inf, d, keep), 2, extra=lambda rng: {"p": "Infinity"})
    several("norm", "any", lambda x, d, keep, p: torch.linalg.vector_norm(x, -math.inf, d, keep), 2, extra=lambda rng: {"p": "-Infinity"})
    for p in (2, 1, 3):
        cases.add("norm", [("ties", [3, 5])], {"p": p, "zero": True}, lambda x: torch.linalg.vector_norm(x * 0, p, 1) + torch.linalg.vector_norm(x, p, 1))
    several("norm", "ties", lambda x, d, keep, p: torch.linalg.vector_norm(x, 0, d, keep), 2, extra=lambda rng: {"p": 0}, gradient=False)
    several("logsumexp", "wide", lambda x, d, keep, p: torch.logsumexp(x, d, keep))
    cases.add("logsumexp", [("special", [8, 5])], {"dims": 1}, lambda x: torch.logsumexp(x, 1), gradient=False)
    for op in ("any", "all"):
        for _ in range(4):
            rng = cases.random(op)
            shape = shape_of(rng)
            dim = axis_of(rng, shape)
            cases.add(op, [("index2", shape)], {"dims": dim}, lambda x: getattr(torch, op)(x != 0, dim))
        cases.add(op, [("index3", [4])], {}, lambda x: getattr(torch, op)(x != 0))
    several("countNonzero", "ties", lambda x, d, keep, p: torch.count_nonzero(x, d), gradient=False, extra=lambda rng: {})
    for _ in range(4):
        rng = cases.random("prod")
        shape = shape_of(rng)
        dim = axis_of(rng, shape)
        kind = rng.choice(["positive", "ties"])
        keep = rng.random() < 0.3
        cases.add("prod", [(kind, shape)], {"dims": dim, "keepDims": keep}, lambda x: torch.prod(x, dim, keep))
    cases.add("prod", [("ties", [3, 4])], {}, lambda x: torch.prod(x))
    for op in ("max", "min"):
        for kind in ("any", "wide", "positive"):
            rng = cases.random(op)
            shape = shape_of(rng)
            dim, keep = axis_of(rng, shape), rng.random() < 0.3
            cases.add(op, [(kind, shape)], {"dims": dim, "keepDims": keep}, lambda x: getattr(torch, op)(x, dim, keep))
        cases.add(op, [("ties", [3, 3])], {}, lambda x: getattr(torch, op)(x))
        cases.add(op, [("special", [30])], {"dims": 0}, lambda x: getattr(torch, op)(x[: 30], 0), gradient=False)
    for op in ("argmax", "argmin"):
        for kind in ("any", "special"):
            rng = cases.random(op)
            shape = shape_of(rng, rank=2)
            dim = axis_of(rng, shape)
            cases.add(op, [(kind, shape)], {"dims": dim}, lambda x: getattr(torch, op)(x, dim), gradient=False)
        cases.add(op, [("any", [3, 4])], {}, lambda x: getattr(torch, op)(x), gradient=False)
    for descending in (False, True):
        for kind in ("any", "wide"):
            rng = cases.random("sort")
            shape = shape_of(rng, most=6)
            dim = axis_of(rng, shape)
            p = {"dims": dim, "descending": descending}
            cases.add("sort", [(kind, shape)], p, lambda x: torch.sort(x, stable=True, dim=dim, descending=descending))
        for kind in ("ties", "special"):
            p = {"dims": -1, "descending": descending}
            cases.add("sort", [(kind, [2, 21])], p, lambda x: torch.sort(x, stable=True, dim=-1, descending=descending), gradient=False)
        for kind in ("any", "ties"):
            rng = cases.random("argsort")
            shape = shape_of(rng, most=6)
            dim = axis_of(rng, shape)
            p = {"dims": dim, "descending": descending}
            cases.add("argsort", [(kind, shape)], p, lambda x: torch.sort(x, stable=True, dim=dim, descending=descending)[1], gradient=False)
    for largest in (True, False):
        for _ in range(2):
            rng = cases.random("topk")
            shape = shape_of(rng, most=7)
            dim = axis_of(rng, shape)
            k = rng.randint(1, shape[dim])
            cases.add("topk", [("any", shape)], {"k": k, "axis": dim, "largest": largest}, lambda x: torch.topk(x, k, dim, largest))
    for op in ("cumsum", "cumprod"):
        for kind in ("any", "positive", "ties"):
            rng = cases.random(op)
            shape = shape_of(rng, most=5)
            dim = axis_of(rng, shape)
            cases.add(op, [(kind, shape)], {"dims": dim}, lambda x: getattr(torch, op)(x, dim))
    cases.add("cumprod", [("ties", [4, 7])], {"dims": 1}, lambda x: torch.cumprod(x, 1))
    cases.write("tensor-reductions.json", "Reductions, order and running results.")


# ---------------------------------------------------------------- elements by number, matrices, einsum


def smaller(rng, shape, dim, length):
    return [length if axis == dim else rng.randint(1, extent) for axis, extent in enumerate(shape)]


def positions(length, dim):
    """Vaswani et al. 2017, section 3.5, in float64."""
    even = torch.arange(dim, dtype=torch.float64) // 2 * 2
    angle = torch.arange(length, dtype=torch.float64)[:, None] / 10000 ** (even / dim)
    return torch.where(torch.arange(dim) % 2 == 0, angle.sin(), angle.cos()).float()


def numbered():
    cases = Cases()
    for _ in range(6):
        rng = cases.random("gather")
        shape = shape_of(rng)
        dim = rng.randrange(len(shape))
        index = smaller(rng, shape, dim, rng.randint(1, 5))
        cases.add("gather", [("any", shape), (f"index{shape[dim]}", index)], {"dim": either(rng, dim, len(shape))}, lambda x, i: torch.gather(x, dim, i))
    for op in ("scatter", "scatterAdd"):
        for _ in range(6):
            rng = cases.random(op)
            shape = shape_of(rng)
            dim = rng.randrange(len(shape))
            index = smaller(rng, shape, dim, rng.randint(1, 5) if op == "scatterAdd" else 1)
            # A larger source has no gradient in torch 1.13.
            large = rng.random() < 0.3
            source = [extent + rng.randint(0, 1) for extent in index] if large else index
            run = torch.scatter if op == "scatter" else torch.scatter_add
            cases.add(op, [("any", shape), (f"index{shape[dim]}", index), ("any", source)], {"dim": dim}, lambda x, i, s: run(x, dim, i, s), not large)
    cases.add("scatter", [("any", [3, 5]), ("index5", [3, 2])], {"dim": 1, "value": 2.5}, lambda x, i: torch.scatter(x, 1, i, 2.5))
    for _ in range(4):
        rng = cases.random("indexSelect")
        shape = shape_of(rng)
        dim = axis_of(rng, shape)
        cases.add("indexSelect", [("any", shape), (f"index{shape[dim]}", [rng.randint(1, 6)])], {"dim": dim}, lambda x, i: torch.index_select(x, dim, i))
    for _ in range(4):
        rng = cases.random("indexAdd")
        shape = shape_of(rng)
        dim, length, alpha = rng.randrange(len(shape)), rng.randint(1, 6), rng.choice([1, -0.5])
        source = [length if axis == dim else extent for axis, extent in enumerate(shape)]
        operands = [("any", shape), (f"index{shape[dim]}", [length]), ("any", source)]
        cases.add("indexAdd", operands, {"dim": dim, "alpha": alpha}, lambda x, i, s: torch.index_add(x, dim, i, s, alpha=alpha))
    for _ in range(3):
        rng = cases.random("take")
        shape = shape_of(rng)
        cases.add("take", [("any", shape), (f"index{math.prod(shape)}", shape_of(rng, rank=rng.randint(1, 3)))], {}, torch.take)
    cases.add("oneHot", [("index4", [2, 3])], {"numClasses": 5}, lambda i: torch.nn.functional.one_hot(i, 5))
    for op in ("tril", "triu"):
        for _ in range(4):
            rng = cases.random(op)
            shape, k = shape_of(rng, rank=rng.randint(2, 4)), rng.randint(-3, 3)
            cases.add(op, [("any", shape)], {"diagonal": k}, lambda x: getattr(torch, op)(x, k))
    for shape, k in (([4], 0), ([3], 2), ([3], -1), ([3, 4], 0), ([3, 4], 2), ([4, 2], -2), ([2, 2], 5)):
        cases.add("diag", [("any", shape)], {"offset": k}, lambda x: torch.diag(x, k) if k < 5 else torch.zeros(0) + x.sum() * 0)
    for _ in range(4):
        rng = cases.random("diagonal")
        shape = shape_of(rng, rank=rng.randint(2, 4))
        a, b = [either(rng, d, len(shape)) for d in rng.sample(range(len(shape)), 2)]
        k = rng.randint(-1, 1)
        cases.add("diagonal", [("any", shape)], {"offset": k, "a": a, "b": b}, lambda x: torch.diagonal(x, k, a, b))
    cases.add("trace", [("any", [3, 5])], {}, torch.trace)
    cases.add("outer", [("any", [3]), ("any", [4])], {}, torch.outer)
    cases.add("dot", [("any", [7]), ("any", [7])], {}, torch.dot)
    cases.add("mm", [("any", [3, 5]), ("any", [5, 2])], {}, torch.mm)
    cases.add("bmm", [("any", [4, 3, 5]), ("any", [4, 5, 2])], {}, torch.bmm)
    for a, b in (([4], [4]), ([4], [4, 3]), ([2, 4], [4]), ([4], [2, 4, 3]), ([2, 3, 4], [4]), ([2, 1, 3, 4], [5, 4, 2]), ([3, 4], [5, 2, 4, 2]), ([1, 3, 4], [2, 4, 1]), ([2, 3, 4], [4, 5])):
        cases.add("matmul", [("any", a), ("any", b)], {}, torch.matmul)
    cases.add("meshgrid", [("any", [2]), ("any", [3]), ("any", [2])], {"indexing": "ij"}, lambda *x: torch.meshgrid(*x, indexing="ij"))
    cases.add("meshgrid", [("any", [2]), ("any", [3])], {"indexing": "xy"}, lambda *x: torch.meshgrid(*x, indexing="xy"))
    for equation, *shapes_ in (
        ("ij,jk->ik", [3, 4], [4, 5]), ("bi,oi->bo", [3, 4], [5, 4]), ("bij,bjk->bik", [2, 3, 4], [2, 4, 5]), ("bij,bkj->bik", [2, 3, 4], [2, 5, 4]),
        ("ij->ji", [3, 4]), ("ij->", [3, 4]), ("ii->i", [3, 3]), ("ii", [3, 3]), ("i,j->ij", [3], [4]), ("i,i->", [5], [5]), ("ij,ij->i", [3, 4], [3, 4]),
        ("bhqd,bhkd->bhqk", [2, 2, 3, 4], [2, 2, 5, 4]), ("bhqk,bkhd->bqhd", [2, 2, 3, 5], [2, 5, 2, 4]), ("...ij,...jk->...ik", [2, 1, 3, 4], [3, 4, 2]),
        ("b...,b...->b...", [2, 3], [2, 3]), ("i...,...->i", [3, 2], [2]), ("ij,jk,kl->il", [2, 3], [3, 4], [4, 2]), ("a,b,c->cab", [2], [3], [2]), ("ij,kj,j->ki", [2, 3], [4, 3], [3]),
        ("iij,jk->ik", [3, 3, 2], [2, 4]), ("ba,ca", [3, 2], [4, 2]), ("abc,cd->abd", [2, 3, 4], [4, 5]), ("abc,adc->bd", [2, 3, 4], [2, 5, 4]), ("ij,jk->ik", [3, 1], [4, 5]),
    ):  # fmt: skip
        cases.add("einsum", [("any", shape) for shape in shapes_], {"equation": equation}, lambda *x: torch.einsum(equation, *x))
    for length, dim in ((5, 6), (1, 1), (3, 7), (40, 2)):
        p = {"length": length, "dim": dim}
        cases.add("sinusoidalPositions", [], p, lambda: positions(length, dim))
    cases.write("tensor-numbered.json", "Elements by number, matrices, products.")


# ---------------------------------------------------------------- printing


def printed():
    """Texts of tensors. Values: kind and shape as elsewhere, times a scale; integers keep their dtype; or a list of numbers."""
    cases = []

    def add(kind, shape, scale=1.0, dtype=None, grad=False, given=None):
        name = f"print/{len(cases)}"
        x = torch.tensor(given, dtype=torch.float32).reshape(shape) if given is not None else values(kind, shape, name)
        x = x.to(dtype) if dtype else x * np.float32(scale) if scale != 1 else x
        text = str(x.requires_grad_(grad) if grad else x)
        for theirs, ours in (("torch.int32", "i32"), ("torch.uint8", "u8"), ("requires_grad=True", "requiresGrad=true")):
            text = text.replace(theirs, ours)
        case = {"name": name, "kind": kind, "shape": shape, "scale": scale, "dtype": {torch.int32: "i32", torch.uint8: "u8"}.get(dtype, "f32"), "requiresGrad": grad}
        if given is not None:
            case["given"] = Raw("[" + ",".join(text_of(v) for v in given) + "]")
        cases.append({**case, "text": text})

    add("any", [3])
    add("any", [2, 3])
    add("any", [30])
    add("any", [2, 2, 3])
    add("any", [2, 1, 2, 2])
    add("counting", [3, 4])
    add("counting", [2, 3], 100)
    add("wide", [40, 30])
    add("counting", [1001])
    add("any", [12, 11, 10])
    add("any", [7, 2, 100])
    add("any", [4, 3], 1e-5)
    add("any", [6], 1e9)
    add("wide", [2, 7], 3e4)
    add("special", [3, 20])
    add("any", [2, 5], grad=True)
    add("any", [6], grad=True)
    add("index9", [3, 4], dtype=torch.int32)
    add("index200", [36], dtype=torch.uint8)  # no line so full that the length of the dtype's name matters
    add("index2", [30, 40], dtype=torch.int32)
    add("any", [0])
    add("any", [2, 0])
    add("any", [0, 3, 4])
    add("any", [2, 0], dtype=torch.int32)
    add("any", [])
    add("index9", [], dtype=torch.int32)
    for given in (
        [0.0, -0.0, 0.0], [1.0, -0.0, 2.0], [0.5, -0.0, 2.0], [math.nan, math.inf, -math.inf], [1.0, math.nan, math.inf], [1.5, math.nan, -math.inf],
        [1e-8, math.nan, 2.0], [0.03125, 0.09375, 1.03125, -0.03125], [0.00001, 0.1], [1e8, 1.0], [999.0, 1.0], [1000.0, 1.0], [1001.0, 1.0], [100005.0, 1.0, 100015.0],
        [123456784.0, 5.0], [0.0001, 0.05], [0.00009, 0.05], [99999.99, 100.5], [3.4028234e38, 1e-45], [7.0], [-12345.678],
    ):  # fmt: skip
        add("given", [len(given)], given=given)
    add("given", [], given=[2.0])
    add("given", [], given=[math.nan])
    meta = {"generator": GENERATOR, "torch": torch.__version__, "about": "str(tensor), with this project's names of dtypes."}
    body = ",\n".join(to_json(case) for case in cases)
    write_text("tensor-print.json", '{\n"meta":' + to_json(meta) + ',\n"cases":[\n' + body + "\n]\n}\n")


if __name__ == "__main__":
    shapes()
    maths()
    reductions()
    numbered()
    printed()
