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
CLEARANCE = 0.03
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

    def add(self, op, inputs, function, options=None, fixed=(), note=None, clear=None, **flags):
        """inputs: name → shape (hashed in ±1), (shape, bound), (shape, low, high) or a tensor; those in `fixed`, and integers, get no
        gradient. clear: distances of the inputs from kinks, which must be far; other numbers are drawn until they are. flags: `edges` (no
        central differences), `unbatched` (axis 0 does not count samples)."""
        index = self.counts.get(op, 0)
        self.counts[op] = index + 1
        name = f"{op}/{index}"
        for attempt in range(1000):
            prefix = name if attempt == 0 else f"{name}.{attempt}"
            operands = {key: self.operand(f"{prefix}/{key}", value) for key, value in inputs.items()}
            tensors = {key: tensor for key, (_, tensor) in operands.items()}
            if clear is None or clear(**tensors).abs().min() > CLEARANCE:
                break
        else:
            raise ValueError(f"{name}: no inputs are clear of the kinks")
        wanted = [key for key, tensor in tensors.items() if tensor.is_floating_point() and key not in fixed]
        for key in wanted:
            tensors[key].requires_grad_(True)
        output = function(**tensors)
        shape = list(output.shape)
        upstream = hash_uniform(f"{name}/upstream", shape).double()
        found = torch.autograd.grad(output, [tensors[key] for key in wanted], upstream)
        described = {key: text for key, (text, _) in operands.items()}
        case = {"name": name, "op": op, "options": options or {}, "inputs": described, **flags}
        if note:
            case["note"] = note
        case["output"] = {"shape": shape, "data": Raw(numbers(output.float()))}
        case["upstream"] = {"shape": shape, "hash": f"{name}/upstream", "bound": 1}
        case["gradients"] = {key: Raw(numbers(g.float())) for key, g in zip(wanted, found)}
        self.cases.append(case)

    @staticmethod
    def operand(name, value):
        if isinstance(value, tuple) and len(value) == 3:
            shape, low, high = value
            value = (hash_uniform(name, shape) + 1) * ((high - low) / 2) + low
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


# ---------------------------------------------------------------- losses

REDUCTIONS = ["none", "mean", "sum"]
EXTREME = [[1000.0, 999.0, -1000.0], [-500.0, -501.5, -500.25], [88.0, 0.0, -88.0]]


def class_numbers(shape, classes, ignored=None):
    """Random classes; about a third ignored, but never the first."""
    count = torch.Size(shape).numel()
    values = [draw.randrange(classes) for _ in range(count)]
    if ignored is not None:
        values = [v if i == 0 or draw.random() < 0.67 else ignored for i, v in enumerate(values)]
    return torch.tensor(values, dtype=torch.int64).reshape(shape)


def probabilities(shape, dim=1):
    return torch.softmax(hash_uniform(f"probabilities/{draw.random()}", shape, 2), dim)


def add_cross_entropy(cases):
    def add(shape, reduction, target, weight=False, note=None, logits=None, **options):
        names = {"labelSmoothing": "label_smoothing", "ignoreIndex": "ignore_index"}
        classes = shape[1] if len(shape) > 1 else shape[0]
        inputs = {"input": (shape, 4) if logits is None else logits, "target": target}
        if weight:
            inputs["weight"] = ([classes], 0.2, 2)
        flags = {"unbatched": True} if len(shape) == 1 else {}
        run = lambda input, target, weight=None: F.cross_entropy(
            input, target, weight, reduction=reduction, **{names[k]: v for k, v in options.items()})
        cases.add("crossEntropy", inputs, run, {"reduction": reduction, **options}, ["weight"], note, **flags)

    for reduction in REDUCTIONS:
        add([4, 5], reduction, class_numbers([4], 5), note="plain")
        add([5, 3], reduction, class_numbers([5], 3, -100), weight=True)
        add([3, 4], reduction, class_numbers([3], 4), labelSmoothing=decimal(0.05, 0.4))
        add([6, 3], reduction, class_numbers([6], 3, 2), ignoreIndex=2, weight=True, labelSmoothing=decimal(0.05, 0.4))
        add([2, 3, 3], reduction, class_numbers([2, 3], 3, 1), ignoreIndex=1)
        add([2, 4, 1, 2], reduction, class_numbers([2, 1, 2], 4), weight=True, labelSmoothing=decimal(0.05, 0.4))
        add([4, 3], reduction, probabilities([4, 3]), note="probabilities")
        add([2, 3, 2], reduction, probabilities([2, 3, 2]), weight=True, labelSmoothing=decimal(0.05, 0.4), note="probabilities")
    add([4], "mean", class_numbers([], 4), note="one sample")
    add([4], "none", class_numbers([], 4), weight=True, note="one sample")
    add([3], "sum", probabilities([3], 0), note="one sample")
    add([3, 3], "none", torch.tensor([2, 0, 1]), labelSmoothing=0.1, logits=torch.tensor(EXTREME), note="large values must not overflow")


