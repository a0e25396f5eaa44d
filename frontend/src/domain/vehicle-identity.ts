/** What tells one vehicle from another at a glance: two colours that its VIN always gives, with their names. */

interface Colour {
  readonly name: string
  readonly css: string
}

export interface VehicleColour {
  /** `blue and lime`. */
  readonly name: string
  /** CSS colour of the larger part of the mark; it carries no meaning of its own. */
  readonly css: string
  /** CSS colour of the other half, never the same. */
  readonly second: string
}

const grey: Colour = { name: 'grey', css: '#7b8794' }

const colours: readonly Colour[] = [
  { name: 'red', css: '#d6453d' },
  { name: 'orange', css: '#dd7413' },
  { name: 'yellow', css: '#c99a06' },
  { name: 'lime', css: '#7a9f12' },
  { name: 'green', css: '#2f9e57' },
  { name: 'teal', css: '#128f8b' },
  { name: 'sky', css: '#2b93d6' },
  { name: 'blue', css: '#4a6fe0' },
  { name: 'violet', css: '#8a5ad6' },
  { name: 'magenta', css: '#c043b4' },
  { name: 'brown', css: '#96694a' },
  grey,
]

const FNV_OFFSET = 2_166_136_261
const FNV_PRIME = 16_777_619
/** Prime to the number of colours: neighbours in a series get colours that lie far apart. */
const STRIDE = 5

/**
 * Always the same for a VIN, on every computer: its serial number decides. Twelve serial numbers in a row have twelve
 * first colours, and no two of 132 in a row share both. A larger fleet has marks that occur more than once.
 */
export function vehicleColour(vin: string): VehicleColour {
  const [, serial] = splitVin(vin)
  const number = /^\d+$/.test(serial) ? Number(serial) : hashed(serial)
  const first = (number * STRIDE) % colours.length
  const apart = 1 + (Math.floor(number / colours.length) % (colours.length - 1))
  const one = colours[first] ?? grey
  const other = colours[(first + apart) % colours.length] ?? grey
  return { name: `${one.name} and ${other.name}`, css: one.css, second: other.css }
}

function hashed(text: string): number {
  let hash = FNV_OFFSET
  for (const char of text) hash = Math.imul(hash ^ char.charCodeAt(0), FNV_PRIME)
  return mixed(hash)
}

/** Serial numbers differ in a few characters only: this spreads the difference over all bits (MurmurHash3's last step). */
function mixed(hash: number): number {
  let bits = Math.imul(hash ^ (hash >>> 16), 2_246_822_507)
  bits = Math.imul(bits ^ (bits >>> 13), 3_266_489_909)
  return (bits ^ (bits >>> 16)) >>> 0
}

/** The VIN in two parts: the last six characters are the serial number that people compare. */
export function splitVin(vin: string): readonly [string, string] {
  return [vin.slice(0, -6), vin.slice(-6)]
}

export function vehicleName({ make, model, year }: { readonly make: string; readonly model: string; readonly year: number | null }): string {
  return `${make} ${model}${year === null ? '' : ` ${String(year)}`}`
}
