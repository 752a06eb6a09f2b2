/** What every package's Vitest run shares: sources are read through the `@lockstep/source` condition, so no build is needed. */
import type { ViteUserConfig } from 'vitest/config';

const conditions: string[] = ['@lockstep/source', 'node', 'module', 'import', 'default'];

export const shared: ViteUserConfig = {
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/**/*.test.ts'],
    execArgv: ['--conditions=@lockstep/source'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    passWithNoTests: true,
  },
};
