"""Writes layers.json: outputs, gradients and buffers of PyTorch's layers, computed in float64 and rounded once.

Run: /usr/bin/python3 generate_layers.py   (beside generate.py, whose hash and writers it uses; deterministic)
"""

import random

import torch
import torch.nn.functional as F

from generate import Raw, hash32, hash_uniform, numbers, write_cases

NN = torch.nn


class RMSNorm(NN.Module):
    """Newer PyTorch's nn.RMSNorm, by the formula of Zhang & Sennrich (2019)."""

    def __init__(self, normalized_shape, eps=None, elementwise_affine=True):
        super().__init__()
        shape = [normalized_shape] if isinstance(normalized_shape, int) else list(normalized_shape)
        self.axes = list(range(-len(shape), 0))
        self.eps = 2.0**-23 if eps is None else eps
        self.weight = NN.Parameter(torch.ones(shape)) if elementwise_affine else None

    def forward(self, x):
        y = x * torch.rsqrt(x.square().mean(self.axes, keepdim=True) + self.eps)
        return y if self.weight is None else y * self.weight


def camel(options):
    def word(name):
        first, *rest = name.split("_")
        return first + "".join(part.capitalize() for part in rest)

    return {word(key): value for key, value in options.items()}


def tuples(values):
    return [tuple(value) if isinstance(value, list) else value for value in values]


# Layers that newer PyTorch describes in another way, or not at all.
UNLIKE = ("ZeroPad2d", "EmbeddingBag")


class Cases:
    def __init__(self):
        self.cases, self.count = [], {}

    def add(self, layer, args, inputs, module=None, **options):
        """One layer: `inputs` are shapes, (shape, bound), or (shape, 'i32', classes). `module` where PyTorch has no such layer."""
        index = self.count[layer] = self.count.get(layer, -1) + 1
        name = f"{layer}/{index}"
        described = module is None and layer not in UNLIKE
        module = (module or getattr(NN, layer)(*tuples(args), **dict(zip(options, tuples(options.values()))))).double()
        with torch.no_grad():
            for key, parameter in module.named_parameters():
                parameter.copy_(hash_uniform(f"{name}/{key}", parameter.shape))
        case = {"name": name, "layer": layer, "args": args, "options": camel(options), "inputs": []}
        if described:
            case["repr"] = str(module)
        tensors = []
        for i, spec in enumerate(inputs):
            shape, *rest = spec if isinstance(spec, tuple) else (spec, 1)
            hashed = f"{name}/input{i}"
            count = torch.Size(shape).numel()
            if rest[0] == "i32":
                values = torch.from_numpy((hash32(hashed, count) % rest[1]).astype("int64")).reshape(shape)
                case["inputs"].append({"shape": shape, "data": values.reshape(-1).tolist(), "dtype": "i32"})
                tensors.append(values)
            else:
                case["inputs"].append({"shape": shape, "hash": hashed, "bound": rest[0]})
                tensors.append(hash_uniform(hashed, shape, rest[0]).double().requires_grad_(True))
        case["training"] = self.run(name, module, tensors)
        buffers = dict(module.named_buffers())
        if buffers:
            case["buffers"] = {key: Raw(numbers(buffer.float())) for key, buffer in buffers.items()}
            module.eval()
            case["evaluation"] = self.run(name, module, tensors)
        self.cases.append(case)

    def run(self, name, module, tensors):
        output = module(*tensors)
        upstream = hash_uniform(f"{name}/upstream", output.shape).double()
        wanted = {f"input{i}": t for i, t in enumerate(tensors) if t.requires_grad}
        wanted.update(module.named_parameters())
        gradients = torch.autograd.grad(output, list(wanted.values()), upstream)
        result = {"shape": list(output.shape), "output": Raw(numbers(output.float()))}
        result["gradients"] = {key: Raw(numbers(g.float())) for key, g in zip(wanted, gradients)}
        return result


