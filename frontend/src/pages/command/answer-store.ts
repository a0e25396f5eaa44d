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

/** Every second frame is free of updates, for the hand and for slow machines; the eye reads no faster. */
const PACE_MS = 33
const FRAME_MS = 16

/** Runs each action before the next frame is drawn, but not in two frames running. A hidden page has no frames: it gets a timer. */
export function pacedFrames(): (action: () => void) => void {
  let last = -Infinity
  return (action) => {
    function run() {
      last = performance.now()
      action()
    }
    const rest = last + PACE_MS - performance.now()
    if (document.hidden) setTimeout(run, 250)
    else if (rest <= FRAME_MS) requestAnimationFrame(run)
    else setTimeout(() => requestAnimationFrame(run), rest - FRAME_MS)
  }
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
