/** Pictures of what is rarer than a page with its data: what waits, runs, is refused, broken, empty, long or printed. */
import type { Page } from '@playwright/test'
import { enter, expect, test } from './support/fixtures.ts'
import { formFor, outcome, sendButton } from './support/form.ts'
import { photographer, schemes } from './support/pictures.ts'

const LONG_REASON = `${'x'.repeat(40)} a reason with very many words, and https://example.com/tickets/a-long-name-without-any-space-in-it`
const problem = {
  type: 'about:blank', title: 'Storage unavailable', status: 503, code: 'storage_unavailable', errors: [], retryable: true,
  detail: 'The database does not answer. Try again in a moment.', correlation_id: '6f3a3f0e7a524d8e9a360d7c7f6b9b11', instance: '/',
}
const broken = { status: 503, contentType: 'application/problem+json', body: JSON.stringify(problem) }
const empty = { status: 200, contentType: 'application/json', body: JSON.stringify({ items: [], total: 0, limit: 100, offset: 0 }) }
const unknown = '00000000-0000-4000-8000-000000000000'

for (const colours of schemes) {
  test.describe(`states, ${colours}`, () => {
    test.use({ colorScheme: colours })
    const photograph = photographer(colours)
    test.beforeEach(async ({ page, complaints }) => {
      test.setTimeout(180_000)
      complaints.allow(/./)
      await page.emulateMedia({ colorScheme: colours, reducedMotion: 'reduce' })
    })

    async function visit(page: Page, name: string, path: string, shows: string | RegExp): Promise<void> {
      await page.goto(path)
      await expect(page.getByText(shows).first()).toBeVisible()
      await photograph(page, name)
    }

    test('commands that wait, run, stream, end otherwise', async ({ page, api }) => {
      const prius = await api.vehicle('000105')
      const renault = await api.connected('000110')
      const simulated = await api.connected('000202')
      const lost = await api.send(renault, 'ClearDTC', { ecuAddress: '0x10' }, { timeout_s: 3, reason: 'after the repair' })
      const waiting = await api.send(prius, 'ReadDTC', { ecuAddress: '0x10' }, { reason: LONG_REASON })
      const live = await api.send(simulated, 'SubscribeData', { ecuAddress: '0x1010', dataIds: ['0xF40C', '0xF40D', '0xF405'], intervalMs: 200, durationS: 60 })
      await enter(page, '/settings')
      await visit(page, 'command-waiting', `/commands/${waiting.command_id}`, 'Waiting.')
      await visit(page, 'vehicle-with-queue', `/vehicles/${prius.vehicle_id}`, '1 command waits for it')
      await visit(page, 'vehicle-working', `/vehicles/${simulated.vehicle_id}`, 'runs SubscribeData')
      await visit(page, 'command-streaming', `/commands/${live.command_id}`, /[2-9]\d samples so far/)
      await page.getByRole('button', { name: 'Cancel command' }).click()
      await expect(page.getByRole('dialog')).toBeVisible()
      await photograph(page, 'command-cancel-dialog')
      await page.getByRole('dialog').getByRole('button', { name: 'Cancel command' }).click()
      await expect(outcome(page)).toContainText('The vehicle was stopped for certain')
      await photograph(page, 'command-cancelled')
      await page.getByRole('button', { name: 'Show JSON and bytes' }).click()
      await page.getByRole('region', { name: 'Parts of the answer' }).getByRole('button').first().click()
      await photograph(page, 'command-raw')
      await page.emulateMedia({ media: 'print' })
      await photograph(page, 'command-printed')
      await page.emulateMedia({ media: 'screen' })
      await api.ended(lost.command_id)
      await visit(page, 'command-outcome-unknown', `/commands/${lost.command_id}`, 'What to do next')
      await api.call('POST', `/api/v1/commands/${waiting.command_id}/cancel`, {})
    })

    test('forms that are confirmed, wrong, for many; the palette; a selection', async ({ page, api }) => {
      const golf = await api.connected('000101')
      const simulated = await api.connected('000201')
      await enter(page, formFor(golf, 'ClearDTC', { ecuAddress: '0x10' }))
      await sendButton(page).click()
      await expect(page.getByRole('button', { name: 'Yes, send' })).toBeVisible()
      await photograph(page, 'send-confirm')
      await page.goto(formFor(simulated, 'RoutineControl'))
      await sendButton(page).click()
      await expect(page.getByText('Type them to confirm')).toBeVisible()
      await photograph(page, 'send-wrong')
      await visit(page, 'send-many', `/send?vehicles=${golf.vehicle_id},${simulated.vehicle_id}&command=ClearDTC`, '2 vehicles')
      await page.goto('/vehicles')
      const ticks = page.getByRole('grid').getByRole('checkbox')
      await ticks.nth(1).click()
      await ticks.nth(3).click()
      await photograph(page, 'fleet-selected')
      await page.keyboard.press('Control+k')
      await expect(page.getByRole('combobox', { name: /^Find a command/ })).toBeFocused()
      await page.keyboard.type('golf dtc')
      await expect(page.getByRole('option')).toHaveCount(3)
      await photograph(page, 'palette-search')
      await page.keyboard.type('zzz')
      await expect(page.getByRole('dialog').getByText(/Nothing fits/)).toBeVisible()
      await photograph(page, 'palette-nothing')
    })

    test('nothing there yet, nothing found, nothing allowed', async ({ page, api, account }) => {
      await enter(page, '/settings')
      await visit(page, 'command-missing', `/commands/${unknown}`, 'Not found')
      await visit(page, 'send-to-missing', `/send?vehicles=${unknown}&command=ReadDTC`, 'Not found')
      await visit(page, 'audit-nothing', '/audit?search=zeppelin', 'No entry fits')
      await visit(page, 'users-nothing', '/users?search=zeppelin', 'No user fits')
      const fresh = await api.mockVehicle('new', 'delay=0')
      await visit(page, 'vehicle-new', `/vehicles/${fresh.vehicle_id}`, 'Nobody has read them yet')
      // eslint-disable-next-line no-restricted-properties -- nothing is tested here: a real server is not empty, and not broken
      await page.route(/api\/v1\/(vehicles|commands)\?/, (route) => route.fulfill(empty))
      await visit(page, 'fleet-empty', '/vehicles', 'No vehicles yet')
      await visit(page, 'send-no-vehicles', '/send', 'No vehicle is registered')
      await visit(page, 'history-empty', '/commands', 'No command yet')
      await page.unrouteAll({ behavior: 'ignoreErrors' })
      await page.context().clearCookies()
      await enter(page, '/vehicles', await account('viewer'))
      await visit(page, 'viewer-vehicle', `/vehicles/${fresh.vehicle_id}`, 'may look, not send')
      await visit(page, 'viewer-audit', '/audit', 'You may not see this')
    })

    test('a server that is busy', async ({ page }) => {
      await enter(page, '/settings')
      // eslint-disable-next-line no-restricted-properties -- nothing is tested here: a real server is not empty, and not broken
      await page.route(/api\/v1\/(vehicles|commands|audit|users)/, (route) => route.fulfill(broken))
      const places = { fleet: '/vehicles', vehicle: `/vehicles/${unknown}`, history: '/commands', command: `/commands/${unknown}`, audit: '/audit', users: '/users' }
      await visit(page, 'history-tried-again', '/commands', 'tries again by itself')
      for (const [name, path] of Object.entries(places)) await visit(page, `${name}-broken`, path, 'Nothing is lost')
    })

    test('names that are too long, and very many trouble codes', async ({ page, api }) => {
      const codes = Array.from({ length: 60 }, (_, number) => `P0${String(100 + number)}`)
      const long = await api.mockVehicle('Extraordinarily long model name with four wheel drive and options', `delay=0&dtcs=${codes.join(',')}`)
      const read = await api.send(long, 'ReadDTC', { ecuAddress: '0x10' })
      await api.ended(read.command_id)
      await enter(page, '/settings')
      await visit(page, 'fleet-long', `/vehicles?search=${long.vin}`, '1 vehicle of')
      await visit(page, 'vehicle-long', `/vehicles/${long.vehicle_id}`, 'P0159')
      await visit(page, 'command-long', `/commands/${read.command_id}`, 'P0159')
      await visit(page, 'send-long', formFor(long, 'ClearDTC'), 'Trouble code')
    })
  })
}
