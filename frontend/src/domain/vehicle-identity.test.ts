import { expect, test } from 'vitest'
import { splitVin, vehicleColour } from './vehicle-identity'

const vin = (series: string, serial: number) => `${series}${String(serial).padStart(6, '0')}`
const both = (one: string) => `${vehicleColour(one).css} ${vehicleColour(one).second}`

test('a VIN always has the same mark, of two different colours', () => {
  expect(vehicleColour('WVWZZZAU5RP000101')).toEqual(vehicleColour('WVWZZZAU5RP000101'))
  const { name, css, second } = vehicleColour('WVWZZZAU5RP000101')
  expect(css).not.toBe(second)
  expect(name).toMatch(/^[a-z]+ and [a-z]+$/)
})

test('132 vehicles in a row have 132 marks, also where the count starts anywhere', () => {
  for (const start of [0, 101, 99_950]) {
    const marks = Array.from({ length: 132 }, (_, index) => both(vin('1SVCMD000RA', start + index)))
    expect(new Set(marks).size).toBe(132)
  }
})

test('vehicles of the demo fleet, of many makers, have marks of their own', () => {
  const serials = [...Array.from({ length: 12 }, (_, index) => 101 + index), 201, 202, 203, 204]
  expect(new Set(serials.map((serial) => both(vin('WVWZZZAU5RP', serial)))).size).toBe(serials.length)
})

test('a serial number with letters has a mark too', () => {
  expect(vehicleColour('5YJ3E1EA4LFA00X9B').css).toMatch(/^#/)
})

test('the serial number stands apart', () => {
  expect(splitVin('WVWZZZAU5RP000101')).toEqual(['WVWZZZAU5RP', '000101'])
})
