/**
 * A reporter of Vitest: adds up what the passed tests proved, and fails a run of the whole package in which an export lacks a proof. Runs of
 * chosen tests are not judged.
 */
import type { Reporter, TestModule, Vitest } from 'vitest/node';
import { type Proof, proofs, type Row } from './proves.ts';

/** How many passed tests proved what of an export, and the sources of the golden ones. */
export interface Tally {
  readonly counts: Readonly<Record<Proof, number>>;
  readonly sources: ReadonlySet<string>;
}

/** Where the case of a proof belongs, by the first word of the export's name. */
const places: Readonly<Record<Proof, Readonly<Record<string, string>>>> = {
  golden: {
    nn: 'generate_layers.py (activations and losses: generate_conformance.py) of packages/core/test/golden',
    F: 'packages/core/test/functional-forms.ts (the layer it belongs to has the values), or generate_conformance.py',
    Tensor: 'generate_tensor.py of packages/core/test/golden, and golden-tensor.test.ts',
    schedule: 'generate_lr of packages/core/test/golden/generate.py',
    '': 'packages/core/test/golden/generate.py',
  },
  gradient: {
    Tensor: 'packages/core/test/gradient-cases/tensors.ts',
    '': 'packages/core/test/gradient-cases (activations and losses: a table of packages/core/test/conformance)',
  },
  bits: {
    '': 'packages/core/test/gradient-cases (without a gradient: forward-cases.ts; optimizers: optimizers.test.ts)',
  },
};

function placeOf(proof: Proof, name: string): string {
  const kind = name.includes('.') ? name.slice(0, name.indexOf('.')) : '';
  return places[proof][kind] ?? places[proof]['']!;
}

export class ConformanceReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  async onTestRunEnd(modules: readonly TestModule[]): Promise<void> {
    const vitest = this.#vitest!;
    const all = await vitest.globTestSpecifications();
    if (vitest.config.testNamePattern || modules.length < all.length) return;
    const { rows, tallies } = tally(modules);
    this.print(rows, tallies);
    const lines = [...missing(rows, tallies), ...strangers(rows, tallies)];
    if (lines.length === 0) return;
    console.error(`conformance: ${lines.length} failures\n${lines.map((line) => `  ${line}`).join('\n')}`);
    process.exitCode = 1;
  }

  /** Nothing, unless a table is wanted. */
  protected print(_rows: readonly Row[], _tallies: ReadonlyMap<string, Tally>): void {}
}

/** The rows that `conformance.test.ts` found, and what the passed tests proved. */
function tally(modules: readonly TestModule[]): { rows: readonly Row[]; tallies: Map<string, Tally> } {
  let rows: readonly Row[] = [];
  const tallies = new Map<string, { counts: Record<Proof, number>; sources: Set<string> }>();
  for (const module of modules) {
    for (const test of module.children.allTests('passed')) {
      const { surface, proves } = test.meta();
      if (surface) rows = surface;
      for (const { proof, names, source } of proves ?? []) {
        for (const name of new Set(names)) {
          const entry = tallies.get(name) ?? { counts: { golden: 0, gradient: 0, bits: 0 }, sources: new Set() };
          entry.counts[proof]++;
          if (source) entry.sources.add(source);
          tallies.set(name, entry);
        }
      }
    }
  }
  return { rows, tallies };
}

/** A line for each proof that an export lacks: what is missing, and where to add it. */
export function missing(rows: readonly Row[], tallies: ReadonlyMap<string, Tally>): string[] {
  if (rows.length === 0) return ['conformance.test.ts, which lists the exports, did not pass'];
  return rows.flatMap(({ name, needs }) =>
    needs
      .filter((proof) => !tallies.get(name)?.counts[proof])
      .map((proof) => `${name} has no ${proof} case that passed; add one to ${placeOf(proof, name)}`),
  );
}

/** A line for each name that tests prove something of and that is no row. */
export function strangers(rows: readonly Row[], tallies: ReadonlyMap<string, Tally>): string[] {
  const known = new Set(rows.map(({ name }) => name));
  return [...tallies.keys()]
    .filter((name) => !known.has(name))
    .map((name) => `${name} is proved and is no export; name it as packages/core/test/conformance/surface.ts does`);
}

/** Exports × proofs, with the number of cases and the sources of the golden ones. */
export function tableOf(rows: readonly Row[], tallies: ReadonlyMap<string, Tally>): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const line = (name: string, cells: readonly string[], source: string) =>
    [name.padEnd(width), ...cells.map((cell) => cell.padStart(8)), `  ${source}`].join(' ').trimEnd();
  const cellOf = ({ name, needs }: Row, proof: Proof): string => {
    const count = tallies.get(name)?.counts[proof] ?? 0;
    return count > 0 ? String(count) : needs.includes(proof) ? 'MISSING' : '–';
  };
  return [
    line('export', proofs, 'golden values from'),
    ...rows.map((row) =>
      line(
        row.name,
        proofs.map((proof) => cellOf(row, proof)),
        [...(tallies.get(row.name)?.sources ?? [])].join('; '),
      ),
    ),
  ].join('\n');
}
