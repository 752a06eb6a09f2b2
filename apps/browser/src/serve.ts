/** `npm run browser`: serves the built site beside this file and prints its address. */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Serving, serve } from './static-server.ts';

const usualPort = 8417;
const root = fileURLToPath(new URL('./site/', import.meta.url));

try {
  const { values } = parseArgs({ options: { port: { type: 'string' } } });
  const { address } = await (values.port === undefined
    ? onFreePort()
    : serve({ root, port: checkedPort(values.port) }));
  console.log(`Lockstep in the browser: ${address}  (Ctrl+C ends it)`);
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

/** The usual port, so that a reload finds the site again, or any other one if that is taken. */
function onFreePort(): Promise<Serving> {
  return serve({ root, port: usualPort }).catch(() => serve({ root, port: 0 }));
}

function checkedPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65535 && text !== '') return port;
  throw new RangeError(`--port: expected a whole number from 0 to 65535, got “${text}”`);
}
