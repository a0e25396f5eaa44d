/** Ten thousand vehicles, registered over the API: how soon the list is there and can be searched, and how it scrolls. */
import { BARE, enter, expect, test, type Page } from './support/bench.ts'
import { isQuick, median, report, spread } from './support/figures.ts'
import { fillFleet } from './support/filling.ts'
import { firstRowAfter, keyToRows, lineAfter, watchFleet } from './support/fleet-times.ts'
import { FRAME_HEAD, frameCells, watchFrames, type FrameCount } from './support/frames.ts'

const vehicles = isQuick ? 1000 : 10_000
const runs = isQuick ? 2 : 5
/** Each key leaves fewer vehicles than the one before. */
const words = ['842', '561', '37 9']

interface Opening {
  readonly firstRow: number
  readonly usable: number
  readonly all: number
}

test('a large fleet', async ({ page, context, server }, info) => {
  const total = await fillFleet(server, vehicles)
  await enter(page, '/settings')
  await watchFleet(page)
  const opened: Opening[] = []
  for (let run = 0; run < runs; run++) opened.push(await open(page, total))
  const again: number[] = []
  for (let run = 0; run < runs; run++) again.push(await comeBack(page))
  const keys = await typeWords(page)
  const scrolled = await scroll(page)
  const bare = await context.newPage()
  await bare.goto(BARE)
  const count = await watchFrames(bare)
  await bare.waitForTimeout(scrolled.seconds * 1000)
  const floor = await count()
  const paints: number[] = []
  for (let run = 0; run < runs; run++) paints.push(await openBare(bare))
  const toRow = opened.map(({ firstRow }) => firstRow)
  const againstBare = (values: readonly number[]) => (median(values) / median(paints)).toFixed(1)
  const toUse = opened.map(({ usable }) => usable)
  const toAll = opened.map(({ all }) => all)
  await report(info, {
    title: `The list of ${total.toLocaleString('en')} vehicles`,
    head: ['', 'time', 'to bare', 'target'],
    rows: [
      ['opened by its address: first row', spread(toRow), againstBare(toRow), ''],
      ['opened by its address: a key typed at the first row has left fewer rows', spread(toUse), againstBare(toUse), '< 1000 ms'],
      ['opened by its address: every vehicle is there', spread(toAll), againstBare(toAll), ''],
      ['bare: a page without script, first paint', spread(paints), '1', ''],
      ['from another page, by the menu: first row', spread(again), '', ''],
      ['a key in the search: fewer rows', spread(keys), '', ''],
    ],
  })
  await report(info, {
    title: `Scrolling through ${total.toLocaleString('en')} vehicles, ${scrolled.seconds.toFixed(0)} s at 8 000 px/s`,
    head: FRAME_HEAD,
    rows: [['the list', ...frameCells(scrolled)], ['an empty page', ...frameCells(floor)]],
  })
})

/** From an empty tab; the key is typed as soon as the first row is there, while the rest still comes. */
async function open(page: Page, total: number): Promise<Opening> {
  await page.goto('about:blank')
  await page.goto('/vehicles', { waitUntil: 'commit' })
  const firstRow = await firstRowAfter(page)
  await page.getByLabel('Search vehicles').focus()
  const usable = firstRow + (await keyToRows(page, '8'))
  await page.keyboard.press('Backspace')
  const all = await lineAfter(page, `All ${total.toLocaleString('en')} vehicles shown`)
  return { firstRow, usable, all }
}

async function openBare(page: Page): Promise<number> {
  await page.goto('about:blank')
  await page.goto(BARE)
  const found = await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime)
  return (await found.jsonValue()) ?? NaN
}

async function comeBack(page: Page): Promise<number> {
  const menu = page.getByRole('navigation', { name: 'Main' })
  await menu.getByRole('link', { name: 'History' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'History' })).toBeVisible()
  await menu.getByRole('link', { name: 'Fleet' }).click()
  return firstRowAfter(page)
}

async function typeWords(page: Page): Promise<number[]> {
  const search = page.getByLabel('Search vehicles')
  const times: number[] = []
  for (const word of words) {
    await search.fill('')
    await search.focus()
    for (const key of word) times.push(await keyToRows(page, key))
  }
  await search.fill('')
  await expect(page.getByText(/^All .* vehicles shown$/)).toBeVisible()
  return times
}

async function scroll(page: Page): Promise<FrameCount> {
  const grid = page.getByRole('grid', { name: 'Vehicles' })
  const box = await grid.boundingBox()
  if (box === null) throw new Error('the table is not on screen')
  const devtools = await page.context().newCDPSession(page)
  const count = await watchFrames(page)
  await devtools.send('Input.synthesizeScrollGesture', {
    x: box.x + box.width / 2, y: box.y + box.height / 2, yDistance: isQuick ? -20_000 : -40_000, speed: 8000, gestureSourceType: 'mouse',
  })
  const counted = await count()
  expect(await grid.evaluate((element) => element.scrollTop), 'how far it scrolled').toBeGreaterThan(isQuick ? 19_000 : 39_000)
  await devtools.detach()
  return counted
}
