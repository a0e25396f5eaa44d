/** What a trouble code says by itself (SAE J2012, ISO 14229-1 annex D.2), in words for people. */
import type { Tone } from './statuses'

export interface DtcSystem {
  readonly letter: string
  readonly name: string
  readonly meaning: string
}

const systems: readonly DtcSystem[] = [
  { letter: 'P', name: 'Powertrain', meaning: 'engine, transmission, exhaust, battery drive' },
  { letter: 'C', name: 'Chassis', meaning: 'brakes, steering, suspension' },
  { letter: 'B', name: 'Body', meaning: 'airbags, doors, seats, climate' },
  { letter: 'U', name: 'Network', meaning: 'communication between control units' },
]

/** The system that the first letter names; null where the code is not spelled as J2012 does. */
export function dtcSystem(code: string): DtcSystem | null {
  if (!/^[PCBU][0-3][0-9A-F]{3}/i.test(code)) return null
  return systems.find(({ letter }) => letter === code[0]?.toUpperCase()) ?? null
}

/** Who defines the code: SAE/ISO for all makes, or the manufacturer alone (J2012, second character). */
export function dtcOwner(code: string): string | null {
  const system = dtcSystem(code)
  const digit = code[1]
  if (system === null || digit === undefined) return null
  const third = code[2] ?? ''
  const ofMaker = digit === '1' || (digit === '2' && system.letter !== 'P') || (digit === '3' && system.letter === 'P' && third < '4')
  return ofMaker ? 'defined by the manufacturer' : 'the same for all makes (SAE J2012)'
}

/** The byte after the hyphen (J2012-DA failure type), with the words for the common ones. */
export function failureType(code: string): string | null {
  const byte = /-([0-9A-F]{2})$/i.exec(code)?.[1]?.toUpperCase()
  if (byte === undefined || byte === '00') return null
  const words = failureTypes[byte]
  return words === undefined ? `failure type 0x${byte}` : `${words} (failure type 0x${byte})`
}

const failureTypes: Readonly<Record<string, string>> = {
  '01': 'general electrical failure', '02': 'general signal failure', '04': 'internal failure', '07': 'mechanical failure',
  '11': 'circuit short to ground', '12': 'circuit short to battery', '13': 'circuit open', '14': 'circuit short to ground or open',
  '15': 'circuit short to battery or open', '16': 'voltage below threshold', '17': 'voltage above threshold',
  '18': 'current below threshold', '19': 'current above threshold', '1C': 'voltage out of range', '1D': 'current out of range',
  '29': 'signal invalid', '2F': 'signal erratic', '31': 'no signal', '44': 'data memory failure', '49': 'internal electronic failure',
  '4B': 'over temperature', '54': 'calibration missing', '55': 'not configured', '62': 'signals do not agree', '64': 'signal implausible',
  '71': 'actuator stuck', '87': 'message missing', '88': 'bus off',
}

export interface DtcStatusWords {
  readonly label: string
  readonly tone: Tone
  readonly meaning: string
}

const statuses: Readonly<Record<string, DtcStatusWords>> = {
  confirmed: { label: 'Confirmed', tone: 'bad', meaning: 'The failure came up often enough to be stored. It needs attention.' },
  pending: { label: 'Pending', tone: 'warning', meaning: 'The failure was seen, but not often enough to be confirmed.' },
  testFailed: { label: 'Failing now', tone: 'bad', meaning: 'The last test failed: the failure is there at this moment.' },
  stored: { label: 'Stored', tone: 'neutral', meaning: 'The failure was seen before; the last test did not find it.' },
  notActive: { label: 'Not active', tone: 'neutral', meaning: 'No test has found the failure lately.' },
}

export function dtcStatusWords(status: string): DtcStatusWords {
  return statuses[status] ?? { label: status, tone: 'neutral', meaning: 'The vehicle names this state; SOVD Command has no more words for it.' }
}

/** The eight bits of the status byte, bit 0 first (ISO 14229-1, table D.4). */
const bits: readonly { readonly name: string; readonly set: string; readonly clear: string }[] = [
  { name: 'testFailed', set: 'The last test failed', clear: 'The last test passed, or has not run' },
  { name: 'testFailedThisOperationCycle', set: 'Failed in this driving cycle', clear: 'Did not fail in this driving cycle' },
  { name: 'pendingDTC', set: 'Failed in this or the last driving cycle', clear: 'Not pending' },
  { name: 'confirmedDTC', set: 'Confirmed: failed often enough to be stored', clear: 'Not confirmed' },
  { name: 'testNotCompletedSinceLastClear', set: 'Not tested since the memory was cleared', clear: 'Tested since the memory was cleared' },
  { name: 'testFailedSinceLastClear', set: 'Failed at least once since the memory was cleared', clear: 'Never failed since the memory was cleared' },
  { name: 'testNotCompletedThisOperationCycle', set: 'Not tested in this driving cycle', clear: 'Tested in this driving cycle' },
  { name: 'warningIndicatorRequested', set: 'Asks for the warning lamp', clear: 'Asks for no warning lamp' },
]

export interface StatusBit {
  readonly bit: number
  readonly name: string
  readonly isSet: boolean
  readonly words: string
}

/** All eight bits in words, from the byte, or from the names of those that are set; none where neither is known. */
export function statusBits(byte: string | null, names: readonly string[]): StatusBit[] {
  const value = byte !== null && /^0x[0-9a-f]{1,2}$/i.test(byte) ? Number.parseInt(byte, 16) : null
  if (value === null && names.length === 0) return []
  return bits.map(({ name, set, clear }, bit) => {
    const isSet = value === null ? names.includes(name) : (value & (1 << bit)) !== 0
    return { bit, name, isSet, words: isSet ? set : clear }
  })
}
