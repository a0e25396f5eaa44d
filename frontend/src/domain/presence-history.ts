/** A vehicle's presence in the past, as spans of a strip and in words. Pure; times in ms. */
import type { components } from '@/contracts/openapi'
import { formatDuration } from './durations'
import { formatClock, formatDay, formatMoment, type ZoneSetting } from './moments'
import { connectionStatusWords, type ConnectionStatus } from './statuses'

export type PresenceHistory = components['schemas']['PresenceHistoryOut']
export type PresencePeriod = components['schemas']['PresencePeriodOut']

/** `mixed` stands for several changes that are too short to be drawn one by one. */
export type SpanKind = ConnectionStatus | 'unrecorded' | 'mixed'

export interface PresenceSpan {
  readonly kind: SpanKind
  readonly cause: string | null
  readonly from: number
  readonly to: number
  /** It goes on now. */
  readonly isOpen: boolean
  /** Changes in it; more than 1 for `mixed` only. */
  readonly changes: number
}

export interface StripWindow {
  readonly from: number
  readonly to: number
}

const time = (iso: string) => new Date(iso).getTime()

/** What to draw in the window, oldest first and without gaps: each period cut to the window, the rest unrecorded. */
export function spansOf({ items, next_before: nextBefore }: Pick<PresenceHistory, 'items' | 'next_before'>, { from, to }: StripWindow): PresenceSpan[] {
  const spans: PresenceSpan[] = []
  for (const { connection_status: kind, status_cause: cause, since, until } of [...items].reverse()) {
    const span = { kind, cause, from: Math.max(from, time(since)), to: Math.min(to, until === null ? to : time(until)), isOpen: until === null, changes: 1 }
    if (span.to > span.from) spans.push(span)
  }
  const first = spans[0]?.from ?? to
  if (first > from) {
    const cause = nextBefore === null ? 'Nothing was recorded then.' : `Only the last ${String(items.length)} changes are drawn.`
    spans.unshift({ kind: 'unrecorded', cause, from, to: first, isOpen: false, changes: 1 })
  }
  return spans
}

/**
 * Neighbours that are both shorter than `shortest` become one `mixed` span, so that the eye and the keys get through.
 * What is now always stays a span of its own.
 */
export function joinShort(spans: readonly PresenceSpan[], shortest: number): PresenceSpan[] {
  const joined: PresenceSpan[] = []
  for (const span of spans) {
    const last = joined.at(-1)
    if (last !== undefined && isShort(last, shortest) && isShort(span, shortest)) {
      joined[joined.length - 1] = { kind: 'mixed', cause: null, from: last.from, to: span.to, isOpen: false, changes: last.changes + 1 }
    } else joined.push(span)
  }
  return joined
}

/** A mixed span stays short: however long it gets, short ones that follow belong to it. */
function isShort({ kind, from, to, isOpen }: PresenceSpan, shortest: number): boolean {
  return kind === 'mixed' || (kind !== 'unrecorded' && !isOpen && to - from < shortest)
}

const otherWords = { unrecorded: 'Not recorded', mixed: 'Unsteady' } as const

export function spanLabel(kind: SpanKind): string {
  return kind === 'unrecorded' || kind === 'mixed' ? otherWords[kind] : connectionStatusWords(kind).label
}

/** `14:02:11 to 14:08:13 GMT+1`; with the days where they differ; `since …` for what goes on. */
export function spanTimes({ from, to, isOpen }: Pick<PresenceSpan, 'from' | 'to' | 'isOpen'>, zone: ZoneSetting): string {
  const [start, end] = [new Date(from).toISOString(), new Date(to).toISOString()]
  if (isOpen) return `since ${formatMoment(start, zone)}`
  if (formatDay(start, zone) !== formatDay(end, zone)) return `${formatMoment(start, zone)} to ${formatMoment(end, zone)}`
  return `${formatDay(start, zone)} ${formatClock(start, zone).replace(/ .*$/, '')} to ${formatClock(end, zone)}`
}

/** One span as a sentence: for the line below the strip and for those who hear the page. */
export function spanWords(span: PresenceSpan, zone: ZoneSetting): string {
  const what = span.kind === 'mixed' ? `${spanLabel(span.kind)}, ${String(span.changes)} short periods` : spanLabel(span.kind)
  const words = `${what}, ${spanTimes(span, zone)}, ${formatDuration(span.to - span.from)}`
  return span.cause === null ? `${words}.` : `${words}: ${span.cause}`
}

/** `100 %` and `0 %` only where nothing is missing. */
export function formatShare(share: number): string {
  if (share <= 0) return '0 %'
  return share >= 1 ? '100 %' : `${Math.min(99.9, Math.max(0.1, share * 100)).toFixed(1)} %`
}

export interface SpanShare {
  readonly kind: Exclude<SpanKind, 'mixed'>
  readonly share: number
}

/** The kinds that occur, and their share of the whole span. */
export function sharesOf({ connected_s, disconnected_s, error_s, unknown_s, unrecorded_s }: PresenceHistory['summary']): SpanShare[] {
  const lengths = { connected: connected_s, disconnected: disconnected_s, error: error_s, unknown: unknown_s, unrecorded: unrecorded_s }
  const whole = Object.values(lengths).reduce((sum, length) => sum + length, 0)
  const kinds = ['connected', 'disconnected', 'error', 'unknown', 'unrecorded'] as const
  return kinds.filter((kind) => lengths[kind] > 0).map((kind) => ({ kind, share: lengths[kind] / whole }))
}
