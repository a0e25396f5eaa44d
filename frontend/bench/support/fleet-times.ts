/** When the list of vehicles shows what, as the page itself sees it: no waiting of the test's own is in these figures. */
import type { Page } from '@playwright/test'

interface Line {
  readonly text: string
  readonly at: number
}

interface Watch {
  firstRow: number | null
  keyAt: number | null
  clickAt: number
  readonly lines: Line[]
}

interface Watching extends Window {
  fleetWatch?: Watch
}

/** Watches every page that is opened from now on. Moments are those of the frame after the change. */
export async function watchFleet(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const watch: Watch = { firstRow: null, keyAt: null, clickAt: 0, lines: [] }
    ;(window as Watching).fleetWatch = watch
    addEventListener('keydown', ({ timeStamp }) => {
      watch.keyAt = timeStamp
      watch.lines.length = 0
    }, true)
    addEventListener('click', ({ timeStamp }) => {
      Object.assign(watch, { clickAt: timeStamp, firstRow: null })
      watch.lines.length = 0
    }, true)
    let isPlanned = false
    function look() {
      isPlanned = false
      if (document.querySelector('[data-vehicle]') !== null) watch.firstRow ??= performance.now()
      for (const { textContent: text } of document.querySelectorAll('main [role="status"]')) {
        if (text.includes('shown') && watch.lines.at(-1)?.text !== text) watch.lines.push({ text, at: performance.now() })
      }
    }
    new MutationObserver(() => {
      if (isPlanned) return
      isPlanned = true
      requestAnimationFrame(look)
    }).observe(document, { childList: true, subtree: true, characterData: true })
  })
}

/** Milliseconds from the navigation, or from the last click, to the first row. */
export async function firstRowAfter(page: Page): Promise<number> {
  await page.locator('[data-vehicle]').first().waitFor()
  const found = await page.waitForFunction(() => {
    const watch = (window as Watching).fleetWatch
    return watch?.firstRow == null ? null : { ms: watch.firstRow - watch.clickAt }
  })
  return (await found.jsonValue())?.ms ?? NaN
}

/** Milliseconds from the navigation until the line over the table says this. */
export async function lineAfter(page: Page, text: string): Promise<number> {
  const found = await page.waitForFunction((wanted) => {
    const line = (window as Watching).fleetWatch?.lines.find((one) => one.text.startsWith(wanted))
    return line === undefined ? null : { ms: line.at }
  }, text, { timeout: 60_000 })
  return (await found.jsonValue())?.ms ?? NaN
}

/** Presses a key in the search: milliseconds until the rows are those that it leaves. It must leave fewer. */
export async function keyToRows(page: Page, key: string): Promise<number> {
  await page.keyboard.press(key)
  const found = await page.waitForFunction(() => {
    const watch = (window as Watching).fleetWatch
    const line = watch?.lines.find(({ text }) => / of .* shown/.test(text))
    return line === undefined || watch?.keyAt == null ? null : { ms: line.at - watch.keyAt }
  })
  return (await found.jsonValue())?.ms ?? NaN
}
