"""Writes recurrent.json and attention.json: recurrent layers, attention and transformer layers by PyTorch in float64.

Run: /usr/bin/python3 generate_sequences.py   (needs torch and numpy; deterministic)

Shapes and options are drawn by Python's generator from SEED. Inputs, parameters and upstream gradients come from the hash of generate.py, so
the files hold results only.
"""

import random

import numpy as np
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from generate import hash32, hash_uniform, number, Raw, write_cases
from generate_dropout_composed import kept_mask, realised

SEED = 11


def flat(tensor):
    """float32 values of a float64 result."""
    return Raw("[" + ",".join(number(x) for x in tensor.detach().float().reshape(-1).tolist()) + "]")


def double(name, shape, bound=1.0):
    return hash_uniform(name, list(shape), bound).double()


def fill_parameters(module, name, bound):
    with torch.no_grad():
        for key, parameter in module.named_parameters():
            parameter.copy_(double(f"{name}/{key}", parameter.shape, bound))


def gradients_of(results, name, leaves):
    """Gradients of sum(result * upstream) over all results, by leaf."""
    total = sum((value * double(f"{name}/upstream/{key}", value.shape)).sum() for key, value in results.items())
    found = torch.autograd.grad(total, list(leaves.values()), allow_unused=True)
    return {key: flat(g if g is not None else torch.zeros_like(leaf)) for (key, leaf), g in zip(leaves.items(), found)}


def snake_to_camel(options):
    words = {"num_layers": "numLayers", "batch_first": "batchFirst"}
    return {words.get(key, key): value for key, value in options.items()}


# ---------------------------------------------------------------- recurrent layers


def recurrent_case(index, draw):
    kind = ["RNN", "LSTM", "GRU"][index % 3]
    name = f"{kind}/{index}"
    options = dict(
        num_layers=draw.choice([1, 1, 2]),
        bidirectional=draw.random() < 0.5,
        bias=draw.random() < 0.75,
        batch_first=draw.random() < 0.75,
    )
    if kind == "RNN":
        options["nonlinearity"] = draw.choice(["tanh", "relu"])
    features, hidden = draw.randint(1, 4), draw.choice([1, 3, 4, 5])
    samples, steps = draw.randint(1, 3), draw.randint(2, 5)
    with_lengths, with_state = draw.random() < 0.5, draw.random() < 0.5
    layer = getattr(torch.nn, kind)(features, hidden, **options).double()
    fill_parameters(layer, name, 0.8)
    leaves = {key: parameter for key, parameter in layer.named_parameters()}
    x = double(f"{name}/x", [samples, steps, features], 1.5).requires_grad_()
    leaves["x"] = x
    walks = options["num_layers"] * (2 if options["bidirectional"] else 1)
    states = {}
    if with_state:
        for key in ["hidden", "cell"] if kind == "LSTM" else ["hidden"]:
            states[key] = double(f"{name}/{key}", [samples, walks, hidden]).requires_grad_()
    leaves.update(states)
    lengths = [draw.randint(1, steps) for _ in range(samples)] if with_lengths else None

    # Lockstep's axes are [samples, ...]; PyTorch's states are [walks, samples, hidden].
    swap = lambda tensor: tensor.transpose(0, 1)
    given = x if options["batch_first"] else swap(x)
    state = tuple(swap(value).contiguous() for value in states.values()) or None
    if state is not None and kind != "LSTM":
        state = state[0]
    if lengths is None:
        output, final = layer(given, state)
    else:
        packed = pack_padded_sequence(given, lengths, batch_first=options["batch_first"], enforce_sorted=False)
        packed, final = layer(packed, state)
        output, _ = pad_packed_sequence(packed, batch_first=options["batch_first"], total_length=steps)
    finals = final if kind == "LSTM" else (final,)
    results = {"output": output if options["batch_first"] else swap(output)}
    for key, value in zip(["hidden", "cell"], finals):
        results[key] = swap(value)
    return {
        "name": name,
        "kind": kind,
        "options": snake_to_camel(options),
        "sizes": [samples, steps, features, hidden],
        "state": with_state,
        "lengths": lengths,
        "results": {key: flat(value) for key, value in results.items()},
        "gradients": gradients_of(results, name, leaves),
    }


def generate_recurrent():
    draw = random.Random(SEED)
    about = (
        "parameters <name>/<key> in +-0.8, x <name>/x [B, T, F] in +-1.5, states <name>/hidden [B, walks, H], upstream <name>/upstream/<result>, "
        "all hashUniform; sizes [B, T, F, H]; all arrays in the order [B, ...] whatever batchFirst"
    )
    write_cases("recurrent.json", {"about": about}, [recurrent_case(i, draw) for i in range(24)])


