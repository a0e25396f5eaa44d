import { expect, test } from 'vitest'
import { dtcOwner, dtcStatusWords, dtcSystem, failureType, statusBits } from './dtc'

test.each([['P0420', 'Powertrain'], ['C0035', 'Chassis'], ['B1000', 'Body'], ['U0100', 'Network']])('%s is of the system %s', (code, name) => {
  expect(dtcSystem(code)?.name).toBe(name)
})

test('a code in another spelling claims nothing', () => {
  expect(dtcSystem('engine-17')).toBeNull()
  expect(dtcOwner('engine-17')).toBeNull()
})

test('who defined it (J2012)', () => {
  expect(dtcOwner('P0420')).toContain('all makes')
  expect(dtcOwner('P1234')).toContain('manufacturer')
  expect(dtcOwner('P2000')).toContain('all makes')
  expect(dtcOwner('P3100')).toContain('manufacturer')
  expect(dtcOwner('P3400')).toContain('all makes')
  expect(dtcOwner('U2100')).toContain('manufacturer')
})

test('failure types', () => {
  expect(failureType('P0420-11')).toBe('circuit short to ground (failure type 0x11)')
  expect(failureType('P0420')).toBeNull()
})

test('all eight bits in words, from the byte or from the names', () => {
  const fromByte = statusBits('0x2F', [])
  expect(fromByte.filter(({ isSet }) => isSet).map(({ bit }) => bit)).toEqual([0, 1, 2, 3, 5])
  expect(fromByte).toHaveLength(8)
  expect(statusBits(null, ['confirmedDTC'])[3]?.isSet).toBe(true)
  expect(statusBits(null, [])).toEqual([])
  expect(dtcStatusWords('aged').label).toBe('aged')
})
