/** Data sets: IDX, CIFAR-10's binaries, PNG, folders of images, CSV, the cache and the archives that fill it. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { crc32, deflateSync, gzipSync } from 'node:zlib';
import { allocateShared, DataError, type DatasetFacts, decodePng, idxDataset } from '@lockstep/data';
import { loadImageFolder, readCsv } from '@lockstep/data/node';
import { cacheFiles, fillCache, loadCached } from '../../packages/data/src/node/cache.ts';
import { loadCifarFiles } from '../../packages/data/src/node/cifar-files.ts';
import { readLabels } from '../../packages/data/src/node/datasets/cifar10.ts';
import { readIdx } from '../../packages/data/src/node/idx-files.ts';
import { extractFiles } from '../../packages/data/src/node/tarball.ts';
import { type OpenReader, plain, type Reader, utf8 } from '../reader.ts';
import { pngChunk, pngFile } from './samples.ts';

const isOwn = (thrown: unknown): boolean =>
  thrown instanceof DataError && [thrown.where, thrown.expected, thrown.got, thrown.hint].every((part) => part !== '');

/** What is allocated whatever the input: buffers of streams, tables of formats. */
const roomy = 2 ** 19;
/** Buffers of fflate and fast-png that wait for collection. */
const pngRoom = 2 ** 23;
/** Deflate's own. */
const mostRatio = 1032;

/** Writes the input to a file of this name, then reads. */
function fromFile(folder: string, name: string, read: (path: string) => unknown): Reader['read'] {
  const path = join(folder, name);
  return async (input) => {
    writeFileSync(path, input);
    return read(path);
  };
}

function idxBytes(dims: readonly number[], values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * dims.length + values.length);
  bytes.set([0, 0, 8, dims.length]);
  const view = new DataView(bytes.buffer);
  for (const [i, extent] of dims.entries()) view.setUint32(4 + 4 * i, extent);
  bytes.set(values, 4 + 4 * dims.length);
  return bytes;
}

const images = idxBytes(
  [3, 4, 5],
  Uint8Array.from({ length: 60 }, (_, i) => i * 4),
);
const labels = idxBytes([3], [1, 0, 1]);

export const idx: OpenReader = () => ({
  layers: [plain(() => [images, idxBytes([3, 2, 2, 2], new Uint8Array(24))]), plain(() => [labels])],
  mostBytes: (length) => 4 * length + roomy,
  isOwn,
  read(input) {
    const facts = { name: 'x', classes: ['a', 'b'], mean: [0.5], std: [0.5] };
    const isLabels = input[3] === 1;
    const options = isLabels ? { images, labels: input } : { images: input, labels };
    return void idxDataset({ ...options, facts, allocate: allocateShared });
  },
});

export const idxFile: OpenReader = (folder) => ({
  layers: [plain(() => [images, labels])],
  mostBytes: (length) => length + roomy,
  isOwn,
  read: fromFile(folder, 'x-idx3-ubyte', async (path) => {
    await readIdx(path, { limit: 2, allocate: allocateShared });
    await readIdx(path, { allocate: allocateShared });
  }),
});

export const idxPacked: OpenReader = (folder) => ({
  layers: [
    plain(() => [gzipSync(images), gzipSync(labels), gzipSync(idxBytes([400, 20, 20], new Uint8Array(160_000)))]),
    { seeds: () => [images, labels], wrap: (content) => gzipSync(content, { level: 1 }) },
  ],
  mostBytes: (length) => 3 * mostRatio * length + roomy,
  isOwn,
  read: fromFile(folder, 'x-idx3-ubyte.gz', async (path) => {
    await readIdx(path, { limit: 2, allocate: allocateShared });
    await readIdx(path, { allocate: allocateShared });
  }),
});

export const cifar: OpenReader = (folder) => ({
  layers: [plain(() => [new Uint8Array(2 * 3073).fill(7), new Uint8Array(3073)])],
  // Besides the pixels one buffer for 341 rows.
  mostBytes: (length) => length + 2 ** 20 + roomy,
  isOwn,
  read: fromFile(
    folder,
    'data_batch_1.bin',
    (path) => void loadCifarFiles([path], { name: 'x', allocate: allocateShared }),
  ),
});

/** 5 × 4 pixels, in two chunks. */
function pngSeed(colour: number, channels: number, ...others: readonly Buffer[]): Buffer {
  const [width, height] = [5, 4];
  const rows = Buffer.alloc(height * (1 + width * channels), 3);
  // Each row is filtered in another way.
  for (let y = 0; y < height; y++) rows[y * (1 + width * channels)] = y;
  return pngFile({ width, height, colour, data: deflateSync(rows), others });
}

/** Sets the checksum of every chunk that is whole. */
function mendPng(content: Uint8Array): Uint8Array {
  const bytes = Buffer.from(content);
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length) break;
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return bytes;
}

const pngSeeds = (): Uint8Array[] => [
  pngSeed(0, 1),
  pngSeed(2, 3, pngChunk('iCCP', Buffer.from('profile\0\0x'))),
  pngSeed(4, 2, pngChunk('tEXt', Buffer.from('a\0b'))),
  pngSeed(6, 4),
];

export const png: OpenReader = () => ({
  layers: [plain(pngSeeds), { seeds: pngSeeds, wrap: mendPng }],
  mostBytes: (length) => 4 * mostRatio * length + pngRoom,
  isOwn,
  read: (input) => void decodePng(input, { where: 'x.png' }),
});

export const imageFolder: OpenReader = (folder) => {
  const first = join(folder, 'a');
  mkdirSync(first);
  writeFileSync(join(first, '0.png'), pngSeed(0, 1));
  const seeds = (): Uint8Array[] => [pngSeed(0, 1)];
  return {
    layers: [plain(seeds), { seeds, wrap: mendPng }],
    mostBytes: (length) => 4 * mostRatio * length + pngRoom,
    isOwn,
    read: fromFile(first, '1.png', () => void loadImageFolder(folder)),
  };
};

