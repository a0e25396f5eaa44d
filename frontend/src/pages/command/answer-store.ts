/**
 * A command's answer as the page shows it, put together outside React and told to it at most 30 times a second.
 *
 * It takes the longer of two: the live stream, and what was read from the store. Both begin with chunk 1 and have no
 * hole, so a page without a live connection still shows the same, only later.
 */
import { emptyAnswer, extendAnswer, type Answer, type AnswerChunk } from '@/domain/answers'
import { SampleLog } from '@/domain/samples'
import type { FollowedStream } from '@/live/command-streams'

export interface ShownAnswer {
  readonly answer: Answer
  readonly chunks: readonly AnswerChunk[]
  /** Grows in place; `answer` changes with it. */
  readonly log: SampleLog
  readonly followed: FollowedStream
}

export interface StreamSource {
  snapshot(commandId: string): FollowedStream
  watch(commandId: string, watcher: () => void): () => void
}

/** Every second frame is free of updates; the eye reads no faster. */
const PACE_MS = 33
const FRAME_MS = 16
/** An update takes a third of the time at most. Where it takes long they come more seldom, so that the page stays at hand. */
const SHARE = 3
const SLOWEST_MS = 300

/**
 * Runs an action before a frame is drawn, as soon as the one before has had its rest; one waits at a time. A hidden page
 * has no frames: it gets a timer.
 */
export function pacedFrames(now = () => performance.now()): (action: () => void) => void {
  let nextAt = -Infinity
  let isUnderWay = false
  let waiting: (() => void) | null = null

  function run(action: () => void) {
    const begun = now()
    isUnderWay = true
    action()
    // After the frame: what was changed has been laid out and drawn, too.
    setTimeout(() => {
      isUnderWay = false
      nextAt = begun + Math.min(SLOWEST_MS, Math.max(PACE_MS, SHARE * (now() - begun)))
      if (waiting !== null) plan(waiting)
      waiting = null
    }, 0)
  }

  function plan(action: () => void) {
    const rest = nextAt - now()
    if (isUnderWay) waiting = action
    else if (document.hidden) setTimeout(() => run(action), SLOWEST_MS)
    else if (rest <= FRAME_MS) requestAnimationFrame(() => run(action))
    else setTimeout(() => requestAnimationFrame(() => run(action)), rest - FRAME_MS)
  }
  return plan
}

export class AnswerStore {
  private stored: readonly AnswerChunk[] = []
  private isPlanned = false
  private shown: ShownAnswer
  private readonly watchers = new Set<() => void>()
  private readonly source: StreamSource
  private readonly commandId: string
  private readonly plan: (action: () => void) => void

  constructor(source: StreamSource, commandId: string, intervalMs: number | null, plan = pacedFrames()) {
    this.source = source
    this.commandId = commandId
    this.plan = plan
    const followed = source.snapshot(commandId)
    this.shown = { answer: emptyAnswer, chunks: [], log: new SampleLog(intervalMs), followed }
  }

  readonly snapshot = (): ShownAnswer => this.shown

  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher)
    const leave = this.source.watch(this.commandId, () => this.planUpdate())
    this.planUpdate()
    return () => {
      this.watchers.delete(watcher)
      leave()
    }
  }

  /** Chunks as read from the store, from the first on. */
  takeStored(chunks: readonly AnswerChunk[]): void {
    if (chunks.length <= this.stored.length) return
    this.stored = chunks
    this.planUpdate()
  }

  private planUpdate(): void {
    if (this.isPlanned) return
    this.isPlanned = true
    this.plan(() => this.update())
  }

  private update(): void {
    this.isPlanned = false
    const followed = this.source.snapshot(this.commandId)
    const live = followed.stream.chunks
    const longest = live.length >= this.stored.length ? live : this.stored
    const chunks = longest.length > this.shown.chunks.length ? longest : this.shown.chunks
    const answer = extendAnswer(this.shown.answer, chunks)
    if (followed === this.shown.followed && answer === this.shown.answer) return
    this.shown.log.take(chunks)
    this.shown = { ...this.shown, answer, chunks, followed }
    for (const watcher of this.watchers) watcher()
  }
}
