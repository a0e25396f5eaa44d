/** Between ISO moments and what <input type="datetime-local"> holds, in the zone that the user has chosen. */
import type { ZoneSetting } from './moments'

const MINUTE = 60_000

/** `2026-11-23T14:05` as a clock in the zone shows it; empty where the text is no moment. */
export function toZonedInput(iso: string | undefined, zone: ZoneSetting): string {
  const moment = new Date(iso ?? '')
  if (Number.isNaN(moment.getTime())) return ''
  const options: Intl.DateTimeFormatOptions = {
    year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
  }
  if (zone !== 'local') options.timeZone = zone
  return new Intl.DateTimeFormat('sv-SE', options).format(moment).replace(' ', 'T')
}

/**
 * The ISO moment at which a clock in the zone shows this, null where the text is no time. In the hour that is repeated
 * in autumn it is the first or the second of the two; in the hour left out in spring, the moment after it.
 */
export function fromZonedInput(text: string, zone: ZoneSetting): string | null {
  const asUtc = new Date(`${text}Z`).getTime()
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) || Number.isNaN(asUtc)) return null
  let guess = asUtc
  // The second round takes in a change of the clock between the first guess and the moment itself.
  for (let round = 0; round < 2; round += 1) guess += asUtc - shownAsUtc(guess, zone)
  return new Date(guess).toISOString()
}

function shownAsUtc(moment: number, zone: ZoneSetting): number {
  const whole = Math.floor(moment / MINUTE) * MINUTE
  return new Date(`${toZonedInput(new Date(whole).toISOString(), zone)}Z`).getTime() + (moment - whole)
}
