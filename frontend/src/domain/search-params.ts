/** What stands in the address of each page. Unknown or wrong values fall away, so that an old link still opens. */
import type { CommandStatus, ConnectionStatus } from './statuses'
import { isUuid } from './uuid'

type Raw = Record<string, unknown>

/** `undefined` members are left out, as the router and exactOptionalPropertyTypes want it. */
function present<T extends object>(members: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T
}

function text(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** An id that cannot be one finds nothing. */
function id(value: unknown): string | undefined {
  return typeof value === 'string' && isUuid(value) ? value : undefined
}

/** A moment that the server understands: ISO 8601 with its zone. */
function moment(value: unknown): string | undefined {
  const isIso = typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(value)
  return isIso && !Number.isNaN(new Date(value).getTime()) ? value : undefined
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((candidate) => candidate === value)
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined
}

const connectionStatuses: readonly ConnectionStatus[] = ['connected', 'disconnected', 'error', 'unknown']
const commandStatuses: readonly CommandStatus[] = [
  'pending', 'in_progress', 'completed', 'failed', 'outcome_unknown', 'expired', 'cancelled',
]

export interface FleetSearch {
  readonly search?: string
  readonly status?: ConnectionStatus
  readonly make?: string
  /** Column, with a leading `-` for descending. */
  readonly sort?: string
}

export const fleetSearch = (raw: Raw): FleetSearch =>
  present<FleetSearch>({
    search: text(raw.search), status: oneOf(raw.status, connectionStatuses), make: text(raw.make), sort: text(raw.sort),
  })

export interface VehicleSearch {
  readonly tab?: string
  readonly entity?: string
}

export const vehicleSearch = (raw: Raw): VehicleSearch =>
  present<VehicleSearch>({ tab: text(raw.tab), entity: text(raw.entity) })

export interface SendSearch {
  /** Vehicle ids, separated by commas. */
  readonly vehicles?: string
  readonly command?: string
  /** A command to send again: its parameters fill the form. */
  readonly again?: string
  /** JSON of parameters to start from. */
  readonly params?: string
}

export const sendSearch = (raw: Raw): SendSearch =>
  present<SendSearch>({
    vehicles: text(raw.vehicles),
    command: text(raw.command),
    again: text(raw.again),
    params: typeof raw.params === 'object' && raw.params !== null ? JSON.stringify(raw.params) : text(raw.params),
  })

export interface BatchSearch {
  /** Command ids, packed (src/domain/command-drafts.ts). */
  readonly commands?: string
  /** Vehicles whose command the server did not take, packed. */
  readonly unsent?: string
  readonly show?: 'all' | 'failed' | 'open'
}

export const batchSearch = (raw: Raw): BatchSearch =>
  present<BatchSearch>({
    commands: text(raw.commands),
    unsent: text(raw.unsent),
    show: oneOf(raw.show, ['all', 'failed', 'open'] as const),
  })

export interface CommandSearch {
  readonly view?: string
}

export const commandSearch = (raw: Raw): CommandSearch => present<CommandSearch>({ view: text(raw.view) })

export interface HistorySearch {
  readonly vehicle?: string
  readonly status?: CommandStatus
  readonly command?: string
  readonly user?: string
  /** ISO moments. */
  readonly since?: string
  readonly until?: string
  readonly page?: number
}

export const historySearch = (raw: Raw): HistorySearch =>
  present<HistorySearch>({
    vehicle: id(raw.vehicle),
    status: oneOf(raw.status, commandStatuses),
    command: text(raw.command),
    user: id(raw.user),
    since: moment(raw.since),
    until: moment(raw.until),
    page: count(raw.page),
  })

export interface CompareSearch {
  readonly left?: string
  readonly right?: string
}

export const compareSearch = (raw: Raw): CompareSearch =>
  present<CompareSearch>({ left: id(raw.left), right: id(raw.right) })

export interface AuditSearch {
  readonly search?: string
  readonly action?: string
  readonly outcome?: string
  readonly actor?: string
  readonly since?: string
  readonly until?: string
  readonly entry?: string
  readonly page?: number
}

export const auditSearch = (raw: Raw): AuditSearch =>
  present<AuditSearch>({
    search: text(raw.search),
    action: text(raw.action),
    outcome: text(raw.outcome),
    actor: text(raw.actor),
    since: moment(raw.since),
    until: moment(raw.until),
    entry: text(raw.entry),
    page: count(raw.page),
  })

export interface UsersSearch {
  readonly search?: string
  readonly user?: string
}

export const usersSearch = (raw: Raw): UsersSearch =>
  present<UsersSearch>({ search: text(raw.search), user: text(raw.user) })