# ---------------------------------------------------------------- attention


def boolean_mask(draw, rows, columns, first_is):
    """True and false at random; the first of every row is `first_is`, so that no row is without a key."""
    return [[first_is if j == 0 else draw.random() < 0.5 for j in range(columns)] for _ in range(rows)]


def scaled_dot_product(q, k, v, mask, causal, scale, kept, p):
    """The formula of torch.nn.functional.scaled_dot_product_attention (PyTorch 2), in float64."""
    scores = q @ k.transpose(-2, -1) * (scale if scale is not None else q.shape[-1] ** -0.5)
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else scores + mask
    if causal:
        scores = scores.masked_fill(torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1), -torch.inf)
    weights = scores.softmax(-1)
    if kept is not None:
        weights = weights * kept.reshape(weights.shape) / (1 - p)
    return weights @ v


def sdpa_case(index, draw):
    name = f"scaledDotProductAttention/{index}"
    lead = draw.choice([[], [2], [2, 3], [3, 2], [2, 1, 2]])
    length, keys, size, value_size = draw.choice([1, 5, 7, 34]), draw.choice([3, 7, 35]), draw.randint(1, 5), draw.randint(1, 4)
    if length * keys > 200:
        lead, size, value_size = lead[:1], min(size, 2), min(value_size, 2)
    shapes = {"query": lead + [length, size], "key": lead + [keys, size], "value": lead + [keys, value_size]}
    leaves = {key: double(f"{name}/{key}", shape, 1.5).requires_grad_() for key, shape in shapes.items()}
    causal = draw.random() < 0.4
    kind = draw.choice(["none", "boolean", "additive", "learned"])
    shape = draw.choice([[length, keys], [1, keys]] + ([lead + [length, keys], lead[:1] + [1] * (len(lead) - 1) + [1, keys]] if lead else []))
    mask, mask_values = None, None
    if kind == "boolean":
        rows = boolean_mask(draw, int(torch.tensor(shape[:-1]).prod()), keys, True)
        mask = torch.tensor(rows).reshape(shape)
        mask_values = [int(x) for row in rows for x in row]
    elif kind != "none":
        mask = double(f"{name}/mask", shape, 2)
    if kind == "learned":
        leaves["mask"] = mask.requires_grad_()
    p = draw.choice([0, 0, 0.3])
    scale = draw.choice([None, 0.7])
    rows = int(torch.tensor(lead + [length]).prod())
    kept = torch.from_numpy(kept_mask(rows, keys, p, 0, SEED)).double() if p else None
    query, key, value = leaves["query"], leaves["key"], leaves["value"]
    output = scaled_dot_product(query, key, value, mask, causal, scale, kept, realised(p) if p else 0)
    return {
        "name": name,
        "shapes": shapes,
        "mask": {"kind": kind, "shape": shape, "values": mask_values},
        "options": {"isCausal": causal, "dropoutP": p, **({} if scale is None else {"scale": scale})},
        "results": {"output": flat(output)},
        "gradients": gradients_of({"output": output}, name, leaves),
    }


