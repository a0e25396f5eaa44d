/**
 * Frames of a page, as the page itself sees them: one entry per animation frame, in real Chromium. A frame that the page
 * was too busy for is missing between two of them. Also counts how often what is on screen really changed: a page that
 * draws seldom drops no frame either.
 */
import type { Page } from '@playwright/test'

/** Chromium without a screen ticks like one of 60 Hz. */
const TICK_MS = 1000 / 60

export interface FrameCount {
  readonly seconds: number
  /** Processor time of the whole browser, its drawing included, as a share of one core. */
  readonly busy: number
  readonly frames: number
  readonly dropped: number
  readonly longestMs: number
  readonly longTasks: number
  /** Frames in which the text under watch was another one. */
  readonly updates: number
}

interface Raw {
  readonly times: number[]
  longTasks: number
  updates: number
  isOver: boolean
}

interface Watching extends Window {
  frameWatch?: Raw
}

/** Counts until the answer is called. `watched`: selector of an element whose text changes as the page draws. */
export async function watchFrames(page: Page, watched: string | null = null): Promise<() => Promise<FrameCount>> {
  const before = await processorSeconds(page)
  await startWatch(page, watched)
  return async () => {
    const counted = await endWatch(page)
    return { ...counted, busy: ((await processorSeconds(page)) - before) / counted.seconds }
  }
}

async function processorSeconds(page: Page): Promise<number> {
  const browser = await page.context().browser()?.newBrowserCDPSession()
  if (browser === undefined) return NaN
  const { processInfo } = await browser.send('SystemInfo.getProcessInfo')
  await browser.detach()
  return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0)
}

async function startWatch(page: Page, watched: string | null): Promise<void> {
  await page.evaluate((selector) => {
    const raw: Raw = { times: [], longTasks: 0, updates: 0, isOver: false }
    ;(window as Watching).frameWatch = raw
    new PerformanceObserver((list) => {
      raw.longTasks += list.getEntries().length
    }).observe({ type: 'longtask' })
    const element = selector === null ? null : document.querySelector(selector)
    let text = element?.textContent
    function tick(time: number) {
      raw.times.push(time)
      const now = element?.textContent
      if (now !== text) raw.updates += 1
      text = now
      if (!raw.isOver) requestAnimationFrame(tick)
    }
    requestAnimationFrame(tick)
  }, watched)
}

async function endWatch(page: Page): Promise<Omit<FrameCount, 'busy'>> {
  const { times, longTasks, updates } = await page.evaluate(() => {
    const raw = (window as Watching).frameWatch
    if (raw === undefined) throw new Error('watchFrames was not called on this page')
    raw.isOver = true
    return raw
  })
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time))
  return {
    seconds: ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000,
    frames: gaps.length,
    dropped: gaps.reduce((sum, gap) => sum + Math.max(0, Math.round(gap / TICK_MS) - 1), 0),
    longestMs: Math.max(0, ...gaps),
    longTasks,
    updates,
  }
}

export const FRAME_HEAD = ['', 'frames', 'dropped', 'longest frame', 'tasks over 50 ms', 'browser, of a core'] as const

/** As cells of a table. */
export function frameCells({ frames, dropped, longestMs, longTasks, busy }: FrameCount): string[] {
  const share = (dropped / Math.max(1, frames + dropped)) * 100
  return [String(frames), `${String(dropped)} (${share.toFixed(1)} %)`, `${longestMs.toFixed(0)} ms`, String(longTasks), `${(busy * 100).toFixed(0)} %`]
}
