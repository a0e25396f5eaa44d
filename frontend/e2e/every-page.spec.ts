import AxeBuilder from '@axe-core/playwright'
import { readVitals, watchVitals } from '../bench/support/vitals.ts'
import { placesWithData, type Place } from './support/places.ts'
import { enter, expect, test, type Page } from './support/fixtures.ts'

let places: readonly Place[] = []

test.describe.configure({ mode: 'parallel', timeout: 240_000 })
test.beforeAll(async ({ api }) => {
  places = await placesWithData(api)
})

async function open(page: Page, { path, shows }: Place): Promise<void> {
  await page.goto(path)
  await expect(page.getByText(shows).first()).toBeVisible()
  await expect(page.getByRole('status', { name: /^Loading/ })).toHaveCount(0)
}

for (const colours of ['light', 'dark'] as const) {
  test(`axe finds nothing serious on any page, ${colours}`, async ({ page, complaints }) => {
    complaints.allow(/status of 404/)
    await page.emulateMedia({ colorScheme: colours, reducedMotion: 'reduce' })
    await page.goto('/vehicles')
    await expect(page.getByLabel('User name')).toBeVisible()
    await check(page, 'sign-in')
    await enter(page, '/vehicles')
    for (const place of places) {
      await open(page, place)
      await check(page, place.name)
    }
    await page.keyboard.press('Control+k')
    await expect(page.getByRole('dialog')).toBeVisible()
    await check(page, 'palette')
  })
}

async function check(page: Page, name: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).options({ resultTypes: ['violations'] })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze()
  const serious = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary ?? ''}`))
  expect.soft(serious, name).toEqual([])
}

test('768 px: no page is wider than the screen, and a command can be sent', async ({ page, api, complaints }) => {
  complaints.allow(/status of 404/)
  await page.setViewportSize({ width: 768, height: 1024 })
  await enter(page, '/vehicles')
  for (const place of places) {
    await open(page, place)
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    expect.soft(wide, `${place.name} is wider than the screen by`).toBeLessThanOrEqual(0)
  }
  const golf = await api.connected('000101')
  await page.goto(`/vehicles/${golf.vehicle_id}`)
  await page.getByRole('region', { name: 'Quick commands' }).getByRole('link', { name: 'Read trouble codes' }).click()
  await page.locator('form button[type="submit"]').click()
  await expect(page.getByRole('article', { name: 'Trouble code P0171' })).toBeVisible()
})

test('no page jumps while it opens', async ({ page, complaints }) => {
  complaints.allow(/status of 404/)
  await watchVitals(page)
  await enter(page, '/vehicles')
  for (const place of places) {
    await open(page, place)
    const { cls } = await readVitals(page)
    // Core Web Vitals call 0.1 good and 0.25 poor; on a machine under load parts come one by one. The benchmark measures it.
    expect.soft(cls, `${place.name} jumps`).toBeLessThan(0.25)
  }
})

test('the content security policy is strict on every page', async ({ page, baseURL }) => {
  const answer = await page.goto(`${baseURL ?? ''}/vehicles`)
  const policy = (await answer?.headerValue('content-security-policy')) ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).toMatch(/script-src 'self'(;|$)/)
  expect(policy).not.toContain('unsafe-eval')
  expect(await answer?.headerValue('cache-control')).toMatch(/no-cache|no-store/)
})