def multihead_case(index, draw):
    name = f"MultiheadAttention/{index}"
    heads = draw.choice([1, 2, 3])
    embed = heads * draw.randint(1, 4)
    kind = ["self", "cross", "memory", "sizes"][index % 4]
    kdim, vdim = (draw.randint(1, 6), draw.randint(1, 6)) if kind == "sizes" else (embed, embed)
    bias, batch_first = draw.random() < 0.75, draw.random() < 0.75
    samples, length = draw.randint(1, 3), draw.randint(2, 6)
    keys = length if kind == "self" else draw.randint(2, 6)
    layer = torch.nn.MultiheadAttention(embed, heads, bias=bias, kdim=kdim, vdim=vdim, batch_first=batch_first).double()
    fill_parameters(layer, name, 0.8)
    leaves = {key: parameter for key, parameter in layer.named_parameters()}
    inputs = {"query": [samples, length, embed]}
    if kind != "self":
        inputs["key"] = [samples, keys, kdim]
    if kind in ("cross", "sizes"):
        inputs["value"] = [samples, keys, vdim]
    tensors = {key: double(f"{name}/{key}", shape, 1.5).requires_grad_() for key, shape in inputs.items()}
    leaves.update(tensors)
    query = tensors["query"]
    key = tensors.get("key", query)
    value = tensors.get("value", key)
    masks = {}
    padding = draw.choice(["none", "boolean", "additive"])
    attention = draw.choice(["none", "boolean", "additive"])
    if padding == "boolean":
        masks["keyPaddingMask"] = boolean_mask(draw, samples, keys, False)
    elif padding == "additive":
        masks["keyPaddingMask"] = double(f"{name}/keyPaddingMask", [samples, keys])
    by_head = draw.random() < 0.5
    shape = [samples * heads, length, keys] if by_head else [length, keys]
    if attention == "boolean":
        rows = boolean_mask(draw, shape[0] * (length if by_head else 1), keys, False)
        masks["attnMask"] = torch.tensor(rows).reshape(shape).tolist()
    elif attention == "additive":
        masks["attnMask"] = double(f"{name}/attnMask", shape)
    # PyTorch 1.13 reads an additive key_padding_mask beside an attn_mask as boolean; documented (and later versions') meaning: their sum.
    given = {key: value if isinstance(value, torch.Tensor) else torch.tensor(value) for key, value in masks.items()}
    if len(given) == 2 and any(value.dtype != torch.bool for value in given.values()):
        additive = lambda m: torch.zeros(m.shape, dtype=torch.float64).masked_fill(m, -torch.inf) if m.dtype == torch.bool else m
        by_query = additive(given["attnMask"]).expand(samples * heads, length, keys)
        by_key = additive(given["keyPaddingMask"])[:, None, None, :].expand(samples, heads, length, keys)
        given = {"attnMask": by_query + by_key.reshape(samples * heads, length, keys)}
    average = draw.random() < 0.5
    swap = lambda tensor: tensor if batch_first else tensor.transpose(0, 1)
    output, weights = layer(
        swap(query), swap(key), swap(value), key_padding_mask=given.get("keyPaddingMask"), attn_mask=given.get("attnMask"),
        average_attn_weights=average,
    )
    results = {"output": swap(output), "weights": weights}
    described = {}
    for mask, value in masks.items():
        if isinstance(value, torch.Tensor):
            described[mask] = {"kind": "additive", "shape": list(value.shape)}
        else:
            values = [int(x) for x in torch.tensor(value).reshape(-1).tolist()]
            described[mask] = {"kind": "boolean", "shape": list(torch.tensor(value).shape), "values": values}
    return {
        "name": name,
        "kind": kind,
        "inputs": inputs,
        "embedDim": embed,
        "numHeads": heads,
        "options": {"bias": bias, "batchFirst": batch_first, "kdim": kdim, "vdim": vdim},
        "masks": described,
        "averageAttnWeights": average,
        "results": {key: flat(value) for key, value in results.items()},
        "gradients": gradients_of(results, name, leaves),
    }


def generate_attention():
    draw = random.Random(SEED + 1)
    about = (
        "operands <name>/<key> in +-1.5 [B, ...], additive masks <name>/mask in +-2 or <name>/<mask> in +-1, parameters <name>/<key> in +-0.8, "
        "upstream <name>/upstream/<result>, all hashUniform; boolean masks as numbers; dropout by seed 11, call site 0, step 0"
    )
    cases = [sdpa_case(i, draw) for i in range(16)] + [multihead_case(i, draw) for i in range(16)]
    write_cases("attention.json", {"about": about}, cases)


# ---------------------------------------------------------------- transformer layers


