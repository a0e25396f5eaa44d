import { expect, test } from 'vitest'
import { splitVin, vehicleColour } from './vehicle-identity'

test('a VIN always has the same colour, and a fleet uses all of them', () => {
  expect(vehicleColour('WVWZZZAU5RP000101')).toEqual(vehicleColour('WVWZZZAU5RP000101'))
  const names = Array.from({ length: 200 }, (_, index) => vehicleColour(`1SVCMD000RA${String(index).padStart(6, '0')}`).name)
  expect(new Set(names).size).toBe(12)
})

test('the serial number stands apart', () => {
  expect(splitVin('WVWZZZAU5RP000101')).toEqual(['WVWZZZAU5RP', '000101'])
})
