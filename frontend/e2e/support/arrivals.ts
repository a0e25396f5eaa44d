/** When a text was first to be seen on a page, by a MutationObserver inside of it: no polling, no sleep. */
import type { Page } from '@playwright/test'

interface Watching extends Window {
  arrivals?: Record<string, number>
}

/** Starts to look, on pages of commands only (a form may show the same text as an example). Survives the page's own navigation. */
export async function watchArrivals(page: Page, texts: readonly string[]): Promise<void> {
  await page.evaluate((wanted) => {
    const seen: Record<string, number> = {}
    ;(window as Watching).arrivals = seen
    function look() {
      const place = document.querySelector('main')
      if (place === null || !/^\/commands\/[0-9a-f-]{36}$/.test(location.pathname)) return
      const text = place.textContent
      for (const one of wanted) if (!(one in seen) && text.includes(one)) seen[one] = performance.now()
    }
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true })
    look()
  }, texts)
}

/** Milliseconds since the page was opened, by text. */
export async function arrivals(page: Page): Promise<Readonly<Record<string, number>>> {
  return page.evaluate(() => (window as Watching).arrivals ?? {})
}
