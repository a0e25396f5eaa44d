/** What a command came to, in words: the final chunk, beyond what the headings of the parts count already. Pure. */
import type { Answer } from './answers'
import { namedValue } from './answers-items'
import { numberOf, objectOf, textOf, type JsonObject } from './answers-read'
import { formatCount, formatDuration, formatQuantity } from './durations'

export function summaryWords({ final, troubleCodes, ecus, samples }: Answer): string[] {
  if (final === null) return []
  const unless = (shown: number, value: unknown) => (value === shown ? null : value)
  const words: (string | null)[] = [
    counted(unless(troubleCodes.length, final.totalDtcs), 'trouble code'),
    counted(unless(ecus.length, final.totalEcus), 'control unit', 'asked'),
    counted(final.clearedCount, 'trouble code', 'cleared'),
    final.clearedCount === null ? 'Cleared; how many codes there were could not be counted' : null,
    counted(unless(samples, final.samples), 'sample'),
    counted(unless(0, final.missed), 'sample', 'missed'),
    (numberOf(final.failed) ?? 0) === 0 ? null : counted(final.read, 'value', 'read'),
    counted(unless(0, final.failed), 'value', 'refused'),
    final.verified === true ? 'Written and read back: the value is the same' : null,
    final.verified === false ? 'Written, but what was read back differs' : null,
    numberOf(final.backAfterS) === null ? null : `Answered again after ${formatDuration((numberOf(final.backAfterS) ?? 0) * 1000)}`,
    final.setting === 'on' || final.setting === 'off' ? settingWords(final.setting, numberOf(final.heldS)) : null,
  ]
  return words.filter((word) => word !== null)
}

function settingWords(setting: 'on' | 'off', heldS: number | null): string {
  const what = setting === 'off' ? 'Storing of trouble codes was switched off' : 'Storing of trouble codes is on'
  return heldS === null || heldS === 0 ? what : `${what}; the session was held for ${formatDuration(heldS * 1000)}`
}

function counted(value: unknown, noun: string, after = ''): string | null {
  const count = numberOf(value)
  return count === null ? null : `${formatCount(count, noun)} ${after}`.trim()
}

export interface Result {
  readonly facts: readonly { readonly name: string; readonly value: string }[]
  /** What has no words of its own; null where nothing is left. */
  readonly rest: JsonObject | null
}

const labels: Readonly<Record<string, string>> = {
  dataId: 'Identifier', written: 'Bytes written', routineId: 'Routine', action: 'Action', routineState: 'State of the routine', statusRecord: 'Status record (bytes)',
  resetType: 'Kind of reset', totalApps: 'Applications', totalIdentifiers: 'Identifiers read', status: 'HTTP status',
}

/** The result of commands such as RoutineControl, or null where words, headings and the request say everything. */
export function resultOf({ final, identification }: Pick<Answer, 'final' | 'identification'>): Result | null {
  if (final === null) return null
  const hidden = saidElsewhere(final)
  const left = Object.entries(final).filter(([name, value]) => !hidden.has(name) && value !== null && !(name === 'totalIdentifiers' && value === identification.length))
  const own = left.flatMap(([name, value]) => {
    const label = labels[name]
    return label === undefined || typeof value === 'object' ? [] : [{ name: label, value: formatQuantity(value) }]
  })
  const answered = left.flatMap(([name, value]) => (name === 'result' ? answeredFacts(objectOf(value)) : []))
  const facts = [...own, ...answered]
  const rest = left.filter(([name, value]) => (name === 'result' ? answered.length === 0 : labels[name] === undefined || typeof value === 'object'))
  if (facts.length === 0 && rest.length === 0) return null
  // A single thing that repeats what was asked is no result.
  if (rest.length === 0 && left.every(([name]) => name === 'dataId' || name === 'resetType' || name === 'totalApps')) return null
  return { facts, rest: rest.length === 0 ? null : Object.fromEntries(rest) }
}

/** What the vehicle answered, decoded where its data describes it. */
function answeredFacts(result: JsonObject | null): { name: string; value: string }[] {
  if (result === null || !('value' in result)) return []
  const { value, unit } = namedValue(result)
  const several = objectOf(value)
  const values = several === null ? [{ name: textOf(result.description) ?? 'Answer of the vehicle', value: formatQuantity(value, unit) }]
    : Object.entries(several).map(([name, one]) => ({ name, value: formatQuantity(one) }))
  const problem = textOf(result.problem)
  return [...values, ...(problem === null ? [] : [{ name: 'Not decoded', value: problem }])]
}

function saidElsewhere(final: JsonObject): ReadonlySet<string> {
  const hidden = [
    'totalDtcs', 'totalEcus', 'clearedCount', 'samples', 'missed', 'read', 'failed', 'ecusNotAnswered', 'ecusAnswered', 'ecuAddress', 'component', 'verified',
    'backAfterS', 'setting', 'heldS', 'raw',
  ]
  if (typeof final.status === 'string') hidden.push('status')
  if (Array.isArray(final.dtcs)) hidden.push('dtcs')
  if (Array.isArray(final.identification)) hidden.push('identification')
  if (objectOf(final.ecu) !== null) hidden.push('ecu')
  if (final.value === final.setting) hidden.push('value')
  const isValue = textOf(final.dataId) !== null && ('value' in final || 'values' in final || objectOf(final.error) !== null)
  if (isValue) hidden.push('dataId', 'value', 'values', 'error', 'name', 'description', 'unit', 'source', 'problem')
  if (textOf(final.sampledAt) !== null && Array.isArray(final.values)) hidden.push('sampledAt', 'values', 'sample', 'elapsedS')
  return new Set(hidden)
}
