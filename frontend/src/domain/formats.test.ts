import { expect, test } from 'vitest'
import { durationBetween, formatCount, formatDuration, formatQuantity } from './durations'
import { formatAge, formatClock, formatDay, formatMoment, isZone } from './moments'

const moment = '2026-01-15T13:05:09.123Z'

test('moments name their zone', () => {
  expect(formatMoment(moment, 'UTC')).toBe('2026-01-15 13:05:09 UTC')
  expect(formatMoment(moment, 'UTC', true)).toBe('2026-01-15 13:05:09.123 UTC')
  expect(formatMoment(moment, 'Asia/Tokyo')).toBe('2026-01-15 22:05:09 GMT+9')
  expect(formatClock(moment, 'Europe/Berlin')).toBe('14:05:09 CET')
  expect(formatDay('2026-01-15T23:30:00Z', 'Asia/Tokyo')).toBe('2026-01-16')
  expect(formatMoment('nonsense', 'UTC')).toBe('nonsense')
  expect(isZone('Mars/Olympus')).toBe(false)
})

test.each([
  [0, 'just now'], [42_000, '42 s ago'], [200_000, '3 min ago'], [5 * 3_600_000, '5 h ago'],
  [12 * 86_400_000, '12 d ago'], [-200_000, 'in 3 min'],
])('an age of %d ms is %s', (age, text) => {
  expect(formatAge(moment, new Date(moment).getTime() + age)).toBe(text)
})

test.each([
  [0, '0 ms'], [840, '840 ms'], [1530, '1.53 s'], [42_100, '42.1 s'], [59_990, '1 min 00 s'], [185_000, '3 min 05 s'],
  [7_620_000, '2 h 07 min'], [273_600_000, '3 d 4 h'], [-1, 'unknown'], [Number.NaN, 'unknown'],
])('a duration of %d ms is %s', (length, text) => {
  expect(formatDuration(length)).toBe(text)
})

test('amounts carry their units', () => {
  expect(formatQuantity(13.8, 'V')).toBe('13.8\u202fV')
  expect(formatQuantity(true)).toBe('yes')
  expect(formatQuantity(null, 'V')).toBe('–\u202fV')
  expect(formatQuantity({ a: 1 })).toBe('{"a":1}')
  expect(formatCount(1, 'vehicle')).toBe('1 vehicle')
  expect(formatCount(10_000, 'vehicle')).toBe('10,000 vehicles')
  expect(durationBetween(moment, '2026-01-15T13:05:10.123Z')).toBe(1000)
  expect(durationBetween(moment, null)).toBeNull()
})