def add_normalisations(c):
    c.add("LayerNorm", [5], [[4, 5]])
    c.add("LayerNorm", [[3, 5]], [[2, 2, 3, 5]], eps=1e-3)
    c.add("LayerNorm", [17], [[3, 2, 17]], elementwise_affine=False)
    c.add("LayerNorm", [64], [([2, 64], 5)])
    c.add("LayerNorm", [3], [[3]])
    for args, shape, options in [([7], [3, 7], {}), ([[2, 9]], [2, 2, 9], dict(eps=1e-2)), ([8], [2, 8], dict(elementwise_affine=False))]:
        c.add("RMSNorm", args, [shape], RMSNorm(*args, **options), **options)
    c.add("GroupNorm", [2, 6], [[2, 6, 3, 2]])
    c.add("GroupNorm", [3, 3], [[2, 3, 5]])
    c.add("GroupNorm", [1, 5], [[3, 5]], eps=1e-2)
    c.add("GroupNorm", [4, 20], [[2, 20, 2, 2]], affine=False)
    c.add("InstanceNorm1d", [3], [[2, 3, 5]])
    c.add("InstanceNorm1d", [2], [[2, 6]], affine=True)
    c.add("InstanceNorm2d", [5], [[2, 5, 3, 2]], affine=True)
    c.add("InstanceNorm2d", [3], [[3, 3, 2, 2]], affine=True, track_running_stats=True)
    c.add("InstanceNorm1d", [4], [[2, 4, 3]], track_running_stats=True, momentum=0.4, eps=1e-3)


class ChannelShuffle(NN.Module):
    """PyTorch's own has no gradient."""

    def __init__(self, groups):
        super().__init__()
        self.groups = groups

    def forward(self, x):
        return x.unflatten(1, (self.groups, -1)).transpose(1, 2).flatten(1, 2)


class Pad(NN.Module):
    """Newer PyTorch's padding layers, by torch.nn.functional.pad."""

    def __init__(self, pads, mode):
        super().__init__()
        self.pads, self.mode = pads, mode

    def forward(self, x):
        return F.pad(x, self.pads, self.mode)


def add_convolutions(c):
    c.add("Conv1d", [3, 4, 3], [[2, 3, 7]])
    c.add("Conv1d", [4, 6, 2], [[2, 4, 9]], stride=2, padding=1, dilation=2, groups=2)
    c.add("Conv1d", [3, 3, 3], [[2, 3, 6]], groups=3, bias=False)
    c.add("Conv1d", [2, 5, 4], [[2, 2, 6]], padding="same")
    c.add("Conv1d", [2, 3, 1], [[2, 5]], padding="valid")
    for mode in ("reflect", "replicate", "circular"):
        c.add("Conv1d", [2, 3, 3], [[2, 2, 6]], padding=2, padding_mode=mode)
        c.add("Conv2d", [2, 3, [3, 2]], [[2, 2, 4, 5]], padding=[1, 2], padding_mode=mode, stride=[2, 1])
    c.add("Conv2d", [2, 3, [2, 3]], [[2, 2, 4, 5]], padding="same")
    c.add("Conv2d", [4, 4, [4, 2]], [[1, 4, 5, 4]], padding="same", groups=4)
    c.add("Conv2d", [2, 3, 2], [[2, 2, 5, 6]], padding="same", dilation=[3, 1], padding_mode="circular")
    c.add("Conv2d", [16, 3, 3], [[1, 16, 3, 4]], padding="same", bias=False)
    c.add("Conv2d", [2, 3, 3], [[2, 4, 5]], padding="valid")
    c.add("ConvTranspose1d", [3, 4, 3], [[2, 3, 5]])
    c.add("ConvTranspose1d", [4, 6, 2], [[2, 4, 4]], stride=3, padding=1, output_padding=2, dilation=2, groups=2)
    c.add("ConvTranspose1d", [3, 3, 4], [[3, 5]], stride=2, padding=1, groups=3, bias=False)
    c.add("ConvTranspose2d", [2, 3, 3], [[2, 2, 3, 4]])
    c.add("ConvTranspose2d", [4, 6, [3, 2]], [[2, 4, 3, 2]], stride=[2, 3], padding=[1, 0], output_padding=[1, 2], groups=2)
    c.add("ConvTranspose2d", [3, 2, 2], [[2, 3, 3, 3]], stride=2, padding=1, output_padding=[2, 1], dilation=3)
    c.add("ConvTranspose2d", [4, 4, 3], [[2, 4, 3, 3]], stride=2, padding=1, output_padding=1, groups=4)
    c.add("ConvTranspose2d", [16, 3, 3], [[1, 16, 3, 4]], padding=1)
    c.add("ConvTranspose2d", [2, 3, 2], [[2, 3, 2]], stride=2, bias=False)


