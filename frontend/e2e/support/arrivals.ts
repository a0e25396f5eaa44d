/** In what order texts came to be seen on a page, by a MutationObserver inside of it: no polling, no sleep. */
import type { Page } from '@playwright/test'

interface Watching extends Window {
  arrivals?: string[][]
}

/** Starts to look, on pages of commands only (a form may show the same text as an example). Survives the page's own navigation. */
export async function watchArrivals(page: Page, texts: readonly string[]): Promise<void> {
  await page.evaluate((wanted) => {
    const stages: string[][] = []
    ;(window as Watching).arrivals = stages
    function look() {
      const place = document.querySelector('main')
      if (place === null || !/^\/commands\/[0-9a-f-]{36}$/.test(location.pathname)) return
      const there = wanted.filter((one) => place.textContent.includes(one))
      if (there.length > 0 && there.join() !== stages.at(-1)?.join()) stages.push(there)
    }
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true })
    look()
  }, texts)
}

/** Which of the texts were there together, each time that it changed. */
export async function arrivals(page: Page): Promise<readonly (readonly string[])[]> {
  return page.evaluate(() => (window as Watching).arrivals ?? [])
}
