"""The models of the torch contenders, by name, as in lockstep-train.ts: (dropout) -> (input shape, module)."""
import torch.nn as nn
import torch.nn.functional as F


class SeedNet(nn.Module):
    def __init__(self, shape, features, dropout):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = nn.Conv2d(shape[0], 32, 3), nn.Conv2d(32, 64, 3), nn.Conv2d(64, 128, 3)
        self.pool, self.dropout = nn.MaxPool2d(2, 2), nn.Dropout(dropout)
        self.fc1, self.fc2 = nn.Linear(features, 512), nn.Linear(512, 10)

    def forward(self, x):
        for conv in (self.conv1, self.conv2, self.conv3):
            x = self.pool(F.relu(conv(x)))
        x = self.dropout(x.flatten(1))
        return self.fc2(self.dropout(F.relu(self.fc1(x))))


def mlp(dropout):
    drop = (lambda p: nn.Dropout(p)) if dropout > 0 else (lambda p: nn.Identity())
    return nn.Sequential(
        drop(dropout * 0.4), nn.Linear(784, 1024), nn.ReLU(),
        drop(dropout), nn.Linear(1024, 1024), nn.ReLU(),
        drop(dropout), nn.Linear(1024, 10))


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity() if stride == 1 and inputs == outputs else nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        inner = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(inner)) + self.shortcut(x))


def resnet(blocks, widths):
    stages = [
        BasicBlock(widths[max(0, stage - 1)] if i == 0 else width, width, 2 if i == 0 and stage > 0 else 1)
        for stage, width in enumerate(widths) for i in range(blocks)]
    return nn.Sequential(
        nn.Conv2d(3, widths[0], 3, 1, 1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU(), *stages,
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], 10))


def mnist_seed_net():
    return SeedNet((1, 28, 28), 128, 0.25)


MODELS = {
    "seed-net": lambda dropout: ((3, 32, 32), SeedNet((3, 32, 32), 512, dropout)),
    "mlp": lambda dropout: ((784,), mlp(dropout)),
    "resnet-8": lambda dropout: ((3, 32, 32), resnet(1, (16, 32, 64))),
    "resnet18-cifar": lambda dropout: ((3, 32, 32), resnet(2, (64, 128, 256, 512))),
}
