import { defineConfig } from 'vitest/config';
import { shared } from '../../vitest.shared.ts';
import { ConformanceReporter } from './test/conformance/reporter.ts';

export default defineConfig({ ...shared, test: { ...shared.test, reporters: ['default', new ConformanceReporter()] } });
