/** The trouble codes last known of a vehicle, put together from several ReadDTC answers and what was cleared since. Pure. */
import type { EcuNode } from './ecu-tree'

type Payload = Readonly<Record<string, unknown>>

export interface CodesAnswer {
  readonly commandId: string
  /** When the vehicle had answered completely (ISO). */
  readonly at: string
  readonly params: Payload
  readonly payloads: readonly Payload[]
}

export interface KnownCode {
  readonly code: string
  readonly description: string
  readonly status: string
  readonly ecuAddress: string | null
  readonly component: string | null
  readonly commandId: string
  readonly at: string
}

export interface KnownCodes {
  readonly codes: readonly KnownCode[]
  /** The oldest answer that they rest on; null where nothing was read yet. */
  readonly since: string | null
  /** Whether one answer covered every control unit. */
  readonly isWholeVehicle: boolean
}

/** `answers` newest first. For each control unit the newest answer counts; nothing behind a read of the whole vehicle does. */
export function knownCodes(answers: readonly CodesAnswer[]): KnownCodes {
  const codes: KnownCode[] = []
  const settled = new Set<string>()
  for (const answer of answers) {
    codes.push(...readCodes(answer).filter((code) => !settled.has(unit(code))))
    if (isWhole(answer.params)) return { codes, since: answer.at, isWholeVehicle: true }
    settled.add(unit({ ecuAddress: words(answer.params.ecuAddress), component: words(answer.params.component) }))
    for (const payload of answer.payloads) {
      settled.add(unit({ ecuAddress: words(payload.ecuAddress), component: words(payload.component) }))
    }
  }
  return { codes, since: answers.at(-1)?.at ?? null, isWholeVehicle: false }
}

export function isWhole(params: Payload): boolean {
  return params.ecuAddress === undefined && params.component === undefined
}

function readCodes({ commandId, at, payloads }: CodesAnswer): KnownCode[] {
  return payloads.flatMap((payload) => {
    const items: unknown[] = Array.isArray(payload.dtcs) ? payload.dtcs : []
    return items.flatMap((item) => {
      if (typeof item !== 'object' || item === null) return []
      const dtc = item as Payload
      const code = words(dtc.dtcCode)
      if (code === null) return []
      return [{
        code,
        description: words(dtc.description) ?? '',
        status: words(dtc.status) ?? '',
        ecuAddress: words(dtc.ecuAddress) ?? words(payload.ecuAddress),
        component: words(dtc.component) ?? words(payload.component),
        commandId,
        at,
      }]
    })
  })
}

/** One name for a control unit, however it was spelled. */
function unit({ ecuAddress, component }: { readonly ecuAddress: string | null; readonly component: string | null }): string {
  if (ecuAddress !== null) return String(Number(ecuAddress))
  return component ?? 'vehicle'
}

interface Unit {
  readonly ecuAddress: string | null
  readonly component: string | null
}

/** The codes of one control unit, by address (as a number) or by component. */
export function codesOf(codes: readonly KnownCode[], node: Unit): readonly KnownCode[] {
  return codes.filter((code) => isSameUnit(node, code))
}

/** The control unit that stored a code, wherever it stands in the tree. */
export function findUnit(nodes: readonly EcuNode[], code: Unit): EcuNode | null {
  for (const node of nodes) {
    const found = isSameUnit(node, code) ? node : findUnit(node.children, code)
    if (found !== null) return found
  }
  return null
}

function isSameUnit(node: Unit, code: Unit): boolean {
  if (node.ecuAddress !== null && code.ecuAddress !== null) return Number(node.ecuAddress) === Number(code.ecuAddress)
  return node.component !== null && node.component === code.component
}

const statusWords: Readonly<Record<string, string>> = {
  confirmed: 'Confirmed',
  pending: 'Pending',
  testFailed: 'Test failed',
  stored: 'Stored',
  notActive: 'Not active',
}

export function codeStatusWords(status: string): string {
  return statusWords[status] ?? (status === '' ? 'Stored' : status)
}

function words(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
