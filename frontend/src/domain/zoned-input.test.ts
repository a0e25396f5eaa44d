import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fromZonedInput, toZonedInput } from './zoned-input'

it('shows a moment as the clock of the zone does', () => {
  expect(toZonedInput('2026-11-23T13:05:09Z', 'Europe/Berlin')).toBe('2026-11-23T14:05')
  expect(toZonedInput('2026-11-23T23:30:00Z', 'Asia/Kolkata')).toBe('2026-11-24T05:00')
  expect(toZonedInput('yesterday', 'UTC')).toBe('')
  expect(toZonedInput(undefined, 'UTC')).toBe('')
})

it('reads what the clock shows, also next to a change of the clock', () => {
  expect(fromZonedInput('2026-11-23T14:05', 'Europe/Berlin')).toBe('2026-11-23T13:05:00.000Z')
  expect(fromZonedInput('2026-03-29T01:59', 'Europe/Berlin')).toBe('2026-03-29T00:59:00.000Z')
  expect(fromZonedInput('2026-03-29T03:00', 'Europe/Berlin')).toBe('2026-03-29T01:00:00.000Z')
  expect(fromZonedInput('', 'UTC')).toBeNull()
  expect(fromZonedInput('soon', 'UTC')).toBeNull()
})

it('comes back to the same text from any moment in any zone', () => {
  const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'local')
  const moments = fc.date({ min: new Date('2020-01-01'), max: new Date('2035-01-01'), noInvalidDate: true })
  fc.assert(
    fc.property(moments, zones, (moment, zone) => {
      const text = toZonedInput(moment.toISOString(), zone)
      const back = fromZonedInput(text, zone)
      expect(back === null ? null : toZonedInput(back, zone)).toBe(text)
    }),
    { numRuns: 100 },
  )
})
