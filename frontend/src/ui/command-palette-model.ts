/** What the command palette offers for what is typed: pure. */
import type { RiskClass } from '@/domain/risk'
import { riskWords } from '@/domain/risk'
import { vehicleName } from '@/domain/vehicle-identity'

export type PaletteTarget =
  | { readonly kind: 'page'; readonly to: string }
  | { readonly kind: 'vehicle'; readonly vehicleId: string }
  /** `vehicleId` null: the vehicle is chosen afterwards. */
  | { readonly kind: 'command'; readonly command: string; readonly vehicleId: string | null }

export interface PaletteEntry {
  readonly id: string
  readonly label: string
  readonly detail: string
  /** For the colour mark of a vehicle. */
  readonly vin: string | null
  readonly target: PaletteTarget
}

export interface PaletteGroup {
  readonly title: string
  readonly entries: readonly PaletteEntry[]
}

export interface PaletteVehicle {
  readonly vehicle_id: string
  readonly vin: string
  readonly make: string
  readonly model: string
  readonly year: number | null
}

export interface PaletteSources {
  readonly pages: readonly { readonly to: string; readonly label: string; readonly description: string }[]
  /** Empty where the role may not send. */
  readonly commands: readonly { readonly name: string; readonly title: string; readonly description: string; readonly risk: RiskClass }[]
  /** Those that the server found for `vehicleWords`, or the first ones. */
  readonly vehicles: readonly PaletteVehicle[]
  /** The vehicle of the page that is open: commands go to it. */
  readonly current: PaletteVehicle | null
  /** Ids of entries used last, newest first. */
  readonly recent: readonly string[]
}

const MOST = { vehicles: 8, combinations: 6, recent: 5 } as const

export function paletteGroups(typed: string, sources: PaletteSources): readonly PaletteGroup[] {
  const words = wordsOf(typed)
  const pages = sources.pages.map(pageEntry).filter((entry) => fits(entry, words))
  const commands = sources.commands.map((command) => commandEntry(command, sources.current)).filter((entry) => fits(entry, words))
  const vehicles = sources.vehicles.map(vehicleEntry)
  const found = vehicles.filter((entry) => fits(entry, words)).slice(0, MOST.vehicles)
  const groups: PaletteGroup[] = [
    { title: 'Recent', entries: words.length === 0 ? recentEntries(sources, [...pages, ...commands, ...vehicles]) : [] },
    { title: 'Send to this vehicle', entries: sources.current === null ? [] : commands },
    { title: 'Send to a vehicle', entries: combinations(words, sources) },
    { title: 'Vehicles', entries: found },
    { title: 'Commands', entries: sources.current === null ? commands : [] },
    { title: 'Pages', entries: pages },
  ]
  const taken = new Set<string>()
  return groups.flatMap(({ title, entries }) => {
    const fresh = ranked(entries.filter(({ id }) => !taken.has(id)), words)
    for (const { id } of fresh) taken.add(id)
    return fresh.length === 0 ? [] : [{ title, entries: fresh }]
  })
}

function recentEntries({ recent }: PaletteSources, known: readonly PaletteEntry[]): readonly PaletteEntry[] {
  return recent.flatMap((id) => known.find((entry) => entry.id === id) ?? []).slice(0, MOST.recent)
}

/** `golf trouble`: words of which some name a vehicle and the others a command. */
function combinations(words: readonly string[], { commands, vehicles }: PaletteSources): readonly PaletteEntry[] {
  if (words.length < 2) return []
  const found: PaletteEntry[] = []
  for (const vehicle of vehicles) {
    const named = vehicleEntry(vehicle)
    const others = words.filter((word) => !fits(named, [word]))
    if (others.length === 0 || others.length === words.length) continue
    for (const command of commands) {
      const entry = commandEntry(command, vehicle)
      if (fits({ ...entry, detail: command.name }, others)) found.push(entry)
    }
  }
  return found.slice(0, MOST.combinations)
}

/** The words to look for vehicles by on the server: those that name no command. */
export function vehicleWords(typed: string, commands: PaletteSources['commands']): string {
  const words = wordsOf(typed)
  if (words.length < 2) return typed.trim()
  const entries = commands.map((command) => commandEntry(command, null))
  const free = words.filter((word) => !entries.some((entry) => fits(entry, [word])))
  return free.length === 0 ? typed.trim() : free.join(' ')
}

/** The newest first, none twice. */
export function withRecent(recent: readonly string[], id: string): readonly string[] {
  return [id, ...recent.filter((other) => other !== id)].slice(0, 12)
}

function pageEntry({ to, label, description }: PaletteSources['pages'][number]): PaletteEntry {
  return { id: `page ${to}`, label, detail: description, vin: null, target: { kind: 'page', to } }
}

function vehicleEntry(vehicle: PaletteVehicle): PaletteEntry {
  const { vehicle_id: vehicleId, vin } = vehicle
  return { id: `vehicle ${vehicleId}`, label: vin, detail: vehicleName(vehicle), vin, target: { kind: 'vehicle', vehicleId } }
}

function commandEntry({ name, title, risk }: PaletteSources['commands'][number], vehicle: PaletteVehicle | null): PaletteEntry {
  const vehicleId = vehicle?.vehicle_id ?? null
  return {
    id: `command ${name}${vehicleId === null ? '' : ` ${vehicleId}`}`,
    label: vehicle === null ? title : `${title} → …${vehicle.vin.slice(-6)}`,
    detail: vehicle === null ? `${name} · ${riskWords(risk).label.toLowerCase()}` : `${name} · ${vehicleName(vehicle)}`,
    vin: vehicle?.vin ?? null,
    target: { kind: 'command', command: name, vehicleId },
  }
}

function wordsOf(typed: string): readonly string[] {
  return typed.toLowerCase().split(/\s+/).filter((word) => word !== '')
}

function fits({ label, detail }: Pick<PaletteEntry, 'label' | 'detail'>, words: readonly string[]): boolean {
  const text = `${label} ${detail}`.toLowerCase()
  return words.every((word) => text.includes(word))
}

/** Those in which the words begin a word come first: `tro` is rather trouble than control. */
function ranked(entries: readonly PaletteEntry[], words: readonly string[]): readonly PaletteEntry[] {
  const misses = ({ label, detail }: PaletteEntry) => {
    const starts = ` ${label} ${detail}`.toLowerCase()
    return words.filter((word) => !starts.includes(` ${word}`)).length
  }
  return entries.toSorted((one, other) => misses(one) - misses(other))
}

/** The entry reached from `active` by a key; the list goes round. */
export function movedTo(key: string, active: number, count: number): number | null {
  if (count === 0) return null
  switch (key) {
    case 'ArrowDown':
      return (active + 1) % count
    case 'ArrowUp':
      return (active - 1 + count) % count
    case 'PageDown':
      return Math.min(active + 8, count - 1)
    case 'PageUp':
      return Math.max(active - 8, 0)
    default:
      return null
  }
}
