/** What differs between two answers of the same command: pure, in an order that people can follow. */
import { emptyAnswer, extendAnswer, type Answer, type AnswerChunk } from './answers'
import type { NamedValue, ReadValue, TroubleCode } from './answers-items'
import { formatQuantity } from './durations'

export type Fate = 'appeared' | 'disappeared' | 'changed' | 'same'

/** One thing that both answers may hold; `left` or `right` is null where that answer does not. */
export interface Pair<T> {
  readonly key: string
  readonly fate: Fate
  readonly left: T | null
  readonly right: T | null
  /** What is different, each in words: `status: confirmed → pending`. Empty unless it changed. */
  readonly differences: readonly string[]
}

/** A trouble code, a value or a control unit, as a line: its name, whose it is, and how it is. */
export interface Item {
  readonly title: string
  readonly detail: string | null
  readonly ecu: string
  /** Parts that are compared one by one, by name. */
  readonly parts: readonly { readonly name: string; readonly text: string }[]
}

export interface Group {
  readonly name: 'troubleCodes' | 'identification' | 'values' | 'ecus' | 'silentEcus' | 'result' | 'others'
  readonly pairs: readonly Pair<Item>[]
}

export interface Comparison {
  /** Only groups that one of the answers has. */
  readonly groups: readonly Group[]
  readonly counts: Readonly<Record<Fate, number>>
}

/** Members of a final chunk that are never the same twice, or are shown elsewhere. */
const passing = new Set(['raw', 'status', 'source', 'ecusNotAnswered', 'elapsedS', 'durationS', 'ecuAddress', 'component'])

export function compareAnswers(left: readonly AnswerChunk[], right: readonly AnswerChunk[]): Comparison {
  const before = itemsOf(extendAnswer(emptyAnswer, left))
  const after = itemsOf(extendAnswer(emptyAnswer, right))
  const groups = before
    .map(({ name, items }, place): Group => ({ name, pairs: pair(items, after[place]?.items ?? []) }))
    .filter(({ pairs }) => pairs.length > 0)
  const counts: Record<Fate, number> = { appeared: 0, disappeared: 0, changed: 0, same: 0 }
  for (const { pairs } of groups) for (const { fate } of pairs) counts[fate] += 1
  return { groups, counts }
}

interface Keyed {
  readonly key: string
  readonly item: Item
}

function itemsOf(answer: Answer): { readonly name: Group['name']; readonly items: Keyed[] }[] {
  return [
    { name: 'troubleCodes', items: answer.troubleCodes.map(codeItem) },
    { name: 'identification', items: answer.identification.map(valueItem) },
    { name: 'values', items: answer.values.map(valueItem) },
    { name: 'ecus', items: answer.ecus.map((ecu) => keyed(ecu.address ?? ecu.component ?? ecu.name ?? '–', '', {
      title: ecu.name ?? ecu.component ?? ecu.address ?? '–', detail: null, ecu: ecu.address ?? ecu.component ?? '–',
      parts: parts([['name', ecu.name], ['component', ecu.component], ['variant', ecu.variant]]),
    })) },
    { name: 'silentEcus', items: answer.silentEcus.map(({ ecu, reason }) => keyed(ecu, '', { title: ecu, detail: reason, ecu, parts: [] })) },
    { name: 'result', items: finalItems(answer) },
    { name: 'others', items: answer.others.map(({ payload }, place) => keyed(String(place), '', {
      title: `Part ${String(place + 1)}`, detail: null, ecu: '', parts: parts([['payload', JSON.stringify(payload)]]),
    })) },
  ]
}

function keyed(id: string, ecu: string, item: Item): Keyed {
  return { key: JSON.stringify([ecu, id]), item }
}

function parts(pairs: readonly (readonly [string, string | null])[]): Item['parts'] {
  return pairs.flatMap(([name, text]) => (text === null ? [] : [{ name, text }]))
}

