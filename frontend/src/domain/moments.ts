/** Times as people read them. Every text names its zone; the zone is the user's setting, never guessed here. */

/** `local`: the zone of this computer; otherwise an IANA name such as `UTC` or `Europe/Berlin`. */
export type ZoneSetting = string

type Form = 'day' | 'clock' | 'moment' | 'zone'

const day: Intl.DateTimeFormatOptions = { year: 'numeric', month: '2-digit', day: '2-digit' }
const clock: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }
const forms: Record<Form, Intl.DateTimeFormatOptions> = { day, clock, moment: { ...day, ...clock }, zone: { timeZoneName: 'short' } }
const formats = new Map<string, Intl.DateTimeFormat>()

/** Kept: making one takes a hundred times as long as using it, and tables use it for every row that comes into sight. */
function format(zone: ZoneSetting, form: Form): Intl.DateTimeFormat {
  const key = `${form} ${zone}`
  let found = formats.get(key)
  if (found === undefined) {
    // The Swedish spelling is ISO 8601's: 2026-11-23 14:05:09. Its names of zones are not what is wanted.
    found = new Intl.DateTimeFormat(form === 'zone' ? 'en-GB' : 'sv-SE', { ...forms[form], ...(zone === 'local' ? {} : { timeZone: zone }) })
    formats.set(key, found)
  }
  return found
}

/** Whether this browser knows the zone. */
export function isZone(zone: ZoneSetting): boolean {
  if (zone === 'local') return true
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

const QUARTER_MS = 15 * 60_000
const MOST_NAMES = 1000
const names = new Map<string, string>()

/** The zone's short name at that moment: `UTC`, `GMT+1`, `EST`. It changes at full quarters of an hour only. */
export function zoneName(moment: Date, zone: ZoneSetting): string {
  const key = `${String(Math.floor(moment.getTime() / QUARTER_MS))} ${zone}`
  let name = names.get(key)
  if (name === undefined) {
    if (names.size >= MOST_NAMES) names.clear()
    name = findZoneName(moment, zone)
    names.set(key, name)
  }
  return name
}

function findZoneName(moment: Date, zone: ZoneSetting): string {
  const parts = format(zone, 'zone').formatToParts(moment)
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? zone
}

/** `2026-11-23 14:05:09 GMT+1`; with `milliseconds`, `2026-11-23 14:05:09.123 GMT+1`. */
export function formatMoment(iso: string, zone: ZoneSetting, milliseconds = false): string {
  const moment = new Date(iso)
  if (Number.isNaN(moment.getTime())) return iso
  return `${format(zone, 'moment').format(moment)}${fraction(moment, milliseconds)} ${zoneName(moment, zone)}`
}

/** `14:05:09 GMT+1`, for places where the day is clear. */
export function formatClock(iso: string, zone: ZoneSetting, milliseconds = false): string {
  const moment = new Date(iso)
  if (Number.isNaN(moment.getTime())) return iso
  return `${format(zone, 'clock').format(moment)}${fraction(moment, milliseconds)} ${zoneName(moment, zone)}`
}

function fraction(moment: Date, wanted: boolean): string {
  return wanted ? `.${String(moment.getUTCMilliseconds()).padStart(3, '0')}` : ''
}

/** `2026-11-23` in the zone. */
export function formatDay(iso: string, zone: ZoneSetting): string {
  const moment = new Date(iso)
  return Number.isNaN(moment.getTime()) ? iso : format(zone, 'day').format(moment)
}

const steps = [
  { limit: 60, size: 1, unit: 's' },
  { limit: 3600, size: 60, unit: 'min' },
  { limit: 86_400, size: 3600, unit: 'h' },
  { limit: Infinity, size: 86_400, unit: 'd' },
] as const

/** `just now`, `42 s ago`, `3 min ago`, `5 h ago`, `12 d ago`; `in 3 min` for what lies ahead. `now` is in ms. */
export function formatAge(iso: string, now: number): string {
  const at = new Date(iso).getTime()
  if (Number.isNaN(at)) return 'unknown'
  const seconds = (now - at) / 1000
  const distance = Math.abs(seconds)
  if (distance < 2) return 'just now'
  const step = steps.find(({ limit }) => distance < limit) ?? steps[3]
  const text = `${String(Math.floor(distance / step.size))} ${step.unit}`
  return seconds >= 0 ? `${text} ago` : `in ${text}`
}
