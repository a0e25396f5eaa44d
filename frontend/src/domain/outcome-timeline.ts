/** From the click to the last word of the control unit: what happened when, and how long each step took. Pure. */
import type { components } from '@/contracts/openapi'
import { textOf } from './answers-read'
import { durationBetween } from './durations'
import { isTerminal, type CommandStatus, type Tone } from './statuses'

type Command = components['schemas']['CommandOut']
type TimelineItem = components['schemas']['TimelineItem']

/** When a part of the answer was there: stored by the server, or, until that is known, received by this page. */
export interface PartTime {
  readonly at: string
  readonly isStored: boolean
}

export interface AnswerTimes {
  readonly first: PartTime | null
  readonly last: PartTime | null
  readonly parts: number
}

/** The press and the answer to it, both by the clock of the page that sent the command (ms). */
export interface Click {
  readonly clickedAt: number
  readonly acceptedAt: number
}

export interface Milestone {
  readonly at: string
  readonly words: string
  /** Who, where somebody did it. */
  readonly actor: string | null
  /** Milliseconds since the one before; null for the first, and where the two come from different clocks. */
  readonly sinceBefore: number | null
  /** Whose clock it is. */
  readonly clock: 'server' | 'page'
  /** `sinceBefore` is what the page measured until the answer was here: it can only have been less. */
  readonly isAtMost: boolean
}

export interface Stage {
  readonly name: string
  readonly milliseconds: number
  readonly tone: Tone | 'queued'
}

const words: Readonly<Record<string, string>> = {
  submitted: 'Accepted, stored and queued',
  in_progress: 'Dispatched to the vehicle',
  taken_over: 'Taken over by another worker',
  cancel_requested: 'Cancel requested',
  completed: 'Completed',
  failed: 'Failed',
  outcome_unknown: 'Outcome unknown',
  expired: 'Expired',
  cancelled: 'Cancelled',
}
const ends = new Set(['completed', 'failed', 'outcome_unknown', 'expired', 'cancelled'])

type Entry = Pick<Milestone, 'at' | 'words' | 'actor' | 'clock'>

const firstWords = 'First part of the answer'
const lastWords = 'Last part of the answer'
const latestWords = 'Latest part of the answer'

/** From the click, where this page knows it, to the end. Times of the page never mix with those of the server. */
export function milestones(items: readonly TimelineItem[], answer: AnswerTimes, click: Click | null): Milestone[] {
  const workers = new Set(items.filter(({ event }) => event === 'in_progress' || event === 'taken_over').map(({ actor_name }) => actor_name))
  const entryOf = (item: TimelineItem): Entry => ({ at: item.occurred_at, words: words[item.event] ?? item.event, actor: actorOf(item, workers), clock: 'server' })
  // Nothing follows the end, whatever the clocks of the service and of its database say.
  const end = items.findLast(({ event }) => ends.has(event))
  const parts = partEntries(answer, end !== undefined)
  const stored = parts.filter(({ clock }) => clock === 'server')
  const seen = parts.filter(({ clock }) => clock === 'page')
  const before = items.filter((item) => item !== end).map(entryOf)
  const after = end === undefined ? [] : [entryOf(end)]
  const clicked: Entry[] = click === null ? [] : [{ at: new Date(click.clickedAt).toISOString(), words: 'Sent from this page', actor: null, clock: 'page' }]
  const all = [...clicked, ...inOrder([...before, ...stored]), ...seen, ...after]
  return all.map((entry, index) => {
    const previous = all[index - 1]
    if (click !== null && index === 1) return { ...entry, sinceBefore: click.acceptedAt - click.clickedAt, isAtMost: true }
    return { ...entry, sinceBefore: previous?.clock === entry.clock ? Math.max(durationBetween(previous.at, entry.at) ?? 0, 0) : null, isAtMost: false }
  })
}

/** A worker's name says nothing to people: what it is stands before it. */
function actorOf({ actor_name: name }: TimelineItem, workers: ReadonlySet<string | null>): string | null {
  return name !== null && workers.has(name) ? `worker ${name}` : name
}

function partEntries({ first, last, parts }: AnswerTimes, isEnded: boolean): Entry[] {
  const count = !isEnded ? ` (${String(parts)} so far)` : parts > 2 ? ` (${String(parts)} parts)` : ''
  return [
    ...(first === null ? [] : [partEntry(first, firstWords)]),
    ...(last === null || parts < 2 ? [] : [partEntry(last, `${isEnded ? lastWords : latestWords}${count}`)]),
  ]
}

function partEntry({ at, isStored }: PartTime, text: string): Entry {
  return { at, words: text, actor: null, clock: isStored ? 'server' : 'page' }
}

function inOrder(entries: readonly Entry[]): Entry[] {
  return [...entries].sort((a, b) => time(a.at) - time(b.at) || order(a.words) - order(b.words))
}

function time(iso: string): number {
  return new Date(iso).getTime()
}

/** Within one millisecond. */
function order(entry: string): number {
  if (entry === words.submitted) return 0
  if (entry === words.in_progress) return 1
  if (entry === firstWords) return 2
  return entry.startsWith(lastWords) || entry.startsWith(latestWords) ? 3 : 4
}

/** The command's life in steps that follow each other; `now` (ms) ends the step that still goes on. */
export function stages(command: Command, answer: AnswerTimes, now: number, click: Click | null): Stage[] {
  const end = command.completed_at ?? new Date(Math.max(now, time(command.submitted_at))).toISOString()
  const begun = command.started_at
  const first = answer.first?.at ?? null
  const last = answer.last?.at ?? null
  const sending: Stage | null = click === null ? null : { name: 'Sending', milliseconds: Math.max(click.acceptedAt - click.clickedAt, 0), tone: 'neutral' }
  if (begun === null) return present([sending, stage('Queued', command.submitted_at, end, 'queued')])
  const queued = stage('Queued', command.submitted_at, begun, 'queued')
  if (first === null || last === null) {
    return present([sending, queued, stage(isTerminal(command.status) ? 'Without an answer' : 'No answer yet', begun, end, toneOf(command.status))])
  }
  return present([
    sending,
    queued,
    stage('Until the first part', begun, first, 'busy'),
    stage('Answering', first, last, 'good'),
    time(end) > time(last) ? stage(isTerminal(command.status) ? 'Closing' : 'Since the last part', last, end, toneOf(command.status)) : null,
  ])
}

function toneOf(status: CommandStatus): Tone {
  if (!isTerminal(status)) return 'busy'
  return status === 'completed' ? 'good' : status === 'failed' ? 'bad' : 'warning'
}

function stage(name: string, from: string, to: string, tone: Stage['tone']): Stage {
  return { name, milliseconds: Math.max(durationBetween(from, to) ?? 0, 0), tone }
}

function present(found: readonly (Stage | null)[]): Stage[] {
  return found.filter((one) => one !== null)
}

/** Who sent it, as the timeline names them. */
export function senderOf(items: readonly TimelineItem[]): string | null {
  return textOf(items.find(({ event }) => event === 'submitted')?.actor_name)
}
