/** `lockstep data list` and `lockstep data add`: the data sets known by name, and fetching them into the user's cache. */
import { styleText } from 'node:util';
import { DataError } from '@lockstep/data';
import { addDataset, defaultCacheFolder, listDatasets, type Progress } from '@lockstep/data/node';
import { UsageError } from '../errors.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { bytes, grouped, percent } from '../ui/format.ts';
import { bar, type LiveLine, liveLine } from '../ui/live-line.ts';
import { table } from '../ui/table.ts';

export async function dataListCommand(): Promise<number> {
  const rows = listDatasets().map(({ facts, state, downloadBytes }) => [
    facts.name,
    facts.title,
    `[${facts.shape.join(', ')}]`,
    grouped(facts.counts.train),
    grouped(facts.counts.test),
    state === 'ready' ? 'ready' : `lockstep data add ${facts.name} (${bytes(downloadBytes)})`,
  ]);
  const columns = [
    { title: 'name' },
    { title: 'what' },
    { title: 'shape' },
    { title: 'train', align: 'right' },
    { title: 'test', align: 'right' },
    { title: 'state' },
  ] as const;
  process.stdout.write(`${table(columns, rows)}\n\ncache: ${defaultCacheFolder()}\n`);
  return 0;
}

export async function dataAddCommand(name: string, flags: { readonly force?: boolean }): Promise<number> {
  const line = liveLine(process.stdout);
  const interrupt = listenForInterrupt(() => line.show('stopping'));
  try {
    const onProgress = progressOn(line);
    const { folder, fetched, note } = await addDataset(name, {
      force: flags.force ?? false,
      signal: interrupt.signal,
      onProgress,
    });
    line.keep(fetched ? `${name} is ready in ${folder}` : `${name} is ready: nothing to fetch`);
    if (note && fetched) line.keep(note);
    return 0;
  } catch (thrown) {
    if (interrupt.signal.aborted) {
      line.keep('stopped; nothing was kept');
      return interrupt.exitCode;
    }
    throw asUsage(thrown);
  } finally {
    line.end();
    interrupt.release();
  }
}

const phaseNames = { download: 'downloading', decode: 'decoding' } as const;
/** Elsewhere than on a terminal, a line each tenth. */
const plainParts = 10;

function progressOn(line: LiveLine): (progress: Progress) => void {
  let shown = '';
  return ({ phase, done, total }) => {
    const share = total > 0 ? done / total : 0;
    const amount =
      phase === 'download' ? `${bytes(done)} of ${bytes(total)}` : `${grouped(done)} of ${grouped(total)} images`;
    const text = `${phaseNames[phase]} ${percent(share, 0).padStart(5)}  ${amount}`;
    if (line.live) {
      line.show(`${styleText('cyan', bar(share, 30))} ${text}`);
      return;
    }
    const part = `${phase} ${Math.floor(share * plainParts)}`;
    if (part === shown) return;
    shown = part;
    line.keep(text);
  };
}

function asUsage(thrown: unknown): unknown {
  if (!(thrown instanceof DataError) || thrown.where !== 'dataset') return thrown;
  const { expected, got, hint } = thrown;
  return new UsageError({ where: 'NAME', expected: expected.replace(' or the path of a folder', ''), got, hint });
}
