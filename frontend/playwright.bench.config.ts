import { defineConfig } from '@playwright/test'
import usual from './playwright.config.ts'

/** How fast the page is: `make page-bench`. One after the other, in the order that stands here; the last one fills the database. */
export default defineConfig(usual, {
  testDir: 'bench',
  testMatch: '*.bench.ts',
  globalSetup: './bench/support/global-setup.ts',
  outputDir: 'test-results/bench',
  workers: 1,
  retries: 0,
  timeout: 240_000,
  reporter: [['./bench/support/reporter.ts']],
  projects: ['stream', 'load', 'fleet'].map((name) => ({ name, testMatch: `${name}.bench.ts` })),
  use: { trace: 'off', screenshot: 'off' },
})
