/** The fixtures of the browser tests, without the ones that only tests need. */
import { test as base } from '../../e2e/support/fixtures.ts'

export { enter, expect, liveStatus, type Page } from '../../e2e/support/fixtures.ts'
export const test = base.extend<{ named: undefined }>({
  named: [
    async ({ browser }, use, info) => {
      await info.attach('browser', { body: `Chromium ${browser.version()}` })
      await use(undefined)
    },
    { auto: true },
  ],
})

/** A page of this server that has no script and needs no sign-in: what the browser and the machine take by themselves. */
export const BARE = '/problems'