export const csv: OpenReader = (folder) => ({
  layers: [
    plain(() => ['a,b,label\n1,2.5,x\n-3e2,.5,y\n"4",5,x\n', '\ufeff1;2\r\n3;1\r\n', 'label,a\nx,1\ny,2\n'].map(utf8)),
  ],
  // Text in chunks of 64 KiB and their records, 24 bytes a value.
  mostBytes: (length) => 24 * length + 2 * roomy,
  isOwn,
  read: fromFile(folder, 'table.csv', async (path) => {
    // Both ways: each refuses much that the other takes.
    const results = await Promise.allSettled([
      readCsv(path, { label: 'label' }),
      readCsv(path, { label: 1, header: false, delimiter: ';' }),
    ]);
    const failures = results.filter((result) => result.status === 'rejected');
    const foreign = failures.find(({ reason }) => !isOwn(reason)) ?? failures[1];
    if (foreign) throw foreign.reason;
  }),
});

const facts: DatasetFacts = {
  name: 'tiny',
  title: 'Two pixels',
  shape: [1, 1, 2],
  classes: ['a', 'b'],
  mean: [0.5],
  std: [0.5],
  counts: { train: 2, test: 1 },
};

export const cacheManifest: OpenReader = async (folder) => {
  await fillCache({
    cacheFolder: folder,
    facts,
    source: 'tiny@1.0.0',
    write: async (into) => {
      for (const split of ['train', 'test'] as const) {
        writeFileSync(join(into, cacheFiles(split).images), new Uint8Array(2 * facts.counts[split]));
        writeFileSync(join(into, cacheFiles(split).labels), new Uint8Array(facts.counts[split]));
      }
    },
  });
  const { readFileSync } = await import('node:fs');
  const path = join(folder, facts.name);
  const valid = readFileSync(join(path, 'manifest.json'));
  return {
    layers: [plain(() => [valid])],
    mostBytes: (length) => length + roomy,
    isOwn,
    read: fromFile(
      path,
      'manifest.json',
      () => void loadCached({ cacheFolder: folder, facts, split: 'train', allocate: allocateShared }),
    ),
  };
};

export const labelList: OpenReader = (folder) => ({
  layers: [plain(() => [utf8('[0, 1, 2, 9]')])],
  mostBytes: (length) => length + roomy,
  isOwn,
  read: fromFile(folder, 'labels.json', (path) => void readLabels(path, 4)),
});

/** An entry of a tar archive, with its content in blocks of 512 bytes. */
function tarEntry(name: string, content: string, options: { type?: string; link?: string } = {}): Buffer {
  const { type = '0', link = '' } = options;
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write(type, 156);
  header.write(link, 157);
  header.write('ustar\x0000', 257);
  const body = Buffer.alloc(512 * Math.ceil(content.length / 512));
  body.write(content);
  return Buffer.concat([mendTarHeader(header), body]);
}

function mendTarHeader(header: Buffer): Buffer {
  header.write('        ', 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

/** Sets the sum of every block that looks like a header, then packs. */
function packTar(content: Uint8Array): Uint8Array {
  const bytes = Buffer.from(content);
  for (let at = 0; at + 512 <= bytes.length; at += 512)
    if (bytes.toString('latin1', at + 257, at + 262) === 'ustar') mendTarHeader(bytes.subarray(at, at + 512));
  return gzipSync(bytes, { level: 1 });
}

const wanted = ['data/pixels.json', 'src/a.json'];
const end = Buffer.alloc(1024);

/** Archives that hold what is wanted, and what must never reach the disk. */
const archives = (): Uint8Array[] => [
  Buffer.concat([tarEntry('package/data/pixels.json', '[1,2]'), tarEntry('package/src/a.json', '{}'), end]),
  Buffer.concat([
    tarEntry('package/../../escaped.json', 'x'),
    tarEntry('/etc/lockstep-escaped', 'x'),
    tarEntry('package/src/a.json', '', { type: '2', link: '../../../escaped.json' }),
    tarEntry('package/src/a.json', '', { type: '1', link: 'package/data/pixels.json' }),
    tarEntry('package/data/pixels.json', '[1]'),
    tarEntry('package/other.txt', 'y'.repeat(2000)),
    end,
  ]),
];

export const tarball: OpenReader = (folder) => {
  const into = join(folder, 'into');
  return {
    layers: [plain(() => archives().map((archive) => gzipSync(archive))), { seeds: archives, wrap: packTar }],
    mostBytes: () => 2 ** 27,
    isOwn,
    async read(input) {
      rmSync(into, { recursive: true, force: true });
      mkdirSync(into);
      await extractFiles(Readable.from([input]), { where: 'x@1', wanted, into }).catch((thrown: Error) => {
        if (!/^(?:TAR_|Z_|ERR_ZLIB)/.test(String((thrown as { code?: unknown }).code))) throw thrown;
        // Damage is told by tar and zlib; the caller makes a DataError of it.
        throw new DataError({ where: 'x@1', expected: 'a package', got: thrown.message, hint: 'Try again.' });
      });
      const strays = filesIn(into).filter((path) => !wanted.includes(path));
      const outside = readdirSync(folder).filter((name) => name !== 'into');
      if (strays.length + outside.length > 0) throw new RangeError(`strays: ${[...strays, ...outside].join(', ')}`);
    },
  };
};

/** Paths of all that is in a folder but folders; a link counts with its kind. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
      return entry.isFile() ? path : `${path} (no file)`;
    });
}
