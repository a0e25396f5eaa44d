/** The things that answers are made of (docs/reference/commands.md), read from their payloads. */
import { numberOf, objectOf, objectsOf, textOf, textsOf, type JsonObject } from './answers-read'

export interface NamedValue {
  readonly name: string
  readonly value: unknown
  readonly unit: string | null
}

export interface DtcRecord {
  /** `Snapshot 1`, `Counter 2`. */
  readonly title: string
  readonly values: readonly NamedValue[]
  /** Bytes that no data describes. */
  readonly bytes: string | null
}

export interface TroubleCode {
  readonly code: string
  readonly description: string | null
  readonly status: string
  readonly statusByte: string | null
  readonly statusBits: readonly string[]
  readonly ecu: string
  readonly raw: string | null
  readonly source: string | null
  readonly snapshots: readonly DtcRecord[]
  readonly extendedData: readonly DtcRecord[]
}

/** Why a part did not work. */
export interface PartError {
  readonly code: string
  readonly message: string
  readonly nrc: string | null
  readonly nrcName: string | null
  readonly explanation: string | null
  readonly advice: string | null
}

export interface ReadValue {
  readonly dataId: string
  readonly name: string | null
  readonly description: string | null
  readonly ecu: string
  readonly value: unknown
  readonly unit: string | null
  /** The parts of a record of several values. */
  readonly parts: readonly NamedValue[]
  readonly raw: string | null
  readonly source: string | null
  /** What hindered decoding, where the value is only bytes. */
  readonly problem: string | null
  readonly error: PartError | null
}

export interface Ecu {
  readonly address: string | null
  readonly component: string | null
  readonly name: string | null
  readonly variant: string | null
}

export interface SilentEcu {
  readonly ecu: string
  readonly reason: string
}

/** The control unit as people call it: `engine (0x1010)`. */
export function ecuOf(payload: JsonObject): string {
  const address = textOf(payload.ecuAddress)
  const component = textOf(payload.component)
  if (address === null || component === null || address === component) return address ?? component ?? '–'
  return `${component} (${address})`
}

export function namedValue(item: JsonObject): NamedValue {
  return { name: textOf(item.name) ?? textOf(item.dataId) ?? textOf(item.id) ?? 'value', value: item.value, unit: textOf(item.unit) }
}

function dtcRecord(kind: string, item: JsonObject): DtcRecord {
  const number = numberOf(item.recordNumber) ?? numberOf(item.record)
  const named = [...objectsOf(item.values), ...objectsOf(item.data)].map(namedValue)
  const alone = named.length === 0 && item.value !== undefined ? valuesOf(item) : named
  return {
    title: number === null ? kind : `${kind} ${String(number)}`,
    values: alone,
    bytes: textOf(item.data) ?? (alone.length === 0 ? textOf(item.raw) : null),
  }
}

/** One value, or an object of values by name. */
function valuesOf(item: JsonObject): NamedValue[] {
  const several = objectOf(item.value)
  if (several === null) return [namedValue(item)]
  return Object.entries(several).map(([name, value]) => ({ name, value, unit: null }))
}

export function troubleCode(item: JsonObject, payload: JsonObject): TroubleCode {
  return {
    code: textOf(item.dtcCode) ?? textOf(item.faultCode) ?? 'unnamed code',
    description: textOf(item.description),
    status: textOf(item.status) ?? 'unknown',
    statusByte: textOf(item.statusByte),
    statusBits: textsOf(item.statusBits),
    ecu: ecuOf({ ecuAddress: item.ecuAddress ?? payload.ecuAddress, component: item.component ?? payload.component }),
    raw: textOf(item.raw),
    source: textOf(item.source),
    snapshots: objectsOf(item.snapshots).map((one) => dtcRecord('Snapshot', one)),
    extendedData: objectsOf(item.extendedData).map((one) => dtcRecord('Record', one)),
  }
}

export function partError(value: unknown): PartError | null {
  const error = objectOf(value)
  if (error === null) return null
  return {
    code: textOf(error.code) ?? 'error',
    message: textOf(error.message) ?? 'This part did not work; the vehicle gave no words for it.',
    nrc: textOf(error.nrc),
    nrcName: textOf(error.nrcName),
    explanation: textOf(error.explanation),
    advice: textOf(error.advice),
  }
}

export function readValue(item: JsonObject, payload: JsonObject): ReadValue {
  return {
    dataId: textOf(item.dataId) ?? '–',
    name: textOf(item.name),
    description: textOf(item.description),
    ecu: ecuOf({ ecuAddress: item.ecuAddress ?? payload.ecuAddress, component: item.component ?? payload.component }),
    value: item.value,
    unit: textOf(item.unit),
    parts: objectsOf(item.values).map(namedValue),
    raw: textOf(item.raw),
    source: textOf(item.source),
    problem: textOf(item.problem),
    error: partError(item.error),
  }
}

export function ecuFound(item: JsonObject): Ecu {
  return { address: textOf(item.ecuAddress), component: textOf(item.component), name: textOf(item.name), variant: textOf(item.variant) }
}

export function silentEcu(item: unknown): SilentEcu {
  if (typeof item === 'string') return { ecu: item, reason: 'It did not answer.' }
  const found = objectOf(item) ?? {}
  const nested = objectOf(found.reason) ?? objectOf(found.error)
  return { ecu: ecuOf(found), reason: textOf(found.reason) ?? textOf(nested?.message) ?? 'It did not answer.' }
}
