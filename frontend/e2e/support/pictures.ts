/** Takes one picture for each width, into frontend/screenshots/. */
import { fileURLToPath } from 'node:url'
import type { Page } from '@playwright/test'

const folder = fileURLToPath(new URL('../../screenshots', import.meta.url))
const sizes = [{ width: 1440, height: 900 }, { width: 768, height: 1024 }] as const

export const schemes = ['light', 'dark'] as const
export type Scheme = (typeof schemes)[number]

export function photographer(colours: Scheme) {
  return async function take(page: Page, name: string): Promise<void> {
    for (const size of sizes) {
      await page.setViewportSize(size)
      // One frame for the layout, one for what the layout starts (charts, virtual rows).
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
      await page.screenshot({ path: `${folder}/${name}-${colours}-${String(size.width)}.png`, fullPage: true })
    }
    await page.setViewportSize(sizes[0])
  }
}
