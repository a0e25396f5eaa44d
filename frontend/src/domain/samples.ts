/**
 * Samples of `SubscribeData` as columns for a chart. It grows with the stream and is never copied: 50 samples a second
 * for an hour stay cheap. A missed sample becomes a row of nulls, which breaks the line.
 */
import { isSample, type AnswerChunk } from './answers'
import { numberOf, objectsOf, textOf, type JsonObject } from './answers-read'

export interface SampleSeries {
  readonly key: string
  readonly label: string
  readonly unit: string | null
  /** One per row; null where it was not read, or is not a number. */
  readonly values: (number | null)[]
  /** The values as they came, for those that are not numbers. */
  readonly shown: unknown[]
  /** Kept as samples come in, so that reading them costs no more for a long stream. */
  readonly facts: { last: number; least: number; greatest: number; sum: number; count: number }
}

/** More than this many intervals without a sample is a gap. */
const GAP_INTERVALS = 1.75

export class SampleLog {
  /** Seconds since the first sample. */
  readonly times: number[] = []
  /** When the vehicle was asked (ISO); null for a gap. */
  readonly moments: (string | null)[] = []
  readonly series: SampleSeries[] = []
  /** Samples that are missing between those that came. */
  gaps = 0
  private taken = 0
  private firstAt: number | null = null
  private lastNumber: number | null = null
  private readonly intervalS: number | null

  /** `intervalMs` as it was asked for; null where it is not known. */
  constructor(intervalMs: number | null = null) {
    this.intervalS = intervalMs === null ? null : intervalMs / 1000
  }

  /** Takes what it does not have yet; says whether it grew. `chunks` is the whole stream so far. */
  take(chunks: readonly AnswerChunk[]): boolean {
    const before = this.times.length
    for (; this.taken < chunks.length; this.taken += 1) {
      const payload = chunks[this.taken]?.payload
      if (payload !== undefined && isSample(payload)) this.add(payload)
    }
    return this.times.length > before
  }

  private add(payload: JsonObject): void {
    const sampledAt = textOf(payload.sampledAt) ?? ''
    const time = this.timeOf(payload, sampledAt)
    const number = numberOf(payload.sample)
    this.breakWhereMissed(time, number)
    this.lastNumber = number
    this.row(time, sampledAt)
    for (const item of objectsOf(payload.values)) this.put(item)
  }

  private timeOf(payload: JsonObject, sampledAt: string): number {
    const elapsed = numberOf(payload.elapsedS)
    const at = new Date(sampledAt).getTime() / 1000
    this.firstAt ??= at
    const last = this.times.at(-1) ?? 0
    const time = elapsed ?? at - this.firstAt
    // A chart needs times that do not go back.
    return Number.isFinite(time) ? Math.max(time, last) : last
  }

  private breakWhereMissed(time: number, number: number | null): void {
    const last = this.times.at(-1)
    if (last === undefined) return
    const skipped = number !== null && this.lastNumber !== null ? number - this.lastNumber - 1 : 0
    const late = this.intervalS === null ? 0 : (time - last) / this.intervalS
    const missed = Math.max(skipped, late > GAP_INTERVALS ? Math.round(late) - 1 : 0)
    if (missed <= 0) return
    this.gaps += missed
    this.row((last + time) / 2, null)
  }

  private row(time: number, moment: string | null): void {
    this.times.push(time)
    this.moments.push(moment)
    for (const { values, shown } of this.series) {
      values.push(null)
      shown.push(null)
    }
  }

  private put(item: JsonObject): void {
    const parts = objectsOf(item.values)
    const id = textOf(item.dataId) ?? textOf(item.name) ?? 'value'
    if (parts.length === 0) this.set(id, textOf(item.name) ?? id, item)
    for (const part of parts) {
      const name = textOf(part.name) ?? 'value'
      this.set(`${id} ${name}`, name, part)
    }
  }

  private set(key: string, label: string, item: JsonObject): void {
    let column = this.series.find((one) => one.key === key)
    if (column === undefined) {
      const before = this.times.length
      column = {
        key, label, unit: textOf(item.unit),
        values: new Array<null>(before).fill(null), shown: new Array<null>(before).fill(null),
        facts: { last: 0, least: Infinity, greatest: -Infinity, sum: 0, count: 0 },
      }
      this.series.push(column)
    }
    const row = this.times.length - 1
    const value = typeof item.value === 'boolean' ? Number(item.value) : numberOf(item.value)
    column.values[row] = value
    column.shown[row] = item.value
    if (value === null) return
    const { facts } = column
    facts.last = value
    facts.least = Math.min(facts.least, value)
    facts.greatest = Math.max(facts.greatest, value)
    facts.sum += value
    facts.count += 1
  }
}

export interface SeriesFacts {
  readonly last: number
  readonly least: number
  readonly greatest: number
  readonly mean: number
}

/** Null where the series holds no number. */
export function seriesFacts({ facts: { last, least, greatest, sum, count } }: SampleSeries): SeriesFacts | null {
  return count === 0 ? null : { last, least, greatest, mean: sum / count }
}

/** The mean with one decimal more than its values have, as long as that makes no more than five digits. */
export function shownMean({ last, least, greatest, mean }: SeriesFacts): number {
  const measured = Math.max(...[last, least, greatest].map((value) => /\.(\d+)$/.exec(String(value))?.[1]?.length ?? 0))
  const whole = Math.max(1, Math.floor(Math.log10(Math.max(Math.abs(mean), 1))) + 1)
  return Number(mean.toFixed(Math.min(measured + 1, Math.max(measured, 5 - whole))))
}