def transformer_case(index, draw):
    kind = ["EncoderLayer", "DecoderLayer", "Encoder", "Decoder"][index % 4]
    name = f"Transformer{kind}/{index}"
    heads = draw.choice([1, 2])
    model = draw.choice([4, 6])
    options = dict(
        dim_feedforward=draw.randint(2, 5),
        activation=["relu", "gelu"][index // 4 % 2],
        norm_first=draw.random() < 0.5,
        batch_first=draw.random() < 0.75,
        layer_norm_eps=draw.choice([1e-5, 1e-3]),
    )
    of_layer = getattr(torch.nn, f"Transformer{kind.replace('Layer', '')}Layer")
    module = of_layer(model, heads, dropout=0, **options)
    if not kind.endswith("Layer"):
        module = getattr(torch.nn, f"Transformer{kind}")(module, 2, norm=torch.nn.LayerNorm(model))
    module = module.double()
    fill_parameters(module, name, 0.8)
    samples, length, memory = draw.randint(1, 2), draw.randint(2, 4), draw.randint(2, 4)
    leaves = {key: parameter for key, parameter in module.named_parameters()}
    inputs = {"src": [samples, length, model]}
    if kind.startswith("Decoder"):
        inputs["memory"] = [samples, memory, model]
    tensors = {key: double(f"{name}/{key}", shape, 1.5).requires_grad_() for key, shape in inputs.items()}
    leaves.update(tensors)
    causal = draw.random() < 0.5
    padding = boolean_mask(draw, samples, length if kind.startswith("Encoder") else memory, False) if draw.random() < 0.5 else None
    swap = lambda tensor: tensor if options["batch_first"] else tensor.transpose(0, 1)
    mask = torch.ones(length, length, dtype=torch.bool).triu(1) if causal else None
    given = torch.tensor(padding) if padding is not None else None
    if kind.startswith("Encoder"):
        keywords = {"mask" if kind == "Encoder" else "src_mask": mask, "src_key_padding_mask": given}
    else:
        keywords = {"tgt_mask": mask, "memory_key_padding_mask": given}
    output = swap(module(*[swap(value) for value in tensors.values()], **keywords))
    words = {"dim_feedforward": "dimFeedforward", "norm_first": "normFirst", "batch_first": "batchFirst", "layer_norm_eps": "layerNormEps"}
    return {
        "name": name,
        "kind": kind,
        "dModel": model,
        "nhead": heads,
        "options": {words.get(key, key): value for key, value in options.items()},
        "inputs": inputs,
        "causal": causal,
        "padding": None if padding is None else [[int(x) for x in row] for row in padding],
        "output": flat(output),
        "gradients": gradients_of({"output": output}, name, leaves),
    }


def generate_transformer():
    draw = random.Random(SEED + 2)
    about = (
        "inputs <name>/<key> in +-1.5 [B, ...], parameters <name>/<key> in +-0.8, upstream <name>/upstream/output, all hashUniform; causal: a mask of "
        "the first input's attention to itself; padding: of the encoder's input or of the decoder's memory; stacks have two layers and a LayerNorm"
    )
    write_cases("transformer.json", {"about": about}, [transformer_case(i, draw) for i in range(12)])


# ---------------------------------------------------------------- a small GPT in training

GPT = dict(vocabulary=17, context=16, model=64, heads=4, feedforward=128, layers=2, batch=16, steps=200, length=2000)


def gpt_tokens():
    """Each token follows from the two before and one random bit, so that the least possible loss is ln 2."""
    bits = hash32("gpt/bits", GPT["length"])
    tokens = [1, 2]
    for i in range(2, GPT["length"]):
        tokens.append((3 * tokens[-1] + tokens[-2] + int(bits[i]) % 2) % GPT["vocabulary"])
    return torch.tensor(tokens)


class SmallGPT(torch.nn.Module):
    def __init__(self):
        super().__init__()
        model, eps = GPT["model"], 1e-5
        self.tokens = torch.nn.Embedding(GPT["vocabulary"], model)
        self.positions = torch.nn.Embedding(GPT["context"], model)
        layer = torch.nn.TransformerEncoderLayer(
            model, GPT["heads"], GPT["feedforward"], dropout=0, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = torch.nn.TransformerEncoder(layer, GPT["layers"], norm=torch.nn.LayerNorm(model, eps=eps))
        self.head = torch.nn.Linear(model, GPT["vocabulary"], bias=False)

    def forward(self, tokens):
        rows = self.tokens(tokens) + self.positions.weight
        mask = torch.full([GPT["context"]] * 2, -torch.inf, dtype=torch.float64).triu(1)
        return self.head(self.layers(rows, mask))


def generate_gpt():
    net = SmallGPT().double()
    with torch.no_grad():
        for key, parameter in net.named_parameters():
            if "norm" in key:
                parameter.fill_(float(key.endswith("weight")))
            elif key.endswith("bias"):
                parameter.zero_()
            else:
                parameter.copy_(double(f"gpt/{key}", parameter.shape, 0.1))
    tokens = gpt_tokens()
    context = GPT["context"]
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.01)
    losses = []
    for step in range(GPT["steps"]):
        starts = hash32(f"gpt/starts/{step}", GPT["batch"]) % np.uint32(GPT["length"] - context - 1)
        rows = torch.stack([tokens[int(start) : int(start) + context + 1] for start in starts])
        loss = torch.nn.functional.cross_entropy(net(rows[:, :-1]).reshape(-1, GPT["vocabulary"]), rows[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(round(loss.item(), 7))
    about = "losses of SmallGPT in float64; parameters <gpt/key> in +-0.1, norms 1 and 0, other biases 0; AdamW(lr=3e-3, weight_decay=0.01)"
    write_cases("gpt.json", {"about": about, **GPT}, [{"losses": losses}])


def main():
    generate_gpt()
    generate_recurrent()
    generate_attention()
    generate_transformer()


if __name__ == "__main__":
    main()
