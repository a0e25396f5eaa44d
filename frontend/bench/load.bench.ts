/** What opening a page costs: nothing in the browser's cache, the session is there. Unthrottled, and on a processor four times slower. */
import type { CDPSession } from '@playwright/test'
import { BARE, enter, expect, test, type Page } from './support/bench.ts'
import { isQuick, median, milliseconds, report, spread } from './support/figures.ts'
import { readVitals, watchVitals, type Vitals } from './support/vitals.ts'

const runs = isQuick ? 1 : 3

interface Opened {
  readonly name: string
  readonly path: string
  readonly shows: RegExp
}

for (const slowdown of [1, 4]) {
  test(`opening pages, processor ${slowdown === 1 ? 'as it is' : `${String(slowdown)} times slower`}`, async ({ browser, baseURL, api }, info) => {
    const golf = await api.connected('000101')
    const { command_id: id } = await api.send(golf, 'ReadDTC', { ecuAddress: '0x10' })
    await api.ended(id)
    const places: readonly Opened[] = [
      { name: 'sign-in', path: '/vehicles', shows: /User name/ },
      { name: 'fleet, 16 vehicles', path: '/vehicles', shows: /All \d+ vehicles shown/ },
      { name: 'command', path: `/commands/${id}`, shows: /P0171/ },
      { name: 'bare', path: BARE, shows: /Error codes/ },
    ]
    const found = new Map<string, Vitals[]>(places.map(({ name }) => [name, []]))
    const context = await browser.newContext({ ...(baseURL === undefined ? {} : { baseURL }) })
    const page = await context.newPage()
    await watchVitals(page)
    const devtools = await context.newCDPSession(page)
    for (const place of places) {
      if (place.name === 'fleet, 16 vehicles') await enter(page, '/settings')
      for (let run = 0; run < runs; run++) found.get(place.name)?.push(await open(page, devtools, place, slowdown))
    }
    await context.close()
    const floor = median((found.get('bare') ?? []).map(({ lcp }) => lcp))
    await report(info, {
      title: `Opening a page, nothing cached, processor ${slowdown === 1 ? 'as it is' : `${String(slowdown)} times slower`}`,
      head: ['page', 'first paint (FCP)', 'largest paint (LCP)', 'LCP to bare', 'blocked (TBT)', 'shift (CLS)', 'JavaScript', 'all transfer'],
      rows: places.map(({ name }) => rowOf(name === 'bare' ? 'bare: a page without script' : name, found.get(name) ?? [], floor)),
    })
  })
}

async function open(page: Page, devtools: CDPSession, { path, shows }: Opened, slowdown: number): Promise<Vitals> {
  await page.goto('about:blank')
  await devtools.send('Network.clearBrowserCache')
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowdown })
  await page.goto(path)
  await expect(page.getByText(shows).first()).toBeVisible()
  await page.waitForLoadState('networkidle')
  const vitals = await readVitals(page)
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 1 })
  return vitals
}

function rowOf(name: string, all: readonly Vitals[], floor: number): string[] {
  const of = (pick: (vitals: Vitals) => number) => all.map(pick)
  const kilobytes = (value: number) => `${(value / 1000).toFixed(0)} kB`
  return [
    name,
    spread(of(({ fcp }) => fcp)),
    spread(of(({ lcp }) => lcp)),
    (median(of(({ lcp }) => lcp)) / floor).toFixed(1),
    spread(of(({ tbt }) => tbt), (value) => (value === 0 ? '0 ms' : milliseconds(value))),
    median(of(({ cls }) => cls)).toFixed(3),
    kilobytes(median(of(({ scriptBytes }) => scriptBytes))),
    kilobytes(median(of(({ bytes }) => bytes))),
  ]
}
