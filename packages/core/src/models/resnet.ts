/** Residual networks for images of about 32×32 pixels. */
import * as F from '../nn/functional.ts';
import * as nn from '../nn/index.ts';
import type { Tensor } from '../tensor/tensor.ts';

export interface ResNetOptions {
  /** Blocks of each stage; 6 × blocks + 2 layers with weights. Default 1: ResNet-8. */
  readonly blocks?: number;
  /** Channels of the stages; each stage after the first halves the image. Default [16, 32, 64]. */
  readonly widths?: readonly number[];
  /** Stochastic depth: the rate of `DropPath` in the last block; it grows linearly from 0 in the first. Default 0. */
  readonly dropPath?: number;
}

/** ReLU(dropPath(BN(conv(ReLU(BN(conv x))))) + shortcut x): the shortcut is a 1×1 convolution with BN where the shape changes. */
class BasicBlock extends nn.Module {
  readonly conv1: nn.Conv2d;
  readonly bn1: nn.BatchNorm2d;
  readonly conv2: nn.Conv2d;
  readonly bn2: nn.BatchNorm2d;
  readonly shortcut: nn.Module;
  readonly dropPath: nn.Module;

  constructor(inputs: number, outputs: number, { stride, dropPath }: { stride: number; dropPath: number }) {
    super();
    this.conv1 = new nn.Conv2d(inputs, outputs, 3, { stride, padding: 1, bias: false });
    this.bn1 = new nn.BatchNorm2d(outputs);
    this.conv2 = new nn.Conv2d(outputs, outputs, 3, { padding: 1, bias: false });
    this.bn2 = new nn.BatchNorm2d(outputs);
    this.shortcut =
      stride === 1 && inputs === outputs
        ? new nn.Identity()
        : new nn.Sequential(new nn.Conv2d(inputs, outputs, 1, { stride, bias: false }), new nn.BatchNorm2d(outputs));
    this.dropPath = dropPath === 0 ? new nn.Identity() : new nn.DropPath(dropPath);
  }

  override forward(x: Tensor): Tensor {
    const inner = F.relu(this.bn1.forward(this.conv1.forward(x)));
    const branch = this.dropPath.forward(this.bn2.forward(this.conv2.forward(inner)));
    return F.relu(branch.add(this.shortcut.forward(x)));
  }
}

/**
 * A residual network (He et al. 2016, the CIFAR form): a 3×3 stem, stages of basic blocks, the mean over pixels, and a linear layer:
 * [B, C, H, W] → [B, classes].
 */
export class ResNet extends nn.Module {
  readonly conv1: nn.Conv2d;
  readonly bn1: nn.BatchNorm2d;
  readonly blocks: readonly BasicBlock[];
  readonly fc: nn.Linear;

  constructor(inputShape: readonly number[], classes: number, options: ResNetOptions = {}) {
    super();
    const { blocks = 1, widths = [16, 32, 64], dropPath = 0 } = options;
    if (!Number.isInteger(blocks) || blocks < 1 || widths.length === 0)
      throw new RangeError(
        `ResNet: expected at least one block in at least one stage, got ${blocks} in ${widths.length}`,
      );
    this.conv1 = new nn.Conv2d(inputShape[0]!, widths[0]!, 3, { padding: 1, bias: false });
    this.bn1 = new nn.BatchNorm2d(widths[0]!);
    const rates = nn.dropPathRates(dropPath, blocks * widths.length);
    this.blocks = widths.flatMap((width, stage) =>
      Array.from({ length: blocks }, (_, i) => {
        const opens = i === 0 && stage > 0;
        const rate = rates[stage * blocks + i]!;
        return new BasicBlock(opens ? widths[stage - 1]! : width, width, { stride: opens ? 2 : 1, dropPath: rate });
      }),
    );
    this.fc = new nn.Linear(widths.at(-1)!, classes);
  }

  override forward(x: Tensor): Tensor {
    const stem = F.relu(this.bn1.forward(this.conv1.forward(x)));
    const features = this.blocks.reduce((value, block) => block.forward(value), stem);
    const window = features.shape.slice(2) as [number, number];
    return this.fc.forward(F.avgPool2d(features, { kernelSize: window }).flatten(1));
  }
}

/**
 * ResNet-18 for CIFAR: two blocks in each of four stages of 64 to 512 channels, 11.2 million parameters for 10 classes. The stem is a 3×3
 * convolution without pooling, as is usual for images of 32×32 pixels, in the place of ImageNet's 7×7.
 */
export function resNet18(
  inputShape: readonly number[],
  classes: number,
  options: Pick<ResNetOptions, 'dropPath'> = {},
): ResNet {
  return new ResNet(inputShape, classes, { ...options, blocks: 2, widths: [64, 128, 256, 512] });
}
