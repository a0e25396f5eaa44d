import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatShare, joinShort, sharesOf, spansOf, spanTimes, spanWords, type PresencePeriod, type PresenceSpan } from './presence-history'

const minute = 60_000
const at = (minutes: number) => new Date(Date.UTC(2026, 2, 1) + minutes * minute).toISOString()
const ms = (minutes: number) => Date.UTC(2026, 2, 1) + minutes * minute
const window = { from: ms(0), to: ms(100) }

/** Periods that follow each other, newest first, as the server sends them. */
function periods(...beginnings: readonly (readonly [number, PresencePeriod['connection_status']])[]): PresencePeriod[] {
  return beginnings
    .map(([begin, connection_status], index): PresencePeriod => {
      const next = beginnings[index + 1]
      return { connection_status, status_cause: null, since: at(begin), until: next === undefined ? null : at(next[0]), last_seen_at: null }
    })
    .reverse()
}

const drawn = (spans: readonly PresenceSpan[]) => spans.map(({ kind, from, to }) => [kind, (from - ms(0)) / minute, (to - ms(0)) / minute])

test('periods are cut to the window; what is not recorded is said to be', () => {
  const items = periods([10, 'unknown'], [40, 'connected'], [90, 'disconnected'])

  expect(drawn(spansOf({ items, next_before: null }, window))).toEqual([
    ['unrecorded', 0, 10], ['unknown', 10, 40], ['connected', 40, 90], ['disconnected', 90, 100],
  ])
  expect(drawn(spansOf({ items: periods([-500, 'connected']), next_before: null }, window))).toEqual([['connected', 0, 100]])
  expect(drawn(spansOf({ items: [], next_before: null }, window))).toEqual([['unrecorded', 0, 100]])
  expect(spansOf({ items, next_before: at(10) }, window)[0]?.cause).toBe('Only the last 3 changes are drawn.')
})

const anyPeriods = fc.uniqueArray(fc.integer({ min: -50, max: 99 }), { maxLength: 60 }).map((begins) =>
  periods(...begins.sort((one, other) => one - other).map((begin, index) => [begin, index % 2 === 0 ? 'connected' : 'disconnected'] as const)))

test('spans follow each other without gap, in the whole window, however many are joined', () => {
  fc.assert(fc.property(anyPeriods, fc.integer({ min: 0, max: 20 }), (items, shortest) => {
    const all = spansOf({ items, next_before: null }, window)
    const joined = joinShort(all, shortest * minute)
    for (const spans of [all, joined]) {
      expect([spans[0]?.from, spans.at(-1)?.to]).toEqual([window.from, window.to])
      spans.slice(1).forEach((span, index) => expect(span.from).toBe(spans[index]?.to))
    }
    expect(joined.reduce((sum, { changes }) => sum + changes, 0)).toBe(all.length)
    // One long span between two short parts at most: the strip stays walkable.
    expect(joined.length).toBeLessThanOrEqual(shortest === 0 ? all.length : 2 * (100 / shortest) + 4)
    if (items.length > 0) expect(joined.at(-1)).toEqual(all.at(-1)) // what is now is told as it is
  }))
})

test('a single short gap stays what it is; several in a row become one unsteady span', () => {
  const spans = spansOf({ items: periods([-1, 'connected'], [50, 'disconnected'], [51, 'connected'], [70, 'error'], [71, 'connected'], [72, 'error'], [73, 'connected']), next_before: null }, window)
  const joined = joinShort(spans, 2 * minute)

  expect(drawn(joined)).toEqual([
    ['connected', 0, 50], ['disconnected', 50, 51], ['connected', 51, 70], ['mixed', 70, 73], ['connected', 73, 100],
  ])
  expect(spanWords(joined[3]!, 'UTC')).toBe('Unsteady, 3 short periods, 2026-03-01 01:10:00 to 01:13:00 UTC, 3 min 00 s.')
})

test('a span in words names times with their zone, its length and why', () => {
  const span: PresenceSpan = { kind: 'disconnected', cause: 'No way there.', from: ms(5), to: ms(20), isOpen: false, changes: 1 }

  expect(spanWords(span, 'UTC')).toBe('Disconnected, 2026-03-01 00:05:00 to 00:20:00 UTC, 15 min 00 s: No way there.')
  expect(spanTimes({ ...span, from: ms(-5) }, 'UTC')).toBe('2026-02-28 23:55:00 UTC to 2026-03-01 00:20:00 UTC')
  expect(spanTimes({ ...span, isOpen: true }, 'UTC')).toBe('since 2026-03-01 00:05:00 UTC')
})

test('only what is whole is shown as whole', () => {
  expect([0, 1e-9, 0.5, 0.98765, 0.9999999, 1].map(formatShare)).toEqual(['0 %', '0.1 %', '50.0 %', '98.8 %', '99.9 %', '100 %'])
  const summary = { online_share: 0.75, connected_s: 75, disconnected_s: 25, error_s: 0, unknown_s: 0, unrecorded_s: 100 }
  expect(sharesOf(summary)).toEqual([{ kind: 'connected', share: 0.375 }, { kind: 'disconnected', share: 0.125 }, { kind: 'unrecorded', share: 0.5 }])
})
