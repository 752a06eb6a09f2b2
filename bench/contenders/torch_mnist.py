"""Real MNIST for the torch contenders: the same IDX files, read without NumPy, normalised once as a whole (the cheapest way)."""
import os
import struct

import torch


def load(folder, limit):
    with open(os.path.join(folder, "train-images-idx3-ubyte"), "rb") as file:
        _, count, height, width = struct.unpack(">4i", file.read(16))
        count = min(count, limit)
        pixels = torch.frombuffer(bytearray(file.read(count * height * width)), dtype=torch.uint8)
    with open(os.path.join(folder, "train-labels-idx1-ubyte"), "rb") as file:
        file.seek(8)
        labels = torch.frombuffer(bytearray(file.read(count)), dtype=torch.uint8).long()
    images = pixels.view(count, 1, height, width).float().div_(255).sub_(0.1307).div_(0.3081)
    return images, labels
