import { expect, test } from 'vitest'
import { safeState } from './presence-safe-state'

test('every number has a unit: that of the settings, or that of the answer', () => {
  const conditions = [
    { reading: 'vehicle speed', ecuAddress: '0x1010', dataId: '0xF40D', maximum: 1, unit: 'km/h' },
    { reading: 'voltage', ecuAddress: '0x1050', dataId: '0xF442', minimum: 11, maximum: 15 },
    { reading: 'gear', component: 'transmission', dataIds: ['Gear'], one_of: ['P', 'N'] },
    { reading: 'ignition', component: 'body', dataIds: ['Ignition'], equals: false },
  ]
  expect(safeState({ safe_state: { policy: 'checked', conditions } }).conditions).toEqual([
    'vehicle speed at most 1 km/h (0x1010 0xF40D)',
    'voltage at least 11 and at most 15, in the unit of the vehicle’s answer (0x1050 0xF442)',
    'gear one of P, N (transmission Gear)',
    'ignition exactly false (body Ignition)',
  ])
})

test('what is not checked says so', () => {
  expect(safeState({}).summary).toContain('None set')
  expect(safeState({ safe_state: { policy: 'not_needed' } }).summary).toContain('Not checked')
})
