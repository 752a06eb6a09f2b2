import { AdamW, F, nn, type Tensor } from '@lockstep/core';
import type { Recipe } from './recipe.ts';
import { sentences } from './synthetic.ts';

const [steps, words, width, classes] = [11, 24, 20, 4];

/** One layer of an encoder, normalised first (Xiong et al. 2020): attention and a network of two layers, each beside a shortcut. */
class EncoderLayer extends nn.Module {
  readonly norm1 = new nn.LayerNorm(width);
  readonly attention = new nn.MultiheadAttention(width, 4, { dropout: 0.1 });
  readonly norm2 = new nn.LayerNorm(width);
  readonly linear1 = new nn.Linear(width, 35);
  readonly gelu = new nn.GELU();
  readonly dropout = new nn.Dropout(0.1);
  readonly linear2 = new nn.Linear(35, width);

  override forward(x: Tensor): Tensor {
    const rows = this.norm1.forward(x);
    const attended = x.add(this.attention.forward(rows, rows, rows, { isCausal: true }).output);
    const inner = this.gelu.forward(this.linear1.forward(this.norm2.forward(attended)));
    return attended.add(this.linear2.forward(this.dropout.forward(inner)));
  }
}

/** Scores [B, classes] of sentences [B, T] of word numbers. */
class SentenceClassifier extends nn.Module {
  readonly embedding = new nn.Embedding(words, width);
  readonly layer = new EncoderLayer();
  readonly head = new nn.Linear(width, classes);

  override forward(x: Tensor): Tensor {
    const rows = this.embedding.forward(x.to('i32')).add(F.sinusoidalPositions(steps, width));
    return this.head.forward(this.layer.forward(rows).mean(1));
  }
}

/** 44 sentences of 11 words in batches of 16, 16 and 12. */
export const transformer: Recipe = {
  title: 'a transformer encoder: embedding, causal attention with dropout, layer normalisation, GELU, AdamW',
  make() {
    const data = sentences({ count: 44, classes, steps, words });
    const model = new SentenceClassifier();
    const optimizer = new AdamW(model.parameters(), { lr: 0.01, weightDecay: 0.01 });
    return { model, optimizer, data, epochs: 4, batchSize: 16 };
  },
};
