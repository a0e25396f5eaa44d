/** From the click to the last word of the control unit: what happened when, and how long each step took. Pure. */
import type { components } from '@/contracts/openapi'
import { textOf } from './answers-read'
import { durationBetween } from './durations'
import { isTerminal, type CommandStatus, type Tone } from './statuses'

type Command = components['schemas']['CommandOut']
type TimelineItem = components['schemas']['TimelineItem']

export interface Milestone {
  readonly at: string
  readonly words: string
  /** Who, where somebody did it. */
  readonly actor: string | null
  /** Milliseconds since the one before; null for the first. */
  readonly sinceBefore: number | null
}

export interface Stage {
  readonly name: string
  readonly milliseconds: number
  readonly tone: Tone
}

const words: Readonly<Record<string, string>> = {
  submitted: 'Submitted and stored',
  in_progress: 'Taken by a worker, sent to the vehicle',
  taken_over: 'Taken over by another worker',
  cancel_requested: 'Cancel requested',
  completed: 'Completed',
  failed: 'Failed',
  outcome_unknown: 'Outcome unknown',
  expired: 'Expired',
  cancelled: 'Cancelled',
}

/** `received`: when the server stored each chunk, in order. */
export function milestones(items: readonly TimelineItem[], received: readonly string[]): Milestone[] {
  const entries = items.map((item) => ({ at: item.occurred_at, words: words[item.event] ?? item.event, actor: item.actor_name }))
  const first = received[0]
  const last = received.at(-1)
  if (first !== undefined) entries.push({ at: first, words: 'First part of the answer', actor: null })
  if (last !== undefined && received.length > 1) {
    const count = received.length > 2 ? ` (${String(received.length)} parts)` : ''
    entries.push({ at: last, words: `Last part of the answer${count}`, actor: null })
  }
  const sorted = entries.sort((a, b) => time(a.at) - time(b.at) || order(a.words) - order(b.words))
  return sorted.map((entry, index) => ({ ...entry, sinceBefore: durationBetween(sorted[index - 1]?.at, entry.at) }))
}

function time(iso: string): number {
  return new Date(iso).getTime()
}

/** Within one millisecond: the end comes last, whatever the clock says. */
function order(entry: string): number {
  if (entry === words.submitted) return 0
  if (entry === words.in_progress) return 1
  if (entry.startsWith('First part')) return 2
  return entry.startsWith('Last part') ? 3 : 4
}

/** The command's life in three steps that follow each other; `now` (ms) ends the step that still goes on. */
export function stages(command: Command, received: readonly string[], now: number): Stage[] {
  const end = command.completed_at ?? new Date(Math.max(now, time(command.submitted_at))).toISOString()
  const begun = command.started_at
  const first = received[0] ?? null
  const last = received.at(-1) ?? null
  if (begun === null) return present([stage('Waiting', command.submitted_at, end, 'neutral')])
  if (first === null || last === null) {
    return present([stage('Waiting', command.submitted_at, begun, 'neutral'), stage(isTerminal(command.status) ? 'Without an answer' : 'No answer yet', begun, end, toneOf(command.status))])
  }
  return present([
    stage('Waiting', command.submitted_at, begun, 'neutral'),
    stage('Until the first part', begun, first, 'busy'),
    stage('Answering', first, last, 'good'),
    time(end) > time(last) ? stage('Closing', last, end, toneOf(command.status)) : null,
  ])
}

function toneOf(status: CommandStatus): Tone {
  if (!isTerminal(status)) return 'busy'
  return status === 'completed' ? 'good' : status === 'failed' ? 'bad' : 'warning'
}

function stage(name: string, from: string, to: string, tone: Tone): Stage {
  return { name, milliseconds: Math.max(durationBetween(from, to) ?? 0, 0), tone }
}

function present(found: readonly (Stage | null)[]): Stage[] {
  return found.filter((one) => one !== null)
}

/** Who sent it, as the timeline names them. */
export function senderOf(items: readonly TimelineItem[]): string | null {
  return textOf(items.find(({ event }) => event === 'submitted')?.actor_name)
}
