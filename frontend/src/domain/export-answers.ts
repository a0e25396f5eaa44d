/** A command and its whole answer as files. */
import type { components } from '@/contracts/openapi'
import type { Answer, AnswerChunk } from './answers'
import type { NamedValue, ReadValue } from './answers-items'
import { statusBits } from './dtc'
import type { SampleLog } from './samples'

type Command = components['schemas']['CommandOut']
type Vehicle = components['schemas']['VehicleOut']

type Cell = string | number | boolean | null | undefined
type Row = readonly Cell[]

export interface Exported {
  readonly command: Command
  readonly vehicle: Vehicle | null
  readonly sender: string | null
  readonly chunks: readonly AnswerChunk[]
  /** When the server stored each chunk, by number. */
  readonly received: ReadonlyMap<number, string>
  readonly exportedAt: string
}

export function jsonFile({ command, vehicle, sender, chunks, received, exportedAt }: Exported): string {
  const file = {
    format: 'sovd-command-answer/1',
    exported_at: exportedAt,
    vehicle: vehicle && { vehicle_id: vehicle.vehicle_id, vin: vehicle.vin, make: vehicle.make, model: vehicle.model },
    sender,
    command,
    responses: chunks.map(({ sequenceNumber, payload, isFinal }) => ({
      sequence_number: sequenceNumber,
      is_final: isFinal,
      received_at: received.get(sequenceNumber) ?? null,
      response_payload: payload,
    })),
  }
  return `${JSON.stringify(file, null, 2)}\n`
}

/** The answer as one table (RFC 4180); what kind follows from what the answer holds. */
export function csvFile(answer: Answer, log: SampleLog, chunks: readonly AnswerChunk[], received: ReadonlyMap<number, string>): string {
  return csv(tableOf(answer, log, chunks, received))
}

function tableOf(answer: Answer, log: SampleLog, chunks: readonly AnswerChunk[], received: ReadonlyMap<number, string>): Row[] {
  if (log.times.length > 0) return sampleTable(log)
  if (answer.troubleCodes.length > 0) return dtcTable(answer)
  const values = [...answer.identification, ...answer.values]
  if (values.length > 0) return valueTable(values)
  if (answer.ecus.length > 0) {
    return [['address', 'component', 'name', 'variant'], ...answer.ecus.map((ecu) => [ecu.address, ecu.component, ecu.name, ecu.variant])]
  }
  return [
    ['sequence_number', 'received_at', 'is_final', 'payload'],
    ...chunks.map((chunk) => [chunk.sequenceNumber, received.get(chunk.sequenceNumber), chunk.isFinal, JSON.stringify(chunk.payload)]),
  ]
}

function sampleTable(log: SampleLog): Row[] {
  const head = ['sampled_at', 'elapsed_s', ...log.series.map(({ label, unit }) => (unit === null ? label : `${label} (${unit})`))]
  const rows = log.times.map((time, row): Row => [log.moments[row] ?? 'missed', time, ...log.series.map(({ shown }) => cell(shown[row]))])
  return [head, ...rows]
}

function dtcTable({ troubleCodes }: Answer): Row[] {
  const head = ['code', 'description', 'status', 'status_byte', 'status_in_words', 'control_unit', 'raw', 'snapshots', 'extended_data']
  const rows = troubleCodes.map((dtc): Row => [
    dtc.code, dtc.description, dtc.status, dtc.statusByte,
    statusBits(dtc.statusByte, dtc.statusBits).filter(({ isSet }) => isSet).map((bit) => bit.words).join('; '),
    dtc.ecu, dtc.raw,
    dtc.snapshots.map(({ title, values, bytes }) => `${title}: ${listed(values, bytes)}`).join(' | '),
    dtc.extendedData.map(({ title, values, bytes }) => `${title}: ${listed(values, bytes)}`).join(' | '),
  ])
  return [head, ...rows]
}

function valueTable(values: readonly ReadValue[]): Row[] {
  const head = ['control_unit', 'identifier', 'name', 'description', 'value', 'unit', 'raw', 'source', 'error', 'advice']
  const rows = values.map((one): Row => [
    one.ecu, one.dataId, one.name, one.description,
    one.parts.length > 0 ? listed(one.parts, null) : cell(one.value),
    one.unit, one.raw, one.source, one.error?.message, one.error?.advice,
  ])
  return [head, ...rows]
}

function listed(values: readonly NamedValue[], bytes: string | null): string {
  const words = values.map(({ name, value, unit }) => `${name} ${String(cell(value) ?? '')}${unit === null ? '' : ` ${unit}`}`)
  return words.length > 0 ? words.join(', ') : (bytes ?? '')
}

function cell(value: unknown): Cell {
  if (value === null || value === undefined) return null
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  return JSON.stringify(value)
}

function csv(rows: readonly Row[]): string {
  return rows.map((row) => row.map(quoted).join(',') + '\r\n').join('')
}

/** Text that a spreadsheet would run as a formula gets an apostrophe: values come from vehicles, which nobody vouches for. */
function quoted(value: Cell): string {
  if (value === null || value === undefined) return ''
  if (typeof value !== 'string') return String(value)
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** `ReadDTC_1SVCMD009RA000202_2026-11-23T00-30-19Z.csv` */
export function fileName(command: Command, vehicle: Vehicle | null, ending: string): string {
  const moment = command.submitted_at.replace(/\.\d+/, '').replaceAll(':', '-')
  return `${command.command_name}_${vehicle?.vin ?? command.vehicle_id}_${moment}.${ending}`
}
