/** The figures of Lighthouse, from the same browser interfaces, read by the page itself. */
import type { Page } from '@playwright/test'

export interface Vitals {
  /** First contentful paint, largest contentful paint: ms since the navigation began. */
  readonly fcp: number
  readonly lcp: number
  /** Total blocking time: what tasks take beyond 50 ms, from the first paint on. */
  readonly tbt: number
  /** Cumulative layout shift. */
  readonly cls: number
  /** As transferred, so compressed: bodies and headers. */
  readonly scriptBytes: number
  readonly bytes: number
}

interface Task {
  readonly end: number
  readonly duration: number
}

interface Watching extends Window {
  vitals?: { lcp: number; cls: number; tasks: Task[] }
}

interface LayoutShift extends PerformanceEntry {
  readonly value: number
  readonly hadRecentInput: boolean
}

/** Watches from the first moment of every page that is opened from now on. */
export async function watchVitals(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const vitals = { lcp: 0, cls: 0, tasks: [] as Task[] }
    ;(window as Watching).vitals = vitals
    function observe(type: string, take: (entry: PerformanceEntry) => void) {
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) take(entry)
      }).observe({ type, buffered: true })
    }
    observe('largest-contentful-paint', ({ startTime }) => {
      vitals.lcp = startTime
    })
    observe('layout-shift', (entry) => {
      const { value, hadRecentInput } = entry as LayoutShift
      if (!hadRecentInput) vitals.cls += value
    })
    observe('longtask', ({ startTime, duration }) => vitals.tasks.push({ end: startTime + duration, duration }))
  })
}

/** Call it once the page shows all it has. */
export async function readVitals(page: Page): Promise<Vitals> {
  return page.evaluate(async () => {
    // What the observers were not told yet comes before the second frame.
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
    const vitals = (window as Watching).vitals
    if (vitals === undefined) throw new Error('watchVitals was not called before the page was opened')
    const fcp = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN
    const loads = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')] as PerformanceResourceTiming[]
    const sum = (chosen: readonly PerformanceResourceTiming[]) => chosen.reduce((bytes, { transferSize }) => bytes + transferSize, 0)
    return {
      fcp,
      lcp: vitals.lcp,
      tbt: vitals.tasks.reduce((blocked, { end, duration }) => blocked + Math.max(0, Math.min(duration, end - fcp) - 50), 0),
      cls: vitals.cls,
      scriptBytes: sum(loads.filter(({ name }) => new URL(name).pathname.endsWith('.js'))),
      bytes: sum(loads),
    }
  })
}
