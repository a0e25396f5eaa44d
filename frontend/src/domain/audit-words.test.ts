import { expect, it } from 'vitest'
import { actionWords, auditResult, auditSummary, changesOf, otherDetails } from './audit-words'

it('names an action, also one of a newer server', () => {
  expect(actionWords('auth.login')).toBe('Signed in')
  expect(actionWords('fleet.was_sold')).toBe('Fleet was sold')
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
    { name: 'Reason', text: 'asked', isLong: false },
    { name: 'Error', text: '{\n  "code": "x"\n}', isLong: true },
  ])
})

it('takes the result from what became of the thing, where the act itself was allowed', () => {
  const result = (action: string, outcome: 'success' | 'refused' = 'success', details = {}) => auditResult({ action, outcome, details }).label
  expect(result('command.failed')).toBe('Failed')
  expect(result('command.in_progress')).toBe('Done')
  expect(result('command.submitted', 'refused')).toBe('Refused')
  expect(result('vehicle.presence_changed', 'success', { before: 'unknown', after: 'disconnected' })).toBe('Disconnected')
})

it('puts the point of an entry into one line', () => {
  const names = new Map([['v', 'WVWZZZAU5RP000101']])
  expect(auditSummary({ command_name: 'ReadDTC', vehicle_id: 'v', reason: 'asked' }, names)).toBe('on WVWZZZAU5RP000101 · asked')
  expect(auditSummary({ before: 'unknown', after: 'connected', cause: null }, names)).toBe('unknown → connected')
  expect(auditSummary({ before: { a: 1, b: 1, c: 1 }, after: { a: 2, b: 2, c: 2 } }, names)).toBe('a 1 → 2, b 1 → 2 and 1 more')
  expect(auditSummary({ attempt: 1 }, names)).toBeNull()
})
