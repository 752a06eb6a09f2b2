/** Stacks of layers. */
import { checkCount } from '../linear.ts';

/** Copies of one layer, or what a function makes. */
export function layersOf<L extends { copy(): L }>(layer: L | (() => L), count: number, where: string): readonly L[] {
  checkCount(count, `${where}: numLayers`);
  return Array.from({ length: count }, () => (typeof layer === 'function' ? layer() : layer.copy()));
}