def add_pools(c):
    c.add("MaxPool1d", [3], [[2, 3, 8]])
    c.add("MaxPool1d", [3], [[2, 7]], stride=2, padding=1, dilation=2, ceil_mode=True)
    c.add("AvgPool1d", [2], [[2, 3, 7]])
    c.add("AvgPool1d", [3], [[2, 2, 8]], stride=2, padding=1, ceil_mode=True, count_include_pad=False)
    c.add("MaxPool2d", [[3, 2]], [[1, 2, 7, 6]], stride=2, padding=1, dilation=[1, 2], ceil_mode=True)
    c.add("AvgPool2d", [[2, 3]], [[1, 2, 5, 6]], stride=2, padding=1, ceil_mode=True)
    c.add("AvgPool2d", [3], [[1, 2, 6, 5]], stride=2, ceil_mode=True, divisor_override=4)
    c.add("AvgPool2d", [2], [[2, 5, 5]], stride=1, padding=1, count_include_pad=False, divisor_override=3)
    c.add("AdaptiveAvgPool1d", [3], [[2, 3, 8]])
    c.add("AdaptiveAvgPool1d", [5], [[2, 3]])
    c.add("AdaptiveAvgPool2d", [1], [[2, 5, 3, 4]])
    c.add("AdaptiveAvgPool2d", [[3, 2]], [[2, 3, 7, 4]])
    c.add("AdaptiveAvgPool2d", [[None, 4]], [[1, 2, 3, 3]])
    c.add("AdaptiveMaxPool2d", [2], [[2, 3, 5, 4]])
    c.add("AdaptiveMaxPool2d", [[3, None]], [[2, 4, 3]])
    c.add("LPPool2d", [2, 2], [[1, 2, 5, 4]], ceil_mode=True)
    c.add("LPPool2d", [1, [1, 3]], [[1, 2, 4, 5]], stride=1)


def add_paddings(c):
    c.add("ZeroPad2d", [[1, 2, 0, 3]], [[2, 2, 3, 2]])
    c.add("ConstantPad1d", [[2, -1], 0.5], [[2, 3, 4]])
    c.add("ConstantPad2d", [1, -2.5], [[2, 3, 3]])
    c.add("ConstantPad2d", [[-1, 1, 2, -1], 1], [[1, 2, 4, 3]])
    c.add("ReflectionPad1d", [2], [[2, 3, 4]])
    c.add("ReflectionPad1d", [[0, 3]], [[2, 5]])
    c.add("ReflectionPad2d", [[1, 2, 3, 0]], [[2, 2, 4, 3]])
    c.add("ReflectionPad2d", [1], [[2, 4, 3]])
    c.add("ReplicationPad1d", [[3, 1]], [[2, 3, 2]])
    c.add("ReplicationPad2d", [[1, 0, 2, 3]], [[1, 5, 2, 3]])
    c.add("CircularPad2d", [[2, 1, 0, 3]], [[2, 2, 4, 3]], Pad([2, 1, 0, 3], "circular"))


def add_tables(c):
    c.add("Embedding", [5, 3], [([4], "i32", 5)])
    c.add("Embedding", [4, 5], [([2, 6], "i32", 4)], padding_idx=1)
    c.add("Embedding", [40, 2], [([2, 3, 2], "i32", 40)], padding_idx=-2)
    for mode in ("sum", "mean", "max"):
        c.add("EmbeddingBag", [6, 3], [([3, 4], "i32", 6)], mode=mode)
        c.add("EmbeddingBag", [3, 4], [([5, 2], "i32", 3)], mode=mode, padding_idx=-2)


