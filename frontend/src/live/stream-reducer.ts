/**
 * The events of one command, put together: pure. Whatever arrives twice, late or out of order, `chunks` holds each
 * chunk exactly once, in order and without a hole.
 */
import type { StreamEvent } from '@/contracts/stream-events'
import { isTerminal, type CommandStatus } from '@/domain/statuses'

export type ResponseEvent = Extract<StreamEvent, { event: 'response' }>

export interface Chunk {
  readonly sequenceNumber: number
  readonly responseId: string
  readonly payload: Readonly<Record<string, unknown>>
  readonly isFinal: boolean
  /** When this page got it, in ms; null where it was read from the store. */
  readonly arrivedAt: number | null
}

export interface CommandStream {
  readonly commandId: string
  /** 1, 2, 3, …: no hole, ever. */
  readonly chunks: readonly Chunk[]
  /** Came before their turn; shown once the hole is filled. */
  readonly held: ReadonlyMap<number, Chunk>
  readonly status: CommandStatus | null
  readonly completedAt: string | null
  readonly error: { readonly code: string; readonly message: string } | null
  /** What the vehicle said last while it worked; null once a chunk or a status follows. */
  readonly progress: { readonly message: string; readonly pendingSince: string } | null
}

export function emptyStream(commandId: string): CommandStream {
  return { commandId, chunks: [], held: new Map(), status: null, completedAt: null, error: null, progress: null }
}

/** The number of the last chunk shown: a new connection asks for what comes after it. */
export function resumeAfter(stream: CommandStream): number {
  return stream.chunks.length
}

/** Whether a chunk is missing although later ones are here: ask again from `resumeAfter`. */
export function hasGap(stream: CommandStream): boolean {
  return stream.held.size > 0
}

/** Whether nothing can follow any more. An unknown outcome may still be resolved by a late answer. */
export function hasEnded(stream: CommandStream): boolean {
  return stream.status !== null && isTerminal(stream.status) && stream.status !== 'outcome_unknown' && !hasGap(stream)
}

/** The stream after some events. The same object where nothing changed. */
export function reduceEvents(stream: CommandStream, events: readonly StreamEvent[], arrivedAt: number | null = null): CommandStream {
  let next = stream
  let batch: Batch | null = null
  for (const event of events) {
    if (event.command_id !== stream.commandId) continue
    if (event.event === 'response') {
      batch ??= { chunks: [...next.chunks], held: new Map(next.held), grown: false }
      if (takeIn(batch, event, arrivedAt) && next.progress !== null) next = { ...next, progress: null }
    } else {
      next = reduceOther(next, event)
    }
  }
  if (batch === null || !(batch.grown || batch.held.size !== stream.held.size)) return next
  return { ...next, chunks: batch.grown ? batch.chunks : next.chunks, held: batch.held }
}

/** Copied once for many events, so that a flood of chunks stays cheap. */
interface Batch {
  readonly chunks: Chunk[]
  readonly held: Map<number, Chunk>
  grown: boolean
}

/** Whether at least one chunk more can be shown. */
function takeIn(batch: Batch, event: ResponseEvent, arrivedAt: number | null): boolean {
  const { sequence_number: number } = event
  if (number <= batch.chunks.length || batch.held.has(number)) return false
  const before = batch.chunks.length
  batch.held.set(number, {
    sequenceNumber: number,
    responseId: event.response_id,
    payload: event.response_payload,
    isFinal: event.is_final,
    arrivedAt,
  })
  for (;;) {
    const following = batch.chunks.length + 1
    const chunk = batch.held.get(following)
    if (chunk === undefined) break
    batch.held.delete(following)
    batch.chunks.push(chunk)
  }
  const grew = batch.chunks.length > before
  batch.grown ||= grew
  return grew
}

function reduceOther(stream: CommandStream, event: Exclude<StreamEvent, ResponseEvent>): CommandStream {
  switch (event.event) {
    case 'status':
      return reduceStatus(stream, event.status, event.completed_at)
    case 'error':
      return { ...stream, error: { code: event.code, message: event.error_message } }
    case 'progress':
      // A late one must not bring a finished command back to life.
      if (stream.status !== null && isTerminal(stream.status)) return stream
      return { ...stream, progress: { message: event.message, pendingSince: event.pending_since } }
  }
}

/** A replay may tell of states that lie behind: the stream never goes back. */
function reduceStatus(stream: CommandStream, status: CommandStatus, completedAt: string | null): CommandStream {
  if (stream.status !== null && rank(status) < rank(stream.status)) return stream
  if (status === stream.status && completedAt === stream.completedAt) return stream
  // The reason of an unknown outcome is over once the outcome is known.
  const resolved = stream.status === 'outcome_unknown' && status === 'completed'
  return { ...stream, status, completedAt, progress: null, error: resolved ? null : stream.error }
}

function rank(status: CommandStatus): number {
  if (status === 'pending') return 0
  if (status === 'in_progress') return 1
  return status === 'outcome_unknown' ? 2 : 3
}
