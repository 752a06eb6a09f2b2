#!/usr/bin/env node
// The lockstep command: the bundle that `npm run build` writes.
import '../dist/main.js';