def add_nll(cases):
    for reduction in REDUCTIONS:
        for shape, ignored, weight in [([4, 5], None, False), ([5, 3], -100, True), ([2, 3, 4], 1, True), ([3, 2, 2, 1], None, False)]:
            target = class_numbers([shape[0], *shape[2:]], shape[1], ignored)
            options = {"reduction": reduction, **({"ignoreIndex": 1} if ignored == 1 else {})}
            inputs = {"input": (shape, -3, 0), "target": target, **({"weight": ([shape[1]], 0.2, 2)} if weight else {})}
            ignore = ignored if ignored is not None else -100
            run = lambda input, target, weight=None: F.nll_loss(input, target, weight, ignore_index=ignore, reduction=reduction)
            cases.add("nllLoss", inputs, run, options, ["weight"])
    inputs = {"input": ([4], -3, 0), "target": torch.tensor(2)}
    cases.add("nllLoss", inputs, lambda input, target: F.nll_loss(input, target), {"reduction": "mean"}, unbatched=True)


def add_binary(cases):
    for reduction in REDUCTIONS:
        for weight in (None, "all", "last"):
            shape = shape_of(draw.choice([2, 3]), 16)
            extra = {} if weight is None else {"weight": (shape if weight == "all" else [shape[-1]], 0.2, 2)}
            shared = [] if weight is None else ["weight"]
            inputs = {"input": (shape, 0.25, 0.75), "target": (shape, 0.05, 0.95), **extra}
            run = lambda input, target, weight=None: F.binary_cross_entropy(input, target, weight, reduction=reduction)
            cases.add("binaryCrossEntropy", inputs, run, {"reduction": reduction}, shared)
            inputs = {"input": (shape, 4), "target": (shape, 0, 1), **extra}
            run = lambda input, target, weight=None: F.binary_cross_entropy_with_logits(input, target, weight, reduction=reduction)
            cases.add("binaryCrossEntropyWithLogits", inputs, run, {"reduction": reduction}, shared)
            inputs["posWeight"] = ([shape[-1]], 0.2, 3)
            run = lambda input, target, posWeight, weight=None: F.binary_cross_entropy_with_logits(
                input, target, weight, pos_weight=posWeight, reduction=reduction)
            cases.add("binaryCrossEntropyWithLogits", inputs, run, {"reduction": reduction}, [*shared, "posWeight"])
    sure = {"input": torch.tensor([0.0, 0.0, 1.0, 1.0, 1e-6, 0.5]), "target": torch.tensor([0.0, 1.0, 0.0, 1.0, 1.0, 0.25])}
    run = lambda input, target: F.binary_cross_entropy(input, target, reduction="none")
    cases.add("binaryCrossEntropy", sure, run, {"reduction": "none"}, ["target"], "probabilities 0 and 1", edges=True)
    far = torch.tensor([-100.0, -100.0, 100.0, 100.0, 0.0, -20.0, 20.0])
    sure = {"input": far, "target": torch.tensor([0.0, 1.0, 0.0, 1.0, 0.25, 0.0, 1.0])}
    run = lambda input, target: F.binary_cross_entropy_with_logits(input, target, reduction="none")
    cases.add("binaryCrossEntropyWithLogits", sure, run, {"reduction": "none"}, note="large logits")


