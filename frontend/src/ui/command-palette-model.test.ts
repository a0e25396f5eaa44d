import { expect, test } from 'vitest'
import { movedTo, paletteGroups, vehicleWords, withRecent, type PaletteSources } from './command-palette-model'

const golf = { vehicle_id: 'g', vin: 'WVWZZZAU5RP000101', make: 'Volkswagen', model: 'Golf', year: 2024 }
const prius = { vehicle_id: 'p', vin: 'JTDKARFU2L3000105', make: 'Toyota', model: 'Prius', year: 2020 }
const sources: PaletteSources = {
  pages: [{ to: '/vehicles', label: 'Fleet', description: 'All vehicles' }, { to: '/commands', label: 'History', description: 'All commands' }],
  commands: [
    { name: 'DiscoverECUs', title: 'Find control units', description: '', risk: 'R0' },
    { name: 'ReadDTC', title: 'Read trouble codes', description: '', risk: 'R0' },
  ],
  vehicles: [golf, prius],
  current: null,
  recent: [],
}
const shown = (typed: string, more: Partial<PaletteSources> = {}) =>
  paletteGroups(typed, { ...sources, ...more }).map(({ title, entries }) => [title, entries.map(({ label }) => label)])

test('everything is offered where nothing is typed, what was used last first', () => {
  expect(shown('', { recent: ['vehicle p', 'gone'] })).toEqual([
    ['Recent', [prius.vin]], ['Vehicles', [golf.vin]], ['Commands', ['Find control units', 'Read trouble codes']], ['Pages', ['Fleet', 'History']],
  ])
})

test('words of a vehicle and of a command together make one entry, the best fit first', () => {
  expect(shown('golf tro')).toEqual([['Send to a vehicle', ['Read trouble codes → …000101', 'Find control units → …000101']]])
  expect(vehicleWords('golf trouble', sources.commands)).toBe('golf')
  expect(vehicleWords('golf', sources.commands)).toBe('golf')
})

test('commands go to the vehicle of the open page', () => {
  const [group] = paletteGroups('read', { ...sources, current: prius })
  expect(group?.entries[0]).toMatchObject({ label: 'Read trouble codes → …000105', target: { kind: 'command', command: 'ReadDTC', vehicleId: 'p' } })
})

test('keys go round the list', () => {
  expect([movedTo('ArrowDown', 2, 3), movedTo('ArrowUp', 0, 3), movedTo('PageDown', 0, 3), movedTo('x', 0, 3), movedTo('ArrowDown', 0, 0)]).toEqual([0, 2, 2, null, null])
})

test('recent entries come once each', () => {
  expect(withRecent(['a', 'b'], 'b')).toEqual(['b', 'a'])
})
