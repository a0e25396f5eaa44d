/** The streams of the commands on screen. Events are put together once a frame, however many arrive. */
import type { StreamEvent } from '@/contracts/stream-events'
import type { Listener, Refusal } from './live-connection'
import type { Topic, TopicEvent } from './frames'
import { emptyStream, hasEnded, hasGap, reduceEvents, resumeAfter, type CommandStream } from './stream-reducer'

export interface FollowedStream {
  readonly stream: CommandStream
  /** Set where the server does not let this user follow the command. */
  readonly refusal: Refusal | null
}

interface Subscriber {
  subscribe(topic: Topic, listener: Listener): () => void
  askAgain(topic: Topic): void
}

export interface StreamSurroundings {
  readonly connection: Subscriber
  now(): number
  after(milliseconds: number, action: () => void): () => void
  /** Told when a followed command changes its status. */
  onStatus?(stream: CommandStream): void
}

interface Followed {
  state: FollowedStream
  readonly watchers: Set<() => void>
  waiting: StreamEvent[]
  isFlushPlanned: boolean
  unsubscribe: (() => void) | null
  cancelForget: (() => void) | null
}

const FRAME_MS = 16
/** A page that is left and opened again at once finds its stream as it was. */
const LINGER_MS = 10_000

export class CommandStreams {
  private readonly followed = new Map<string, Followed>()
  private readonly empty = new Map<string, FollowedStream>()
  private readonly around: StreamSurroundings

  constructor(around: StreamSurroundings) {
    this.around = around
  }

  snapshot(commandId: string): FollowedStream {
    const followed = this.followed.get(commandId)
    if (followed !== undefined) return followed.state
    let nothing = this.empty.get(commandId)
    if (nothing === undefined) {
      nothing = { stream: emptyStream(commandId), refusal: null }
      this.empty.clear()
      this.empty.set(commandId, nothing)
    }
    return nothing
  }

  /** Follows the command as long as somebody watches. */
  watch(commandId: string, watcher: () => void): () => void {
    const followed = this.followed.get(commandId) ?? this.follow(commandId)
    followed.cancelForget?.()
    followed.cancelForget = null
    followed.watchers.add(watcher)
    return () => {
      followed.watchers.delete(watcher)
      if (followed.watchers.size === 0) followed.cancelForget = this.around.after(LINGER_MS, () => this.forget(commandId))
    }
  }

  /** Forgets everything: another user has signed in. */
  clear(): void {
    for (const commandId of [...this.followed.keys()]) this.forget(commandId)
  }

  private follow(commandId: string): Followed {
    const followed: Followed = {
      state: { stream: emptyStream(commandId), refusal: null },
      watchers: new Set(),
      waiting: [],
      isFlushPlanned: false,
      unsubscribe: null,
      cancelForget: null,
    }
    this.followed.set(commandId, followed)
    followed.unsubscribe = this.around.connection.subscribe(
      { topic: 'command', commandId },
      {
        after: () => {
          this.flush(followed)
          return resumeAfter(followed.state.stream)
        },
        onEvent: (event) => this.take(followed, event),
        onRefused: (refusal) => this.refuse(followed, refusal),
      },
    )
    return followed
  }

  private forget(commandId: string): void {
    const followed = this.followed.get(commandId)
    if (followed === undefined) return
    this.followed.delete(commandId)
    followed.cancelForget?.()
    followed.unsubscribe?.()
  }

  private take(followed: Followed, event: TopicEvent): void {
    if (!isStreamEvent(event)) return
    followed.waiting.push(event)
    if (followed.isFlushPlanned) return
    followed.isFlushPlanned = true
    this.around.after(FRAME_MS, () => this.flush(followed))
  }

  private flush(followed: Followed): void {
    followed.isFlushPlanned = false
    const events = followed.waiting
    if (events.length === 0) return
    followed.waiting = []
    const before = followed.state.stream
    const stream = reduceEvents(before, events, this.around.now())
    if (stream === before) return
    followed.state = { ...followed.state, stream }
    if (stream.status !== before.status) this.around.onStatus?.(stream)
    this.tell(followed)
    if (hasGap(stream) && !hasGap(before)) this.around.connection.askAgain({ topic: 'command', commandId: stream.commandId })
  }

  private refuse(followed: Followed, refusal: Refusal): void {
    this.flush(followed)
    // The server ends the subscription of a command that has ended.
    if (hasEnded(followed.state.stream)) return
    followed.state = { ...followed.state, refusal }
    this.tell(followed)
  }

  private tell(followed: Followed): void {
    for (const watcher of followed.watchers) watcher()
  }
}

function isStreamEvent(event: TopicEvent): event is StreamEvent {
  return event.event === 'response' || event.event === 'status' || event.event === 'error' || event.event === 'progress'
}
