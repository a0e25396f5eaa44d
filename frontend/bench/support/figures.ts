/** What a benchmark found, as rows of a table: collected by the reporter, which prints them at the end. */
import type { TestInfo } from '@playwright/test'

export interface Figures {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export const FIGURES = 'figures'

export async function report(info: TestInfo, figures: Figures): Promise<void> {
  await info.attach(FIGURES, { body: JSON.stringify(figures), contentType: 'application/json' })
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  const middle = sorted.length >> 1
  const [low = NaN, high = NaN] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]]
  return (low + high) / 2
}

export function milliseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`
}

/** The median, with the lowest and the highest single run. */
export function spread(values: readonly number[], form: (value: number) => string = milliseconds): string {
  if (values.length === 1) return form(median(values))
  return `${form(median(values))} (${form(Math.min(...values))} – ${form(Math.max(...values))})`
}

/** Whether to run short: it shows that the benchmark works, its figures mean little. */
export const isQuick = (process.env.SOVD_BENCH_QUICK ?? '') !== ''
