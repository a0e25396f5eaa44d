import { expect, test } from 'vitest'
import type { components } from '@/contracts/openapi'
import { filterFleet, linkName, nextSort, readSort, sortFleet, writeSort } from './presence'

type Vehicle = components['schemas']['VehicleOut']

const vehicle = (vin: string, more: Partial<Vehicle> = {}): Vehicle => ({
  vehicle_id: `id-${vin}`, vin, make: 'Audi', model: 'A4', year: 2021, address: 'sim:', metadata: {}, settings: {},
  connection_status: 'connected', status_cause: null, status_since: '2026-01-01T00:00:00Z', last_seen_at: null, created_at: '2026-01-01T00:00:00Z', ...more,
})
const vins = (vehicles: readonly Vehicle[]) => vehicles.map(({ vin }) => vin)
const everything = { search: '', status: null, make: null }

test('every word of a search must stand somewhere, in any order and case', () => {
  const fleet = [vehicle('WAU1'), vehicle('WVW2', { make: 'Volkswagen', model: 'Golf', metadata: { plate: 'B-XY 12' } })]

  expect(vins(filterFleet(fleet, { ...everything, search: 'golf b-xy' }))).toEqual(['WVW2'])
  expect(vins(filterFleet(fleet, { ...everything, search: ' 2021 ' }))).toEqual(['WAU1', 'WVW2'])
  expect(filterFleet(fleet, { ...everything, search: 'golf audi' })).toEqual([])
  expect(vins(filterFleet(fleet, { ...everything, make: 'Audi', status: 'connected' }))).toEqual(['WAU1'])
})

test('sorting keeps equal vehicles in the order of their VINs, in both directions', () => {
  const fleet = [vehicle('C'), vehicle('A'), vehicle('B', { connection_status: 'error' })]

  expect(vins(sortFleet(fleet, { column: 'presence', isDescending: false }))).toEqual(['B', 'A', 'C'])
  expect(vins(sortFleet(fleet, { column: 'presence', isDescending: true }))).toEqual(['A', 'C', 'B'])
})

test('the order in the address is read back as it was written; nonsense is the usual order', () => {
  for (const text of ['seen', '-seen', '-vin', 'make']) expect(writeSort(readSort(text))).toBe(text)
  expect(writeSort(readSort('nonsense'))).toBeUndefined()
  expect(nextSort(readSort('make'), 'make')).toEqual({ column: 'make', isDescending: true })
})

test('10 000 vehicles are searched and sorted', () => {
  const fleet = Array.from({ length: 10_000 }, (_, index) => vehicle(`VIN${String(index).padStart(5, '0')}`))

  expect(sortFleet(filterFleet(fleet, { ...everything, search: '0999' }), readSort('-vin'))[0]?.vin).toBe('VIN09999')
})

test('the link is told from the address', () => {
  expect(['doip://h', 'sovd+https://h', 'sim:?x', 'ftp://h'].map(linkName)).toEqual(['DoIP', 'SOVD', 'Mock', 'Other'])
})
