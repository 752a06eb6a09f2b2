/** Members of the dropout family as functions of tensors. Every call is a call site of its own; in a program each step draws anew. */
import { type DropoutAttrs, dropoutNode } from '../../ops/dropout.ts';
import { derived, f32, type Tensor } from '../../tensor/tensor.ts';
import { type DropoutOptions, dropoutDraw } from './draw.ts';

/**
 * Inverted dropout: zero with probability p, scale what stays by 1/(1 − p). The input itself when p = 0 or not training. Every call is a
 * call site of its own, numbered in order; inside a training program each step draws anew.
 */
export function dropout(x: Tensor, options: DropoutOptions = {}): Tensor {
  return masked(x, dropoutDraw('inverted', options, 'dropout'));
}

/**
 * DropConnect (Wan et al. 2013): inverted dropout of a weight of any shape instead of activations, to be used in its place. One mask a step
 * for the whole batch, whatever the scope, as libraries have it; the paper draws one for every example. The weight itself when p = 0 or not
 * training: the mean of the masked weights.
 */
export function dropConnect(weight: Tensor, options: DropoutOptions = {}): Tensor {
  return masked(weight, dropoutDraw('inverted', options, 'dropConnect'));
}

function masked(x: Tensor, draw: DropoutAttrs | undefined): Tensor {
  return draw ? derived(dropoutNode(f32(x.node), draw), [x]) : x;
}
