import type { LiveSurroundings, SocketEvents } from '@/live/live-connection'
import type { FakeClock } from './clock'

interface ClientFrame {
  op: 'subscribe' | 'unsubscribe' | 'token' | 'ping'
  id?: string
  topic?: string
  after?: number
  token?: string
}

/** One socket as the server sees it. */
export class FakeSocket {
  readonly frames: ClientFrame[] = []
  isClosed = false
  /** The way is cut: nothing comes through any more, and nothing tells so. */
  isDead = false
  readonly token: string
  private readonly events: SocketEvents

  constructor(token: string, events: SocketEvents) {
    this.token = token
    this.events = events
  }

  send(text: string): void {
    const frame = JSON.parse(text) as ClientFrame
    this.frames.push(frame)
    if (frame.op === 'ping' && !this.isDead) this.say({ event: 'pong' })
  }

  close(): void {
    this.isClosed = true
  }

  open(): void {
    this.events.onOpen()
  }

  say(frame: object): void {
    this.events.onMessage(JSON.stringify(frame))
  }

  sayText(text: string): void {
    this.events.onMessage(text)
  }

  lose(code = 1006): void {
    this.events.onClose(code)
  }

  /** The newest subscription to a topic. */
  subscription(topic: string): ClientFrame {
    const found = this.frames.findLast((frame) => frame.op === 'subscribe' && frame.topic === topic)
    if (found === undefined) throw new Error(`no subscription to ${topic}`)
    return found
  }

  /** Confirms all subscriptions asked for so far. */
  confirmAll(): void {
    for (const { op, id } of this.frames) if (op === 'subscribe') this.say({ event: 'subscribed', id })
  }
}

export class FakeSession {
  kind = 'signed_in'
  token = 'token-1'
  readonly rejected: (string | undefined)[] = []
  private readonly watchers = new Set<() => void>()

  freshToken(rejected?: string): Promise<string> {
    this.rejected.push(rejected)
    return Promise.resolve(this.token)
  }

  currentToken(): string {
    return this.token
  }

  snapshot(): { kind: string } {
    return { kind: this.kind }
  }

  watch(watcher: () => void): () => void {
    this.watchers.add(watcher)
    return () => this.watchers.delete(watcher)
  }

  become(kind: string, token = this.token): void {
    this.kind = kind
    this.token = token
    for (const watcher of this.watchers) watcher()
  }
}

export function liveSurroundings(clock: FakeClock, session: FakeSession) {
  const sockets: FakeSocket[] = []
  const around: LiveSurroundings = {
    session,
    openSocket(token, events) {
      const socket = new FakeSocket(token, events)
      sockets.push(socket)
      return socket
    },
    now: () => clock.now(),
    chance: () => 0.5,
    after: (milliseconds, action) => clock.after(milliseconds, action),
  }
  return { around, sockets }
}
