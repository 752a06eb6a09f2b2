/** The inline pool keeps the pool contract. */
import { test } from 'vitest';
import { InlinePool } from '../src/pool/inline.ts';
import { poolContract } from './pool-contract.ts';

for (const { name, run } of poolContract('inline', () => new InlinePool(), { threads: false })) test(name, run);
