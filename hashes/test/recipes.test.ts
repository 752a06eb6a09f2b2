/** Recipes prove something: they learn, on the calling thread too, and their hashes follow every bit. */
import { InlinePool } from '@lockstep/scheduler';
import { describe, expect, test } from 'vitest';
import { publishedHashes } from '../published.ts';
import { recipes } from '../recipes/index.ts';
import { runRecipe } from '../recipes/recipe.ts';
import { sha256Hex } from '../recipes/sha256.ts';

describe.each(Object.entries(recipes))('%s', (name, recipe) => {
  test('learns, and has the published hashes on the calling thread', async () => {
    const { weights, outputs, losses, steps } = await runRecipe(recipe, { pool: new InlinePool() });
    expect({ weights, outputs }).toEqual(publishedHashes().get(name));
    expect(losses[1]).toBeLessThan(0.97 * losses[0]);
    expect(steps).toBeGreaterThan(5);
  });

  test('has other hashes for another seed', async () => {
    const { weights, outputs } = await runRecipe(recipe, { pool: new InlinePool(), seed: 8 });
    const known = publishedHashes().get(name)!;
    expect(weights).not.toBe(known.weights);
    expect(outputs).not.toBe(known.outputs);
  });

  test('ends with a smaller batch', () => {
    const { data, batchSize } = recipe.make();
    expect(data.count % batchSize).toBeGreaterThan(0);
  });
});

test('the outputs hash is SHA-256 of the bytes, whatever they are a view of', async () => {
  const bytes = new TextEncoder().encode('xabc');
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect(await sha256Hex([bytes.subarray(1, 2), bytes.subarray(2)])).toBe(abc);
});
