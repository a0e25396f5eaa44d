/** What tells one vehicle from another at a glance: a colour that its VIN always gives, with the colour's name. */

export interface VehicleColour {
  readonly name: string
  /** CSS colour for a mark beside the words; it carries no meaning of its own. */
  readonly css: string
}

const colours: readonly VehicleColour[] = [
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
  { name: 'grey', css: '#7b8794' },
]

const FNV_OFFSET = 2_166_136_261
const FNV_PRIME = 16_777_619

/** Always the same for a VIN, on every computer. */
export function vehicleColour(vin: string): VehicleColour {
  let hash = FNV_OFFSET
  for (const char of vin) hash = Math.imul(hash ^ char.charCodeAt(0), FNV_PRIME)
  const picked = colours[mixed(hash) % colours.length]
  return picked ?? { name: 'grey', css: '#7b8794' }
}

/** VINs of one fleet differ in a few digits only: this spreads the difference over all bits (MurmurHash3's last step). */
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