function codeItem(dtc: TroubleCode): Keyed {
  const records = [...dtc.snapshots, ...dtc.extendedData].map(({ title, values, bytes }) => [title, words(values, bytes)] as const)
  return keyed(dtc.code, dtc.ecu, {
    title: dtc.code,
    detail: dtc.description,
    ecu: dtc.ecu,
    parts: parts([['status', dtc.status], ['status byte', dtc.statusByte], ...records]),
  })
}

function valueItem(one: ReadValue): Keyed {
  const single: (readonly [string, string | null])[] = [['value', one.value === undefined ? one.raw : formatQuantity(one.value, one.unit)]]
  const several = one.parts.map(({ name, value, unit }) => [name, formatQuantity(value, unit)] as const)
  const refused = one.error === null ? null : one.error.message
  return keyed(one.dataId, one.ecu, {
    title: one.name === null ? one.dataId : `${one.name} (${one.dataId})`,
    detail: one.description,
    ecu: one.ecu,
    parts: refused === null ? parts(several.length > 0 ? several : single) : parts([['refused', refused]]),
  })
}

function words(values: readonly NamedValue[], bytes: string | null): string {
  const named = values.map(({ name, value, unit }) => `${name} ${formatQuantity(value, unit)}`)
  return named.length > 0 ? named.join(', ') : (bytes ?? '')
}

function finalItems({ final }: Answer): Keyed[] {
  return Object.entries(final ?? {})
    .filter(([name]) => !passing.has(name))
    .map(([name, value]) => keyed(name, '', { title: finalWords(name), detail: null, ecu: '', parts: parts([['value', formatQuantity(value)]]) }))
}

const finalNames: Readonly<Record<string, string>> = {
  totalDtcs: 'Number of trouble codes',
  totalEcus: 'Number of control units',
  totalApps: 'Number of apps',
  totalIdentifiers: 'Number of identifiers',
  clearedCount: 'Trouble codes cleared',
  samples: 'Number of samples',
}

/** `totalDtcs` and the like as people say it; what is not known is spelled out: `stopReason` is `Stop reason`. */
function finalWords(name: string): string {
  const words = name.replaceAll('_', ' ').replaceAll(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`)
  return finalNames[name] ?? words.charAt(0).toUpperCase() + words.slice(1)
}

/** The right answer's order, with what disappeared in its old place after what stood before it. The same key twice is paired in turn. */
function pair(left: readonly Keyed[], right: readonly Keyed[]): Pair<Item>[] {
  const before = numbered(left)
  const after = numbered(right)
  const order = [...before.keys()]
  let place = 0
  for (const key of after.keys()) {
    const found = order.indexOf(key)
    if (found >= 0) place = Math.max(place, found + 1)
    else order.splice(place++, 0, key)
  }
  return order.map((key) => pairOf(key, before.get(key) ?? null, after.get(key) ?? null))
}

function numbered(items: readonly Keyed[]): Map<string, Item> {
  const seen = new Map<string, number>()
  return new Map(items.map(({ key, item }) => {
    const times = (seen.get(key) ?? 0) + 1
    seen.set(key, times)
    return [times === 1 ? key : `${key} ${String(times)}`, item]
  }))
}

function pairOf(key: string, left: Item | null, right: Item | null): Pair<Item> {
  if (left === null) return { key, fate: 'appeared', left, right, differences: [] }
  if (right === null) return { key, fate: 'disappeared', left, right, differences: [] }
  const differences = differencesOf(left, right)
  return { key, fate: differences.length > 0 ? 'changed' : 'same', left, right, differences }
}

function differencesOf(left: Item, right: Item): string[] {
  const before = new Map(left.parts.map(({ name, text }) => [name, text]))
  const after = new Map(right.parts.map(({ name, text }) => [name, text]))
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => `${name}: ${before.get(name) ?? 'nothing'} → ${after.get(name) ?? 'nothing'}`)
}
