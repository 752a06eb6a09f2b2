/** All rows, in the order of the table. */
import type { Row } from '../row.ts';
import { dropoutRows } from './dropout.ts';
import { peerRows } from './peers.ts';
import { trainingRows } from './training.ts';
import { wholeRows } from './whole.ts';

export const rows: readonly Row[] = [...trainingRows, ...wholeRows, ...dropoutRows, ...peerRows];
