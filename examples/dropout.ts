/** The tutorial's first steps: dropout in training and in evaluation. Run: node --conditions=@lockstep/source examples/dropout.ts */
import { manualSeed, nn, randn, tensor } from '@lockstep/core';

manualSeed(1);
const dropout = new nn.Dropout(0.5);

dropout.train();
console.log('training:  ', String(dropout.forward(tensor([0.2, 0.5, 0.8, 1.0]))));

dropout.eval();
console.log('evaluation:', String(dropout.forward(tensor([0.2, 0.5, 0.8, 1.0]))));

const { data } = dropout.train().forward(randn([32, 256]));
const zeros = data.reduce((count: number, value: number) => count + Number(value === 0), 0);
console.log(`of ${data.length} elements ${zeros} were dropped (${((100 * zeros) / data.length).toFixed(1)} %)`);
