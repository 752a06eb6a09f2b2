/** The piscina pool keeps the pool contract. */
import { test } from 'vitest';
import { NodePool } from '../src/pool/node.ts';
import { poolContract } from './pool-contract.ts';

for (const { name, run } of poolContract('node', (workers) => new NodePool({ workers }))) test(name, run);
