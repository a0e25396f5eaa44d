/**
 * A command's answer, sorted into what people look for: pure, and extended chunk by chunk, so that a long stream costs
 * no more per chunk than a short one. Parts that did not grow keep their identity.
 */
import {
  ecuFound, readValue, silentEcu, troubleCode, type Ecu, type ReadValue, type SilentEcu, type TroubleCode,
} from './answers-items'
import { numberOf, objectOf, objectsOf, textOf, type JsonObject } from './answers-read'

/** A chunk as the stream or the store has it. */
export interface AnswerChunk {
  readonly sequenceNumber: number
  readonly payload: JsonObject
  readonly isFinal: boolean
  /** When this page received it, in ms; nothing where it was read from the store. */
  readonly arrivedAt?: number | null
}

export interface Answer {
  /** How many chunks are in. */
  readonly taken: number
  readonly troubleCodes: readonly TroubleCode[]
  /** Control units that were asked for trouble codes and answered, with or without any. */
  readonly unitsRead: number
  readonly values: readonly ReadValue[]
  readonly identification: readonly ReadValue[]
  readonly ecus: readonly Ecu[]
  readonly silentEcus: readonly SilentEcu[]
  readonly samples: number
  /** What the vehicle says while it works, as a share of 1. */
  readonly progress: number | null
  readonly final: JsonObject | null
  /** Chunks of no known form: shown as they are. */
  readonly others: readonly AnswerChunk[]
}

export const emptyAnswer: Answer = {
  taken: 0,
  troubleCodes: [],
  unitsRead: 0,
  values: [],
  identification: [],
  ecus: [],
  silentEcus: [],
  samples: 0,
  progress: null,
  final: null,
  others: [],
}

type Growing = { -readonly [K in keyof Answer]: Answer[K] }

/** Lists that this extension has copied already: a thousand chunks at once copy each list once. */
type Fresh = Set<readonly unknown[]>

/** `answer` with the chunks that it does not have yet; the same object where there are none. */
export function extendAnswer(answer: Answer, chunks: readonly AnswerChunk[]): Answer {
  if (chunks.length <= answer.taken) return answer
  const next: Growing = { ...answer, taken: chunks.length }
  const fresh: Fresh = new Set()
  for (let index = answer.taken; index < chunks.length; index += 1) {
    const chunk = chunks[index]
    if (chunk !== undefined) takeChunk(next, chunk, fresh)
  }
  return next
}

function takeChunk(answer: Growing, chunk: AnswerChunk, fresh: Fresh): void {
  const { payload } = chunk
  let isKnown = chunk.isFinal
  if (chunk.isFinal) takeFinal(answer, payload)
  for (const take of [takeDtcs, takeIdentification, takeEcu, takeSample, takeValue, takeProgress]) {
    if (!take(answer, payload, fresh)) continue
    isKnown = true
    break
  }
  if (!isKnown) answer.others = grown(fresh, answer.others, [chunk])
}

function grown<T>(fresh: Fresh, list: readonly T[], more: readonly T[]): readonly T[] {
  const copy = fresh.has(list) ? (list as T[]) : [...list]
  fresh.add(copy)
  for (const item of more) copy.push(item)
  return copy
}

function takeFinal(answer: Growing, payload: JsonObject): void {
  answer.final = payload
  answer.progress = null
  const silent = payload.ecusNotAnswered
  if (Array.isArray(silent)) answer.silentEcus = silent.map(silentEcu)
}

function takeDtcs(answer: Growing, payload: JsonObject, fresh: Fresh): boolean {
  if (!Array.isArray(payload.dtcs)) return false
  answer.troubleCodes = grown(fresh, answer.troubleCodes, objectsOf(payload.dtcs).map((item) => troubleCode(item, payload)))
  answer.unitsRead += 1
  return true
}

function takeIdentification(answer: Growing, payload: JsonObject, fresh: Fresh): boolean {
  if (!Array.isArray(payload.identification)) return false
  answer.identification = grown(fresh, answer.identification, objectsOf(payload.identification).map((item) => readValue(item, payload)))
  return true
}

function takeEcu(answer: Growing, payload: JsonObject, fresh: Fresh): boolean {
  const ecu = objectOf(payload.ecu)
  if (ecu === null) return false
  answer.ecus = grown(fresh, answer.ecus, [ecuFound(ecu)])
  return true
}

export function isSample(payload: JsonObject): boolean {
  return textOf(payload.sampledAt) !== null && Array.isArray(payload.values)
}

function takeSample(answer: Growing, payload: JsonObject): boolean {
  if (!isSample(payload)) return false
  answer.samples += 1
  return true
}

function takeValue(answer: Growing, payload: JsonObject, fresh: Fresh): boolean {
  if (textOf(payload.dataId) === null) return false
  if (!('value' in payload) && !('values' in payload) && objectOf(payload.error) === null) return false
  answer.progress = null
  answer.values = grown(fresh, answer.values, [readValue(payload, payload)])
  return true
}

function takeProgress(answer: Growing, payload: JsonObject): boolean {
  const share = numberOf(payload.progress)
  if (share === null) return false
  answer.progress = Math.min(Math.max(share, 0), 1)
  return true
}
