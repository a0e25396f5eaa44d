/** One command sent to many vehicles, as rows: pure. */
import type { Command } from '@/api/queries/commands'
import type { Vehicle } from '@/api/queries/vehicles'
import { durationBetween } from '@/domain/durations'
import { commandStatusWords, isTerminal, type Tone } from '@/domain/statuses'
import { vehicleName } from '@/domain/vehicle-identity'

export interface BatchRow {
  readonly key: string
  readonly vehicleId: string | null
  readonly vehicle: Vehicle | null
  readonly commandId: string | null
  /** null where it was not sent, or could not be read yet. */
  readonly command: Command | null
  /** Why there is no answer, or what came of it. */
  readonly note: string
}

export type BatchShow = 'all' | 'failed' | 'open'

interface Sources {
  readonly commandIds: readonly string[]
  readonly commands: ReadonlyMap<string, Command>
  readonly unsent: readonly string[]
  /** Why a vehicle got nothing, by vehicle; known only right after sending. */
  readonly unsentBecause: Readonly<Record<string, string>>
  readonly vehicles: ReadonlyMap<string, Vehicle>
}

export function batchRows({ commandIds, commands, unsent, unsentBecause, vehicles }: Sources): readonly BatchRow[] {
  const sent = commandIds.map((commandId): BatchRow => {
    const command = commands.get(commandId) ?? null
    const vehicleId = command?.vehicle_id ?? null
    return { key: commandId, vehicleId, vehicle: vehicles.get(vehicleId ?? '') ?? null, commandId, command, note: noteOf(command, vehicles.get(vehicleId ?? '') ?? null) }
  })
  const refused = unsent.map((vehicleId): BatchRow => {
    const note = unsentBecause[vehicleId] ?? 'The server did not take it when it was sent. Send it again to see why.'
    return { key: `unsent ${vehicleId}`, vehicleId, vehicle: vehicles.get(vehicleId) ?? null, commandId: null, command: null, note }
  })
  return [...sent, ...refused]
}

function noteOf(command: Command | null, vehicle: Vehicle | null): string {
  if (command === null) return ''
  if (command.status === 'pending' && vehicle !== null && vehicle.connection_status !== 'connected') {
    return `The vehicle does not answer${vehicle.status_cause === null ? '.' : `: ${vehicle.status_cause}`} It waits until the vehicle is back, or until it expires.`
  }
  if (command.status === 'pending' && command.queue_position !== null) {
    return command.queue_position === 1 ? 'It is the next one for this vehicle.' : `${String(command.queue_position - 1)} before it for this vehicle.`
  }
  return command.status_reason ?? command.error?.message ?? commandStatusWords(command.status).meaning
}

export function isFailedRow({ commandId, command }: BatchRow): boolean {
  if (commandId === null) return true
  return command !== null && isTerminal(command.status) && command.status !== 'completed'
}

export function isOpenRow({ commandId, command }: BatchRow): boolean {
  return commandId !== null && (command === null || !isTerminal(command.status))
}

export function shownRows(rows: readonly BatchRow[], show: BatchShow): readonly BatchRow[] {
  if (show === 'failed') return rows.filter(isFailedRow)
  return show === 'open' ? rows.filter(isOpenRow) : rows
}

export interface BatchCount {
  readonly label: string
  readonly tone: Tone
  readonly count: number
}

/** How many rows are in which state, in a fixed order, only states that occur. */
export function batchCounts(rows: readonly BatchRow[]): readonly BatchCount[] {
  const order = ['completed', 'in_progress', 'pending', 'failed', 'outcome_unknown', 'expired', 'cancelled'] as const
  const counts = order.map((status) => {
    const { label, tone } = commandStatusWords(status)
    return { label, tone, count: rows.filter(({ command }) => command?.status === status).length }
  })
  counts.push({ label: 'Not sent', tone: 'bad', count: rows.filter(({ commandId }) => commandId === null).length })
  return counts.filter(({ count }) => count > 0)
}

export function statusLabel({ commandId, command }: BatchRow): string {
  if (commandId === null) return 'Not sent'
  return command === null ? 'Reading' : commandStatusWords(command.status).label
}

export function tookMs({ command }: BatchRow): number | null {
  return durationBetween(command?.submitted_at, command?.completed_at)
}

const HEADER = ['vin', 'vehicle', 'command', 'status', 'status_words', 'reason', 'submitted_at', 'started_at', 'completed_at', 'took_ms', 'command_id', 'vehicle_id']

/** RFC 4180 with a header. Times are UTC as the server gave them. */
export function batchCsv(rows: readonly BatchRow[]): string {
  const lines = rows.map((row) => {
    const { command, vehicle, commandId, vehicleId, note } = row
    const took = tookMs(row)
    return [
      vehicle?.vin, vehicle === null ? null : vehicleName(vehicle), command?.command_name, commandId === null ? 'not_sent' : command?.status,
      statusLabel(row), note, command?.submitted_at, command?.started_at, command?.completed_at, took === null ? null : String(took), commandId, vehicleId,
    ]
  })
  return [HEADER, ...lines].map((line) => line.map(csvCell).join(',')).join('\r\n') + '\r\n'
}

/** A cell that begins like a formula gets a quote mark before it: spreadsheets must not run what a vehicle said. */
function csvCell(value: string | null | undefined): string {
  const text = value ?? ''
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
