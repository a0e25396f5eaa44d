/** Lengths of time and amounts, with their units. */

/** `0 ms`, `840 ms`, `1.53 s`, `42.1 s`, `3 min 05 s`, `2 h 07 min`, `3 d 4 h`. */
export function formatDuration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds) || milliseconds < 0) return 'unknown'
  if (milliseconds < 999.5) return `${String(Math.round(milliseconds))} ms`
  const seconds = milliseconds / 1000
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${String(Math.floor(whole / 60))} min ${twoDigits(whole % 60)} s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 1440) return `${String(Math.floor(minutes / 60))} h ${twoDigits(minutes % 60)} min`
  return `${String(Math.floor(minutes / 1440))} d ${String(Math.floor((minutes % 1440) / 60))} h`
}

/** Time between two ISO moments, or null where one is missing. */
export function durationBetween(from: string | null | undefined, to: string | null | undefined): number | null {
  if (from == null || to == null) return null
  const length = new Date(to).getTime() - new Date(from).getTime()
  return Number.isNaN(length) ? null : length
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}

const counts = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** `10,000`. */
export function formatNumber(count: number): string {
  return counts.format(count)
}

/** `10,000 vehicles`, `1 vehicle`. Give `plural` where an s is not enough. */
export function formatCount(count: number, noun: string, plural = `${noun}s`): string {
  return `${counts.format(count)} ${count === 1 ? noun : plural}`
}

const values = new Intl.NumberFormat('en', { maximumSignificantDigits: 8, useGrouping: false })

/** A measured value with its unit: `13.8 V`, `90 °C`, `on`. A thin fixed space keeps both on one line. */
export function formatQuantity(value: unknown, unit?: string | null): string {
  const text = valueText(value)
  return unit == null || unit === '' ? text : `${text}\u202f${unit}`
}

function valueText(value: unknown): string {
  switch (typeof value) {
    case 'number':
      return values.format(value)
    case 'string':
      return value
    case 'boolean':
      return value ? 'yes' : 'no'
    case 'undefined':
      return '–'
    default:
      return value === null ? '–' : JSON.stringify(value)
  }
}
