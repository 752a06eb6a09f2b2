/** The site built from source into a temporary folder and served, so that tests need no build before. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSite } from '../scripts/build.ts';
import { serve } from '../src/static-server.ts';

export interface TestSite {
  readonly address: string;
  readonly folder: string;
  close(): Promise<void>;
}

export async function serveTestSite(entries: Readonly<Record<string, string>> = {}): Promise<TestSite> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-site-'));
  await buildSite({ folder, entries, data: ['mnist'] });
  const { address, close } = await serve({ root: folder, port: 0 });
  return {
    address,
    folder,
    async close() {
      await close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
