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

/** The sign-in page stands at every address, so that the link is kept. */
export async function enter(page: Page, path: string, { username, password }: Account = admin): Promise<void> {
  await page.goto(path)
  await page.getByLabel('User name').fill(username)
  await page.locator('input[name="password"]').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('banner')).toBeVisible()
}

export function liveStatus(page: Page) {
  return page.getByRole('status', { name: /^Live connection/ })
}
