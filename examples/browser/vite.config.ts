import { defineConfig } from 'vite';

// Shared memory needs these headers, from the server of the finished site too.
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig({
  // The package finds its workers beside itself, so it must stay where it is while developing.
  optimizeDeps: { exclude: ['@lockstep/browser'] },
  worker: { format: 'es' },
  build: { target: 'es2024' },
  server: { headers },
  preview: { headers },
});
