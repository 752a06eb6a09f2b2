/** Element-wise dropout on the feature maps of a convolution. */
import { figure } from '../advice.ts';
import type { TracedModel } from '../traced-model.ts';
import type { Rule } from './rule.ts';

export const elementDropoutOnMaps: Rule = (model) =>
  model.drops
    .filter(({ node, elementwise }) => {
      const [, , height = 1, width = 1] = node.shape;
      return elementwise && node.shape.length === 4 && height * width > 1 && followsConvolution(model, node);
    })
    .map(({ node, p, place }) => {
      const [, channels, height, width] = node.shape as [number, number, number, number];
      return {
        severity: 'suggestion',
        place,
        message: `element-wise dropout on ${channels} feature maps of ${height}×${width} pixels`,
        why: `pixels next to each other are strongly correlated, so what p = ${figure(p)} drops can be read from its neighbours, and mostly the effective learning rate is lower`,
        source:
          'Tompson et al. 2015, Efficient Object Localization Using Convolutional Networks, section “SpatialDropout”',
        suggestion: 'try Dropout2d, which drops whole feature maps, with a smaller p (0.1 to 0.25)',
      };
    });

function followsConvolution(model: TracedModel, node: TracedModel['flow'][number]): boolean {
  return model.before(node, (at) => !model.isProduct(at)).nodes.some(({ op }) => op.name === 'conv2d');
}
