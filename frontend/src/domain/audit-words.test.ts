import { expect, it } from 'vitest'
import { actionWords, changesOf, otherDetails } from './audit-words'

it('names an action, also one of a newer server', () => {
  expect(actionWords('auth.login')).toBe('Signed in')
  expect(actionWords('fleet.sold')).toBe('fleet.sold')
})

it('sets before and after side by side, field by field', () => {
  const changes = changesOf({ before: { role: 'viewer', email: null }, after: { role: 'admin', email: null }, reason: 'asked' })
  expect(changes).toEqual([
    { field: 'role', before: 'viewer', after: 'admin', isChanged: true },
    { field: 'email', before: '–', after: '–', isChanged: false },
  ])
  expect(changesOf({ after: { vin: 'X' } })).toEqual([{ field: 'vin', before: '–', after: 'X', isChanged: true }])
  expect(changesOf({ reason: 'asked' })).toEqual([])
})

it('keeps everything else of the entry, long things as JSON', () => {
  expect(otherDetails({ before: {}, after: {}, reason: 'asked', error: { code: 'x' } })).toEqual([
    { name: 'reason', text: 'asked', isLong: false },
    { name: 'error', text: '{\n  "code": "x"\n}', isLong: true },
  ])
})
