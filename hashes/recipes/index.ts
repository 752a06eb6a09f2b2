/**
 * The recipes, by name. They run in every engine: nothing here may need Node or a page. A recipe joins by one line and
 * `npm run hashes -- --write`, which publishes its hash.
 */
import { lstm } from './lstm.ts';
import { mixedNet } from './mixed-net.ts';
import { mlpAdam } from './mlp-adam.ts';
import type { Recipe } from './recipe.ts';
import { resNet } from './resnet.ts';
import { seedNet } from './seed-net.ts';
import { transformer } from './transformer.ts';

export const recipes: Readonly<Record<string, Recipe>> = {
  'seed-net': seedNet,
  'mlp-adam': mlpAdam,
  resnet: resNet,
  'mixed-net': mixedNet,
  lstm,
  transformer,
};
