import { expect, test as base, type BrowserContext, type Page } from '@playwright/test'
import { Api, type Role } from './api.ts'
import { ConsoleWatch } from './console-watch.ts'
import { SHARED_PORT } from './global-setup.ts'
import { admin, Server } from './server.ts'

interface Account {
  readonly username: string
  readonly password: string
}

interface Fixtures {
  readonly complaints: ConsoleWatch
  /** Signs in on `page` and ends at `path`. */
  readonly enter: (path: string, account?: Account) => Promise<void>
  readonly account: (role: Role) => Promise<Account>
}

interface WorkerFixtures {
  /** For tests that kill or restart it. */
  readonly hasOwnServer: boolean
  readonly server: Server
  readonly api: Api
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  hasOwnServer: [false, { scope: 'worker', option: true }],
  server: [
    async ({ hasOwnServer }, use) => {
      if (!hasOwnServer) {
        await use(Server.running(Number(process.env[SHARED_PORT])))
        return
      }
      const server = await Server.start()
      await use(server)
      await server.end()
    },
    { scope: 'worker', timeout: 150_000 },
  ],
  api: [async ({ server }, use) => use(new Api(server)), { scope: 'worker' }],
  baseURL: async ({ server }, use) => use(server.origin),
  complaints: [
    async ({ context }, use) => {
      const watch = new ConsoleWatch(context)
      await use(watch)
      expect(watch.unexpected(), 'what the browser complained about').toEqual([])
    },
    { auto: true },
  ],
  enter: async ({ page }, use) => use(async (path, account = admin) => enter(page, path, account)),
  account: async ({ api }, use) => use((role) => api.account(`${role}-of-the-tests`, role)),
})

export { expect, type BrowserContext, type Page }

/** Signs in as the form does (sign-in.spec.ts tests the form itself), and opens `path`. */
export async function enter(page: Page, path: string, { username, password }: Account = admin): Promise<void> {
  const answer = await page.request.post('/api/v1/auth/browser-session', { data: { username, password } })
  expect(answer.status(), `sign-in of ${username}`).toBe(200)
  // A page of the same origin without script, to leave the hint that there is a session.
  await page.goto('/problems')
  // eslint-disable-next-line no-restricted-syntax -- what src/session/preferences.ts keeps of a session; no secret
  await page.evaluate(() => localStorage.setItem('sovd-session-hint', '1'))
  await page.goto(path)
  await expect(page.getByRole('banner')).toBeVisible()
}

export function liveStatus(page: Page) {
  return page.getByRole('status', { name: /^Live connection/ })
}