def add_resampling(c):
    c.add("Upsample", [], [[2, 3, 4]], scale_factor=2)
    c.add("Upsample", [], [[1, 2, 3, 5]], size=[7, 4])
    c.add("Upsample", [], [[1, 2, 3, 4]], scale_factor=[2, 1.5], mode="nearest")
    c.add("Upsample", [], [[1, 2, 3, 5]], size=[4, 3], mode="nearest-exact")
    c.add("Upsample", [], [[2, 3, 4]], size=7, mode="linear")
    c.add("Upsample", [], [[2, 2, 5]], size=3, mode="linear", align_corners=True)
    for align in (False, True):
        c.add("Upsample", [], [[2, 2, 3, 4]], scale_factor=2, mode="bilinear", align_corners=align)
        c.add("Upsample", [], [[1, 3, 5, 4]], size=[3, 7], mode="bilinear", align_corners=align)
        c.add("Upsample", [], [[1, 2, 3, 4]], scale_factor=1.7, mode="bicubic", align_corners=align)
    c.add("Upsample", [], [[1, 2, 4, 4]], scale_factor=0.6, mode="bilinear")
    c.add("PixelShuffle", [2], [[2, 8, 3, 2]])
    c.add("PixelShuffle", [3], [[9, 2, 2]])
    c.add("PixelUnshuffle", [2], [[2, 3, 4, 2]])
    c.add("ChannelShuffle", [3], [[2, 6, 2, 2]], ChannelShuffle(3))
    c.add("Bilinear", [3, 4, 5], [[2, 3], [2, 4]])
    c.add("Bilinear", [2, 3, 2], [[2, 2, 2], [2, 2, 3]], bias=False)
    c.add("CosineSimilarity", [], [[3, 5], [3, 5]])
    c.add("CosineSimilarity", [], [[2, 3, 4], [2, 3, 4]], dim=-1, eps=1e-3)
    c.add("Unflatten", [1, [2, 3]], [[2, 6, 2]])


class Contained(NN.Module):
    """A model of containers, one layer used twice; its twin is packages/core/test/contained.ts."""

    def __init__(self):
        super().__init__()
        self.list = NN.ModuleList([NN.Linear(3, 4), NN.Linear(4, 3)])
        self.byName = NN.ModuleDict({"twice": NN.Linear(3, 3)})
        self.scales = NN.ParameterList([NN.Parameter(torch.ones(3))])

    def forward(self, x):
        for module in self.list:
            x = module(x)
        twice = self.byName["twice"]
        return twice(twice(x)) * self.scales[0]


def add_basics(c):
    c.add("Linear", [3, 4], [[2, 3]])
    c.add("Linear", [17, 5], [[2, 2, 17]], bias=False)
    c.add("Linear", [4, 33], [[4]])
    c.add("Identity", [], [[2, 3]])
    c.add("Flatten", [], [[2, 3, 2]])
    c.add("Flatten", [], [[2, 3, 2, 2]], start_dim=0, end_dim=-2)
    c.add("Sequential", [], [[3, 4]], NN.Sequential(NN.Linear(4, 5), NN.Tanh(), NN.Linear(5, 2)))
    c.add("Contained", [], [[2, 3]], Contained())