def add_regression(cases):
    for reduction in REDUCTIONS:
        for _ in range(2):
            pair = {"input": (shape_of(), 2)}
            pair["target"] = pair["input"]
            options = {"reduction": reduction}
            cases.add("mseLoss", pair, lambda input, target: F.mse_loss(input, target, reduction=reduction), options)
            distance = lambda input, target: input - target
            cases.add("l1Loss", pair, lambda input, target: F.l1_loss(input, target, reduction=reduction), options, clear=distance)
            for op, key, function in [("smoothL1Loss", "beta", F.smooth_l1_loss), ("huberLoss", "delta", F.huber_loss)]:
                value = draw.choice([1, decimal(0.3, 2.5)])
                run = lambda input, target: function(input, target, reduction=reduction, **{key: value})
                corner = lambda input, target: (input - target).abs() - value
                cases.add(op, pair, run, {**options, key: value}, clear=corner)
    pair = {"input": ([3, 2], 2), "target": ([3, 2], 2)}
    run = lambda input, target: F.smooth_l1_loss(input, target, beta=0)
    cases.add("smoothL1Loss", pair, run, {"beta": 0}, note="beta 0", clear=lambda input, target: input - target)
    equal = {"input": torch.tensor([1.0, 2.0, 4.0]), "target": torch.tensor([1.0, 1.0, 2.0])}
    for op, key, function in [("smoothL1Loss", "beta", F.smooth_l1_loss), ("huberLoss", "delta", F.huber_loss)]:
        cases.add(op, equal, lambda input, target: function(input, target, reduction="none"), {"reduction": "none"}, note="corners", edges=True)
    cases.add("l1Loss", equal, lambda input, target: F.l1_loss(input, target, reduction="none"), {"reduction": "none"}, note="equal", edges=True)


def add_reduced(cases):
    for reduction in REDUCTIONS:
        run = lambda input: input if reduction == "none" else getattr(input, reduction)()
        cases.add("reduced", {"input": (shape_of(2), 3)}, run, {"reduction": reduction})


def add_kl_div(cases):
    for reduction in [*REDUCTIONS, "batchMean"]:
        for log_target in (False, True):
            shape = shape_of(2)
            inputs = {"input": (shape, -3, 0), "target": (shape, -2, 0) if log_target else (shape, 0.1, 1)}
            run = lambda input, target: F.kl_div(input, target, reduction=reduction.lower(), log_target=log_target)
            cases.add("klDiv", inputs, run, {"reduction": reduction, "logTarget": log_target})
    inputs = {"input": ([2, 3], -3, 0), "target": torch.tensor([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]])}
    cases.add("klDiv", inputs, lambda input, target: F.kl_div(input, target, reduction="sum"), {"reduction": "sum"}, ["target"], "targets of 0")


def signs(shape):
    return torch.tensor([draw.choice([-1, 1]) for _ in range(torch.Size(shape).numel())]).reshape(shape)


def add_embedding(cases):
    for reduction in REDUCTIONS:
        for margin in (None, decimal(0.1, 0.9)):
            options = {"reduction": reduction, **({} if margin is None else {"margin": margin})}
            given = {} if margin is None else {"margin": margin}
            shape = shape_of(2)
            corner = lambda input, target: input - given.get("margin", 1)
            run = lambda input, target: F.hinge_embedding_loss(input, target, reduction=reduction, **given)
            cases.add("hingeEmbeddingLoss", {"input": (shape, 0.1, 2.5), "target": signs(shape)}, run, options, clear=corner)
            run = lambda input, other, target: F.cosine_embedding_loss(input, other, target, reduction=reduction, **given)
            corner = lambda input, other, target: F.cosine_similarity(input, other) - given.get("margin", 0)
            inputs = {"input": (shape, 0.2, 1), "other": (shape, 1), "target": signs(shape[:1])}
            cases.add("cosineEmbeddingLoss", inputs, run, options, clear=corner)
            run = lambda input, other, target: F.margin_ranking_loss(input, other, target, reduction=reduction, **given)
            corner = lambda input, other, target: -target * (input - other) + given.get("margin", 0)
            cases.add("marginRankingLoss", {"input": shape, "other": shape, "target": signs(shape)}, run, options, clear=corner)
            more = {"swap": draw.choice([True, False]), "p": draw.choice([1, 2])}
            triple = {"input": shape, "positive": shape, "negative": shape}
            distance = lambda a, b: F.pairwise_distance(a, b, more["p"])

            def corners(input, positive, negative):
                far, other = distance(input, negative), distance(positive, negative)
                near = distance(input, positive)
                margin = given.get("margin", 1)
                loss = near - (torch.minimum(far, other) if more["swap"] else far) + margin
                differences = [(a - b).reshape(-1) for a, b in [(input, positive), (input, negative), (positive, negative)]]
                return torch.cat([loss, far - other, *differences])

            run = lambda input, positive, negative: F.triplet_margin_loss(input, positive, negative, reduction=reduction, **given, **more)
            cases.add("tripletMarginLoss", triple, run, {**options, **more}, clear=corners)
    inputs = {"input": ([4], 0.2, 1), "other": ([4], 1), "target": torch.tensor(-1)}
    run = lambda input, other, target: F.cosine_embedding_loss(input, other, target)
    cases.add("cosineEmbeddingLoss", inputs, run, {"reduction": "mean"}, unbatched=True, note="one pair",
              clear=lambda input, other, target: F.cosine_similarity(input, other, 0))


