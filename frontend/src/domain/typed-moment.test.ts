import { expect, it } from 'vitest'
import { readTypedMoment, typedMoment } from './typed-moment'

const now = new Date('2026-11-23T13:05:09Z')
const read = (text: string, edge: 'start' | 'end' = 'start', zone = 'Europe/Berlin') => readTypedMoment(text, zone, now, edge)

it('reads a day as its start for From and as its end for Until', () => {
  expect(read('2026-11-22')).toBe('2026-11-21T23:00:00.000Z')
  expect(read('2026-11-22', 'end')).toBe('2026-11-22T22:59:59.999Z')
  expect(read('yesterday')).toBe('2026-11-21T23:00:00.000Z')
  expect(read('Today', 'end')).toBe('2026-11-23T22:59:59.999Z')
})

it('reads a time of day, with the day or for today', () => {
  expect(read('2026-11-22 14:05')).toBe('2026-11-22T13:05:00.000Z')
  expect(read('2026-11-22T14:05:30')).toBe('2026-11-22T13:05:30.000Z')
  expect(read(' 9:30 ')).toBe('2026-11-23T08:30:00.000Z')
  expect(read('2026-11-22 14:05', 'start', 'UTC')).toBe('2026-11-22T14:05:00.000Z')
})

it('reads how long ago', () => {
  expect(read('30 min')).toBe('2026-11-23T12:35:09.000Z')
  expect(read('2h ago')).toBe('2026-11-23T11:05:09.000Z')
  expect(read('7 d')).toBe('2026-11-16T13:05:09.000Z')
})

it('reads a moment copied from the page, and ISO 8601; the name of another zone is refused, not ignored', () => {
  expect(read('2026-11-23 14:05:09 CET')).toBe('2026-11-23T13:05:09.000Z')
  expect(read('2026-11-23 14:05:09 UTC')).toBeNull()
  expect(read('2026-11-23T13:05:09Z')).toBe('2026-11-23T13:05:09.000Z')
})

it('takes nothing that could be read in two ways, and no day that does not exist', () => {
  for (const text of ['11/12/2026', '12.11.2026', '2026-02-31', '2026-13-01', 'soon', '25:70', '']) expect(read(text)).toBeNull()
})

it('writes a moment as it is read', () => {
  expect(typedMoment('2026-11-22T13:05:00.000Z', 'Europe/Berlin')).toBe('2026-11-22 14:05')
  expect(typedMoment(undefined, 'UTC')).toBe('')
})