def add_random(c):
    """Shapes and options drawn at random (from a fixed seed), kept where they fit."""
    draw = random.Random(7).randint

    def convolution(layer, axes):
        groups = draw(1, 3)
        kernel, stride, dilation = ([draw(1, 3) for _ in range(axes)] for _ in range(3))
        padding = [draw(0, 2) for _ in range(axes)]
        options = dict(stride=stride, padding=padding, dilation=dilation, groups=groups, bias=draw(0, 2) > 0)
        extents = [draw(3, 6) for _ in range(axes)]
        if layer.startswith("ConvTranspose"):
            options["output_padding"] = [draw(0, max(s, d) - 1) for s, d in zip(stride, dilation)]
            extents = [draw(2, 4) for _ in range(axes)]
        channels = groups * draw(1, 3)
        return [channels, groups * draw(1, 2), kernel], [draw(1, 2), channels, *extents], options

    def pool(layer, axes):
        kernel = [draw(1, 3) for _ in range(axes)]
        options = dict(stride=[draw(1, 3) for _ in kernel], padding=[draw(0, k // 2) for k in kernel], ceil_mode=draw(0, 1) > 0)
        if layer.startswith("Max"):
            options["dilation"] = [draw(1, 2) for _ in kernel]
        else:
            options["count_include_pad"] = draw(0, 1) > 0
        return [kernel], [draw(1, 2), draw(1, 5), *(draw(4, 7) for _ in kernel)], options

    def group_norm(_layer, axes):
        groups, width = draw(1, 4), draw(1, 5)
        shape = [draw(1, 3), groups * width, *(draw(2, 4) for _ in range(axes))]
        return [groups, groups * width], shape, dict(eps=10.0 ** -draw(1, 6), affine=draw(0, 2) > 0)

    def layer_norm(_layer, axes):
        shape = [draw(1, 3), *(draw(1, 9) for _ in range(axes + 1))]
        return [shape[-draw(1, axes) :]], shape, dict(eps=10.0 ** -draw(1, 6))

    def upsample(_layer, axes):
        options = dict(size=[draw(1, 7) for _ in range(axes)], mode="bilinear" if axes == 2 else "linear")
        return [], [draw(1, 2), draw(1, 3), *(draw(1, 5) for _ in range(axes))], dict(options, align_corners=draw(0, 1) > 0)

    def adaptive(_layer, axes):
        return [draw(1, 6) if axes == 1 else [draw(1, 6), draw(1, 6)]], [draw(1, 2), draw(1, 3), *(draw(1, 7) for _ in range(axes))], {}

    def rms_norm(_layer, axes):
        shape = [draw(1, 3), *(draw(1, 9) for _ in range(axes + 1))]
        return [shape[-draw(1, axes) :]], shape, dict(eps=10.0 ** -draw(1, 6), elementwise_affine=draw(0, 2) > 0)

    def instance_norm(_layer, axes):
        shape = [draw(1, 3), draw(1, 6), *(draw(2, 4) for _ in range(axes))]
        return [shape[1]], shape, dict(eps=10.0 ** -draw(1, 6), affine=draw(0, 1) > 0, track_running_stats=draw(0, 1) > 0)

    def lp_pool(_layer, _axes):
        kernel = [draw(1, 3), draw(1, 3)]
        return [draw(1, 2), kernel], [draw(1, 2), draw(1, 3), draw(4, 6), draw(4, 6)], dict(stride=draw(1, 2), ceil_mode=draw(0, 1) > 0)

    def padding(layer, axes):
        pads = [draw(0, 2) for _ in range(2 * axes)]
        return [pads, draw(-4, 4) + 0.5] if layer.startswith("Constant") else [pads], [draw(1, 2), draw(1, 3), *(draw(3, 4) for _ in range(axes))], {}

    def embedding(layer, _axes):
        rows = draw(2, 9)
        options = dict(padding_idx=draw(-rows, rows - 1))
        if layer == "EmbeddingBag":
            options["mode"] = ["sum", "mean", "max"][draw(0, 2)]
        return [rows, draw(1, 5)], ([draw(1, 4), draw(1, 4)], "i32", rows), options

    def shuffle(layer, _axes):
        r, channels, height, width = draw(1, 3), draw(1, 3), draw(1, 3), draw(1, 3)
        shape = [channels, height * r, width * r] if layer == "PixelUnshuffle" else [channels * r * r, height, width]
        return [r], [draw(1, 2), *shape], {}

    def channel_shuffle(_layer, axes):
        groups = draw(1, 4)
        return [groups], [draw(1, 3), groups * draw(1, 3), *(draw(1, 3) for _ in range(axes))], {}

    def linear(_layer, axes):
        features = draw(1, 20)
        return [features, draw(1, 20)], [draw(1, 4) for _ in range(axes)] + [features], dict(bias=draw(0, 2) > 0)

    def bilinear(_layer, axes):
        first, second, lead = draw(1, 5), draw(1, 5), [draw(1, 3) for _ in range(axes)]
        return [first, second, draw(1, 4)], [lead + [first], lead + [second]], dict(bias=draw(0, 2) > 0)

    def similarity(_layer, axes):
        shape = [draw(1, 4) for _ in range(axes + 1)]
        return [], [shape, shape], dict(dim=draw(-1, axes), eps=10.0 ** -draw(2, 8))

    def flatten(_layer, axes):
        first = draw(0, axes)
        return [], [draw(1, 3) for _ in range(axes + 1)], dict(start_dim=first, end_dim=draw(first, axes))

    def unflatten(_layer, axes):
        parts, at = [draw(1, 3) for _ in range(draw(2, 3))], draw(0, axes)
        shape = [draw(1, 3) for _ in range(axes + 1)]
        shape[at] = torch.Size(parts).numel()
        return [at, parts], shape, {}

    kinds = [("Conv", convolution), ("ConvTranspose", convolution), ("MaxPool", pool), ("AvgPool", pool), ("AdaptiveAvgPool", adaptive)]
    names = [(f"{kind}{axes}d", axes, make) for kind, make in kinds for axes in (1, 2)]
    names += [("AdaptiveMaxPool2d", 2, adaptive)]
    names += [(name, axes, make) for name, make in [("GroupNorm", group_norm), ("LayerNorm", layer_norm), ("Upsample", upsample)] for axes in (1, 2)]
    names += [("RMSNorm", 1, rms_norm), ("RMSNorm", 2, rms_norm), ("InstanceNorm1d", 1, instance_norm), ("InstanceNorm2d", 2, instance_norm)]
    names += [(f"{kind}Pad{axes}d", axes, padding) for kind in ("Constant", "Reflection", "Replication") for axes in (1, 2)]
    names += [("LPPool2d", 2, lp_pool), ("ZeroPad2d", 2, padding), ("CircularPad2d", 2, padding), ("ChannelShuffle", 2, channel_shuffle)]
    names += [("Embedding", 1, embedding), ("EmbeddingBag", 1, embedding), ("PixelShuffle", 2, shuffle), ("PixelUnshuffle", 2, shuffle)]
    names += [("Linear", 1, linear), ("Linear", 2, linear), ("Bilinear", 1, bilinear), ("CosineSimilarity", 2, similarity)]
    names += [("Flatten", 3, flatten), ("Unflatten", 2, unflatten)]
    own = {"RMSNorm": RMSNorm, "ChannelShuffle": ChannelShuffle, "CircularPad2d": lambda pads: Pad(pads, "circular")}
    for layer, axes, make in names:
        make_layer = own.get(layer) or getattr(NN, layer)
        done = 0
        while done < 2:
            args, spec, options = make(layer, axes)
            inputs = [spec] if isinstance(spec, tuple) or isinstance(spec[0], int) else spec
            given = dict(zip(options, tuples(options.values())))
            try:
                if not isinstance(spec, tuple):
                    make_layer(*tuples(args), **given)(*(torch.zeros(shape) for shape in inputs))
            except (RuntimeError, ValueError):
                continue
            c.add(layer, args, inputs, make_layer(*tuples(args), **given) if layer in own else None, **options)
            done += 1


if __name__ == "__main__":
    cases = Cases()
    for add in (add_normalisations, add_convolutions, add_pools, add_paddings, add_tables, add_resampling, add_basics, add_random):
        add(cases)
    about = "float64, rounded once; inputs as in ops.json, literal ones are i32; parameter p: hashUniform('<name>/<p>'); upstream: "
    about += "'<name>/upstream'; training: one forward and backward pass; evaluation: another one after it, for layers with buffers"
    write_cases("layers.json", {"generator": "packages/core/test/golden/generate_layers.py", "about": about}, cases.cases)
