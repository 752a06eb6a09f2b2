/** Rows of the dropout family alone, one worker and as many as cores: dropout forward and backward on 1 M and 16 M floats, others forward on 1 M. */
import { lockstepEverywhere, lockstepName, torchEverywhere } from '../commands.ts';
import { type Effort, type Row, type Target, torchBest } from '../row.ts';

const amounts: Record<Effort, { blocks: number; warmMs: number; blockMs: number }> = {
  full: { blocks: 7, warmMs: 300, blockMs: 150 },
  quick: { blocks: 3, warmMs: 200, blockMs: 100 },
  smoke: { blocks: 1, warmMs: 1, blockMs: 1 },
};

function dropout(side: number, backward: boolean, targets: readonly Target[]): Row {
  const millions = side ** 2 / 2 ** 20;
  return {
    name: `dropout-${backward ? 'backward-' : ''}${millions}m`,
    title: `dropout p = .5, ${backward ? 'forward and backward' : 'forward'}, ${millions} M floats`,
    unit: 'G elements/s',
    figure: 'gigaElementsPerSecond',
    better: 'higher',
    contenders: (effort) => {
      const work = { member: 'dropout', side: effort === 'smoke' ? 256 : side, backward, ...amounts[effort] };
      return [...lockstepEverywhere('lockstep-dropout', work), ...torchEverywhere('torch_dropout', work)];
    },
    targets,
  };
}

/** What to call the members that the engine names by its own names. */
const members = {
  dropout2d: 'dropout2d, maps of 16×16',
  alphaDropout: 'alpha dropout',
  gaussianDropout: 'Gaussian dropout',
  dropPath: 'drop path, samples of 1024',
} as const;

function family(member: keyof typeof members): Row {
  return {
    name: `${member.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}-1m`,
    title: `${members[member]}, p = .5, forward, 1 M floats`,
    unit: 'G elements/s',
    figure: 'gigaElementsPerSecond',
    better: 'higher',
    contenders: (effort) => {
      const work = { member, side: effort === 'smoke' ? 256 : 1024, backward: false, ...amounts[effort] };
      return [...lockstepEverywhere('lockstep-dropout', work), ...torchEverywhere('torch_dropout', work)];
    },
    targets: [],
  };
}

const two = (atLeast: number, kernels: 'flag' | 'plain'): Target => ({
  subject: lockstepName(2, kernels),
  against: torchBest,
  atLeast,
});

export const dropoutRows: readonly Row[] = [
  dropout(1024, false, [two(30, 'flag'), two(20, 'plain')]),
  dropout(1024, true, [two(15, 'flag')]),
  dropout(4096, false, []),
  dropout(4096, true, []),
  ...(Object.keys(members) as (keyof typeof members)[]).map(family),
];
