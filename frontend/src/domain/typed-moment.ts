/** Moments as people type them into a filter, read in the zone that the page shows. Pure. */
import { zoneName, type ZoneSetting } from './moments'
import { fromZonedInput, toZonedInput } from './zoned-input'

/** Which end of a day a date without a time means: `start` for From, `end` for Until. */
export type DayEdge = 'start' | 'end'

export const momentExample = '2026-11-23 14:05'

const stepMs: Readonly<Record<string, number>> = { min: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * The ISO moment that is meant, null where the text is none. Read are `2026-11-23`, `2026-11-23 14:05`, `14:05` and
 * `today` and `yesterday` (in the zone), `30 min`, `2 h` and `7 d` (ago), a moment as this page writes it, and ISO 8601 with an offset.
 */
export function readTypedMoment(text: string, zone: ZoneSetting, now: Date, edge: DayEdge): string | null {
  const typed = text.trim()
  const ago = /^(\d{1,4})\s*(min|h|d)(\s+ago)?$/i.exec(typed)
  if (ago !== null) return new Date(now.getTime() - Number(ago[1]) * (stepMs[(ago[2] ?? '').toLowerCase()] ?? 0)).toISOString()
  if (/T.*(Z|[+-]\d\d:\d\d)$/.test(typed)) return isoOf(typed)
  return onClock(withoutZone(typed, zone), zone, now, edge)
}

/** `2026-11-23 14:05` in the zone; empty where there is no moment. */
export function typedMoment(iso: string | undefined, zone: ZoneSetting): string {
  return toZonedInput(iso, zone).replace('T', ' ')
}

function isoOf(text: string): string | null {
  const at = new Date(text)
  return Number.isNaN(at.getTime()) ? null : at.toISOString()
}

/** Times copied from the page end with the zone's name. */
function withoutZone(text: string, zone: ZoneSetting): string {
  const named = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d+)? (\S+)$/.exec(text)
  if (named?.[1] === undefined) return text
  const at = fromZonedInput(named[1].replace(' ', 'T'), zone)
  return at !== null && zoneName(new Date(at), zone) === named[2] ? named[1] : text
}

function onClock(text: string, zone: ZoneSetting, now: Date, edge: DayEdge): string | null {
  const today = toZonedInput(now.toISOString(), zone).slice(0, 10)
  if (/^today$/i.test(text)) return atDay(today, zone, edge)
  if (/^yesterday$/i.test(text)) return atDay(dayBefore(today), zone, edge)
  if (/^\d\d?:\d\d$/.test(text)) return atTime(today, text, zone)
  const [, day, time] = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d?:\d\d(?::\d\d)?))?$/.exec(text) ?? []
  if (day === undefined) return null
  return time === undefined ? atDay(day, zone, edge) : atTime(day, time, zone)
}

function dayBefore(day: string): string {
  return new Date(new Date(`${day}T12:00:00Z`).getTime() - 86_400_000).toISOString().slice(0, 10)
}

function atDay(day: string, zone: ZoneSetting, edge: DayEdge): string | null {
  return atTime(day, edge === 'start' ? '00:00' : '23:59:59.999', zone)
}

function atTime(day: string, time: string, zone: ZoneSetting): string | null {
  const iso = fromZonedInput(`${day}T${time.padStart(5, '0')}`, zone)
  // 2026-02-31 is not the third of March.
  return iso !== null && toZonedInput(iso, zone).startsWith(day) ? iso : null
}
