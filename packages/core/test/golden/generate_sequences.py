"""Writes recurrent.json and attention.json: recurrent layers, attention and transformer layers by PyTorch in float64.

Run: /usr/bin/python3 generate_sequences.py   (needs torch and numpy; deterministic)

Shapes and options are drawn by Python's generator from SEED. Inputs, parameters and upstream gradients come from the hash of generate.py, so
the files hold results only.
"""

import random

import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from generate import hash_uniform, number, Raw, write_cases

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


def main():
    generate_recurrent()


if __name__ == "__main__":
    main()
