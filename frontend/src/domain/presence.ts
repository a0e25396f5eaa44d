/** The fleet as a table: which vehicles match, in what order, and what their presence means in words. Pure. */
import type { components } from '@/contracts/openapi'
import { connectionStatusWords, type ConnectionStatus } from './statuses'

type Vehicle = components['schemas']['VehicleOut']

export interface FleetFilter {
  /** Words that must all stand somewhere in VIN, make, model, year, address or metadata. */
  readonly search: string
  readonly status: ConnectionStatus | null
  readonly make: string | null
}

export type FleetColumn = 'vin' | 'make' | 'presence' | 'seen' | 'link'

export interface FleetSort {
  readonly column: FleetColumn
  readonly isDescending: boolean
}

const columns: readonly FleetColumn[] = ['vin', 'make', 'presence', 'seen', 'link']
const byVin: FleetSort = { column: 'vin', isDescending: false }

/** `-seen` is descending by `seen`; anything unknown is by VIN. */
export function readSort(text: string | undefined): FleetSort {
  if (text === undefined) return byVin
  const isDescending = text.startsWith('-')
  const name = isDescending ? text.slice(1) : text
  const column = columns.find((candidate) => candidate === name)
  return column === undefined ? byVin : { column, isDescending }
}

/** Undefined for the usual order, so that the address stays short. */
export function writeSort({ column, isDescending }: FleetSort): string | undefined {
  if (column === 'vin' && !isDescending) return undefined
  return isDescending ? `-${column}` : column
}

/** What a second and a third click on a column head do: the other direction, then the usual order. */
export function nextSort(now: FleetSort, column: FleetColumn): FleetSort {
  if (now.column !== column) return { column, isDescending: column === 'seen' }
  return { column, isDescending: !now.isDescending }
}

const searchTexts = new WeakMap<Vehicle, string>()

/** Everything a search can find, in lower case; kept per vehicle, because every key typed asks for all of them. */
function searchText(vehicle: Vehicle): string {
  let text = searchTexts.get(vehicle)
  if (text === undefined) {
    const { vin, make, model, year, address, metadata, status_cause: cause } = vehicle
    const notes = Object.values(metadata).filter((value) => typeof value === 'string' || typeof value === 'number')
    text = [vin, make, model, year ?? '', address, cause ?? '', ...notes].join(' ').toLowerCase()
    searchTexts.set(vehicle, text)
  }
  return text
}

export function filterFleet(vehicles: readonly Vehicle[], { search, status, make }: FleetFilter): Vehicle[] {
  const words = search.toLowerCase().split(/\s+/).filter((word) => word !== '')
  return vehicles.filter(
    (vehicle) =>
      (status === null || vehicle.connection_status === status) &&
      (make === null || vehicle.make === make) &&
      words.every((word) => searchText(vehicle).includes(word)),
  )
}

/** Trouble first: a sorted list starts with what needs a look. */
const presenceOrder: Record<ConnectionStatus, number> = { error: 0, disconnected: 1, unknown: 2, connected: 3 }

const keys: Record<FleetColumn, (vehicle: Vehicle) => string | number> = {
  vin: ({ vin }) => vin,
  make: ({ make, model, year }) => `${make} ${model} ${String(year ?? '')}`.toLowerCase(),
  presence: ({ connection_status }) => presenceOrder[connection_status],
  seen: ({ last_seen_at }) => last_seen_at ?? '',
  link: ({ address }) => linkName(address),
}

/** Equal ones stay in the order of their VINs, in both directions, so that rows do not dance. */
export function sortFleet(vehicles: readonly Vehicle[], { column, isDescending }: FleetSort): Vehicle[] {
  const key = keys[column]
  const sign = isDescending ? -1 : 1
  const keyed = vehicles.map((vehicle) => ({ vehicle, key: key(vehicle) }))
  keyed.sort((one, other) => {
    if (one.key !== other.key) return one.key < other.key ? -sign : sign
    return one.vehicle.vin < other.vehicle.vin ? -1 : 1
  })
  return keyed.map(({ vehicle }) => vehicle)
}

export function makesOf(vehicles: readonly Vehicle[]): string[] {
  return [...new Set(vehicles.map(({ make }) => make))].sort((one, other) => one.localeCompare(other, 'en'))
}

export function countByStatus(vehicles: readonly Vehicle[]): Record<ConnectionStatus, number> {
  const counts: Record<ConnectionStatus, number> = { connected: 0, disconnected: 0, error: 0, unknown: 0 }
  for (const { connection_status } of vehicles) counts[connection_status] += 1
  return counts
}

/** How the server reaches a vehicle, by its address. */
export function linkName(address: string): 'DoIP' | 'SOVD' | 'Mock' | 'Other' {
  if (address.startsWith('doip:')) return 'DoIP'
  if (address.startsWith('sovd+')) return 'SOVD'
  return address.startsWith('sim:') ? 'Mock' : 'Other'
}

/** Why the presence is what it is, in one sentence: the server's own cause, else what the state means. */
export function presenceReason({ connection_status: status, status_cause: cause }: Pick<Vehicle, 'connection_status' | 'status_cause'>): string {
  return cause ?? connectionStatusWords(status).meaning
}
