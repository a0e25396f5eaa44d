// `npm run e2e [-- what to run]`: drives the built page in the Chromium of this machine against a real server.
// Without a browser it skips and says so; where CI is set it fails.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { findBrowser } from './browser.mjs'

const browser = findBrowser()
if (browser === null) {
  const isCi = (process.env.CI ?? '') !== ''
  console.error(
    isCi
      ? 'error: there is no Chromium on this machine, and CI must test the page in one'
      : 'SKIPPED: the page was not tested in a browser: there is no Chromium (on Debian: apt install chromium).',
  )
  process.exit(isCi ? 1 : 0)
}

const playwright = createRequire(import.meta.url).resolve('@playwright/test/cli')
const { status } = spawnSync(process.execPath, [playwright, 'test', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, SOVD_CHROMIUM: browser },
})
process.exit(status ?? 1)
