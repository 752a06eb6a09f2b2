"""Writes layers.json: outputs, gradients and buffers of PyTorch's layers, computed in float64 and rounded once.

Run: /usr/bin/python3 generate_layers.py   (beside generate.py, whose hash and writers it uses; deterministic)
"""

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


class Cases:
    def __init__(self):
        self.cases, self.count = [], {}

    def add(self, layer, args, inputs, module=None, **options):
        """One layer: `inputs` are shapes, (shape, bound), or (shape, 'i32', classes). `module` where PyTorch has no such layer."""
        index = self.count[layer] = self.count.get(layer, -1) + 1
        name = f"{layer}/{index}"
        module = (module or getattr(NN, layer)(*args, **options)).double()
        with torch.no_grad():
            for key, parameter in module.named_parameters():
                parameter.copy_(hash_uniform(f"{name}/{key}", parameter.shape))
        case = {"name": name, "layer": layer, "args": args, "options": camel(options), "inputs": []}
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


if __name__ == "__main__":
    cases = Cases()
    for add in (add_normalisations,):
        add(cases)
    about = "float64, rounded once; inputs as in ops.json, literal ones are i32; parameter p: hashUniform('<name>/<p>'); upstream: "
    about += "'<name>/upstream'; training: one forward and backward pass; evaluation: another one after it, for layers with buffers"
    write_cases("layers.json", {"generator": "packages/core/test/golden/generate_layers.py", "about": about}, cases.cases)
