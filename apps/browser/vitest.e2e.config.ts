/** `npm run e2e`: the long forms of what `npm test` shows in short. */
import { defineConfig } from 'vitest/config';
import { shared } from '../../vitest.shared.ts';

export default defineConfig({
  ...shared,
  test: { ...shared.test, include: ['test/e2e/**/*.e2e.ts'], testTimeout: 300_000, maxWorkers: 1 },
});
