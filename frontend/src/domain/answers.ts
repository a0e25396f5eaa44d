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

/** `answer` with the chunks that it does not have yet; the same object where there are none. */
export function extendAnswer(answer: Answer, chunks: readonly AnswerChunk[]): Answer {
  if (chunks.length <= answer.taken) return answer
  const next: Growing = { ...answer, taken: chunks.length }
  for (let index = answer.taken; index < chunks.length; index += 1) {
    const chunk = chunks[index]
    if (chunk !== undefined) takeChunk(next, chunk)
  }
  return next
}

function takeChunk(answer: Growing, chunk: AnswerChunk): void {
  const { payload } = chunk
  let isKnown = chunk.isFinal
  if (chunk.isFinal) takeFinal(answer, payload)
  for (const take of [takeDtcs, takeIdentification, takeEcu, takeSample, takeValue, takeProgress]) {
    if (!take(answer, payload)) continue
    isKnown = true
    break
  }
  if (!isKnown) answer.others = [...answer.others, chunk]
}

function takeFinal(answer: Growing, payload: JsonObject): void {
  answer.final = payload
  answer.progress = null
  const silent = payload.ecusNotAnswered
  if (Array.isArray(silent)) answer.silentEcus = silent.map(silentEcu)
}

function takeDtcs(answer: Growing, payload: JsonObject): boolean {
  if (!Array.isArray(payload.dtcs)) return false
  answer.troubleCodes = [...answer.troubleCodes, ...objectsOf(payload.dtcs).map((item) => troubleCode(item, payload))]
  answer.unitsRead += 1
  return true
}

function takeIdentification(answer: Growing, payload: JsonObject): boolean {
  if (!Array.isArray(payload.identification)) return false
  answer.identification = [...answer.identification, ...objectsOf(payload.identification).map((item) => readValue(item, payload))]
  return true
}

function takeEcu(answer: Growing, payload: JsonObject): boolean {
  const ecu = objectOf(payload.ecu)
  if (ecu === null) return false
  answer.ecus = [...answer.ecus, ecuFound(ecu)]
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

function takeValue(answer: Growing, payload: JsonObject): boolean {
  if (textOf(payload.dataId) === null) return false
  if (!('value' in payload) && !('values' in payload) && objectOf(payload.error) === null) return false
  answer.progress = null
  answer.values = [...answer.values, readValue(payload, payload)]
  return true
}

function takeProgress(answer: Growing, payload: JsonObject): boolean {
  const share = numberOf(payload.progress)
  if (share === null) return false
  answer.progress = Math.min(Math.max(share, 0), 1)
  return true
}

/** The final chunk in words, where its form is known. */
export function summaryWords(final: JsonObject | null): string[] {
  if (final === null) return []
  const words: (string | null)[] = [
    counted(final.totalDtcs, 'trouble code'),
    counted(final.totalEcus, 'control unit'),
    counted(final.clearedCount, 'trouble code', 'cleared'),
    final.clearedCount === null ? 'Cleared; how many codes there were could not be counted' : null,
    counted(final.samples, 'sample'),
    counted(final.missed, 'sample', 'missed'),
    counted(final.read, 'value', 'read'),
    counted(final.failed, 'value', 'refused'),
    final.verified === true ? 'Written and read back: the value is the same' : null,
    numberOf(final.backAfterS) === null ? null : `Answered again after ${String(final.backAfterS)} s`,
  ]
  return words.filter((word) => word !== null)
}

function counted(value: unknown, noun: string, after = ''): string | null {
  const count = numberOf(value)
  if (count === null) return null
  return `${String(count)} ${noun}${count === 1 ? '' : 's'} ${after}`.trim()
}