def add_ctc(cases):
    """input is [N, T, C], turned to PyTorch's [T, N, C] unless `timeFirst`; logits, unless `logits` is False: then its own gradient is what
    PyTorch calls that of log-probabilities, no difference quotient."""

    def add(shape, longest, blank, reduction, logits=True, zero_infinity=False, time_first=False, note=None):
        n, time, classes = shape
        labels = [c for c in range(classes) if c != blank]
        targets = torch.tensor([[draw.choice(labels) for _ in range(longest)] for _ in range(n)])
        steps = [time, *(draw.randint(max(1, time - 2), time) for _ in range(n - 1))]
        lengths = [draw.randint(0, longest) for _ in range(n)]
        for i in range(n):
            repeats = sum(int(a == b) for a, b in zip(targets[i][: lengths[i]], targets[i][1 : lengths[i]]))
            if lengths[i] + repeats > steps[i]:
                lengths[i] = 1
        if zero_infinity:  # the last sample has no alignment
            lengths[-1], steps[-1] = longest, longest - 1
        options = {"reduction": reduction, "blank": blank}
        if zero_infinity:
            options["zeroInfinity"] = True
        if not logits:
            options["logits"] = False
        if time_first:
            options["timeFirst"] = True

        def run(input, target, inputLengths, targetLengths):
            x = input if time_first else input.permute(1, 0, 2)
            x = F.log_softmax(x, 2) if logits else x
            return F.ctc_loss(x, target, inputLengths, targetLengths, blank, reduction, zero_infinity)

        source = [time, n, classes] if time_first else shape
        value = (source, 3) if logits else F.log_softmax(hash_uniform(f"ctc/{draw.random()}", source, 3), 2)
        inputs = {"input": value, "target": targets, "inputLengths": torch.tensor(steps), "targetLengths": torch.tensor(lengths)}
        flags = {**({} if logits else {"edges": True}), **({"unbatched": True} if time_first else {})}
        cases.add("ctcLoss", inputs, run, options, note=note, **flags)

    for reduction in REDUCTIONS:
        add([3, 6, 4], 3, 0, reduction)
        add([2, 5, 3], 2, 2, reduction, note="the last class is blank")
        add([3, 4, 3], 3, 0, reduction, zero_infinity=True, note="a sample without alignment")
        add([2, 5, 4], 2, 0, reduction, logits=False, note="log-probabilities")
        add([2, 4, 3], 2, 0, reduction, time_first=True, note="time first")
    add([2, 30, 3], 9, 0, "none", note="longer")


def generate(kind, *adders):
    cases = Cases()
    for add in adders:
        add(cases)
    meta = {"generator": "packages/core/test/golden/generate_conformance.py", "seed": SEED, "about": ABOUT}
    write_cases(f"conformance-{kind}.json", meta, cases.cases)


if __name__ == "__main__":
    generate("activations", add_elementwise, add_others)
    generate("losses", add_cross_entropy, add_nll, add_binary, add_regression, add_kl_div, add_embedding, add_ctc, add_reduced)
