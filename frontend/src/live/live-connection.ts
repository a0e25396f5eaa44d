/**
 * The one socket of the page. It carries every subscription, comes back by itself, and asks for each what is missing.
 *
 * Events of a subscription come in the server's order. After a break command topics resume behind the last chunk; the
 * other topics get a `resync`, because changes may have been missed.
 */
import { SessionEnded } from '@/domain/problems'
import { resting, step, type ConnectionEffect, type ConnectionEvent, type ConnectionState } from './connection-machine'
import { parseFrame, pingFrame, subscribeFrame, tokenFrame, topicKey, unsubscribeFrame, type ServerFrame, type Topic, type TopicEvent } from './frames'
import { judgeSilence, type Silence } from './silence'

/** As a WebSocket tells that its way broke (RFC 6455, 7.4.1). */
const BROKEN = 1006
/** About how long to wait before asking again for what the server cannot serve for a moment, its database away. */
export const ASK_AGAIN_MS = 2000

export interface Refusal {
  readonly code: string
  readonly message: string
}

export interface Listener {
  readonly onEvent: (event: TopicEvent) => void
  /** From now on nothing of the topic is missed; what changed before, since it was read, nobody tells. */
  readonly onFollowed?: () => void
  /** The server will not serve this topic: unknown, hidden or too many. */
  readonly onRefused?: (refusal: Refusal) => void
  /** For command topics: the number of the last chunk already here. */
  readonly after?: () => number
}

/** As much of a WebSocket as is needed. */
export interface Socket {
  send(text: string): void
  close(code: number): void
}

/** What the socket tells. After `close` was called, nothing more is listened to. */
export interface SocketEvents {
  onOpen(): void
  onMessage(data: unknown): void
  onClose(code: number): void
}

/** As much of the session as is needed (src/session/session-store.ts). */
export interface TokenSource {
  freshToken(rejected?: string): Promise<string>
  currentToken(): string | null
  snapshot(): { readonly kind: string }
  watch(watcher: () => void): () => void
}

export interface LiveSurroundings {
  readonly session: TokenSource
  openSocket(token: string, events: SocketEvents): Socket
  now(): number
  /** In [0, 1). */
  chance(): number
  after(milliseconds: number, action: () => void): () => void
}

interface Subscription {
  id: string
  readonly key: string
  readonly topic: Topic
  readonly listeners: Set<Listener>
  stage: 'unsent' | 'asked' | 'confirmed' | 'over'
  /** Whether it was confirmed before, so that a new confirmation means a break. */
  wasConfirmed: boolean
}

export class LiveConnection {
  private state: ConnectionState = resting
  private socket: Socket | null = null
  /** Tells late answers of an earlier attempt from those of this one. */
  private attempt = 0
  private lastToken: string | null = null
  private lastId = 0
  private cancelWake: (() => void) | null = null
  private silence: Silence = { heardAt: 0, askedAt: null }
  private cancelListening: (() => void) | null = null
  private readonly byKey = new Map<string, Subscription>()
  private readonly watchers = new Set<() => void>()
  private readonly around: LiveSurroundings

  constructor(around: LiveSurroundings) {
    this.around = around
    around.session.watch(() => this.followSession())
  }

  readonly snapshot = (): ConnectionState => this.state

  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher)
    return () => this.watchers.delete(watcher)
  }

  /** What the browser or the user tells: network there or away, page visible again. */
  tell(kind: 'browser_offline' | 'browser_online' | 'try_now'): void {
    this.happen({ kind })
  }

  /** Follows a topic until the answer is called. Subscriptions for the same topic share one on the wire. */
  subscribe(topic: Topic, listener: Listener): () => void {
    const key = topicKey(topic)
    let subscription = this.byKey.get(key)
    if (subscription === undefined) {
      subscription = { id: this.nextId(), key, topic, listeners: new Set(), stage: 'unsent', wasConfirmed: false }
      this.byKey.set(key, subscription)
    }
    const own = subscription
    own.listeners.add(listener)
    if (own.stage === 'confirmed') listener.onFollowed?.()
    this.ask(own)
    return () => this.unsubscribe(own, listener)
  }

  /** Asks anew from the last chunk on, where a hole was found. */
  askAgain(topic: Topic): void {
    const subscription = this.byKey.get(topicKey(topic))
    if (subscription === undefined || !this.isOpen()) return
    this.socket?.send(unsubscribeFrame(subscription.id))
    this.reset(subscription)
    this.ask(subscription)
  }

  private unsubscribe(subscription: Subscription, listener: Listener): void {
    subscription.listeners.delete(listener)
    if (subscription.listeners.size > 0 || this.byKey.get(subscription.key) !== subscription) return
    this.byKey.delete(subscription.key)
    const isOnWire = subscription.stage === 'asked' || subscription.stage === 'confirmed'
    if (this.isOpen() && isOnWire) this.socket?.send(unsubscribeFrame(subscription.id))
    this.judgeProgress()
  }

  private isOpen(): boolean {
    return this.state.phase === 'catching_up' || this.state.phase === 'live'
  }

  private nextId(): string {
    this.lastId += 1
    return `s${String(this.lastId)}`
  }

  private reset(subscription: Subscription): void {
    subscription.id = this.nextId()
    subscription.stage = 'unsent'
  }

  private ask(subscription: Subscription): void {
    if (!this.isOpen() || subscription.stage !== 'unsent') return
    const afters = [...subscription.listeners].map(({ after }) => after?.() ?? 0)
    subscription.stage = 'asked'
    this.socket?.send(subscribeFrame(subscription.id, subscription.topic, Math.min(...afters)))
    this.judgeProgress()
  }

  private judgeProgress(): void {
    const waits = [...this.byKey.values()].some(({ stage }) => stage === 'asked' || stage === 'unsent')
    this.happen({ kind: waits ? 'fell_behind' : 'caught_up' })
  }

  private followSession(): void {
    const { kind } = this.around.session.snapshot()
    if (kind === 'signed_out') this.happen({ kind: 'stop' })
    if (kind === 'expired') this.happen({ kind: 'refused' })
    if (kind !== 'signed_in') return
    this.happen({ kind: 'start' })
    this.happen({ kind: 'session_renewed' })
    const token = this.around.session.currentToken()
    if (!this.isOpen() || token === null || token === this.lastToken) return
    this.lastToken = token
    this.socket?.send(tokenFrame(token))
  }

  private happen(event: ConnectionEvent): void {
    const [next, effects] = step(this.state, event, this.around.now(), this.around.chance())
    const hasChanged = next !== this.state
    this.state = next
    for (const effect of effects) this.carryOut(effect)
    if (hasChanged) for (const watcher of this.watchers) watcher()
  }

  private carryOut(effect: ConnectionEffect): void {
    switch (effect.kind) {
      case 'open':
        void this.open(effect.renewToken)
        return
      case 'close':
        this.drop()
        return
      case 'wake':
        this.cancelWake?.()
        this.cancelWake = this.around.after(Math.max(0, effect.at - this.around.now()), () => this.happen({ kind: 'tick' }))
    }
  }

  private drop(): void {
    this.attempt += 1
    this.cancelListening?.()
    this.socket?.close(1000)
    this.socket = null
  }

  private async open(renewToken: boolean): Promise<void> {
    this.drop()
    const attempt = this.attempt
    let token: string
    try {
      token = await this.around.session.freshToken(renewToken ? (this.lastToken ?? undefined) : undefined)
    } catch (error) {
      if (attempt === this.attempt) this.happen(error instanceof SessionEnded ? { kind: 'refused' } : { kind: 'closed', code: BROKEN })
      return
    }
    if (attempt !== this.attempt) return
    this.lastToken = token
    const isCurrent = () => attempt === this.attempt
    this.socket = this.around.openSocket(token, {
      onOpen: () => {
        if (isCurrent()) this.begin()
      },
      onMessage: (data) => {
        if (!isCurrent()) return
        this.silence = { heardAt: this.around.now(), askedAt: null }
        this.take(parseFrame(data))
      },
      onClose: (code) => {
        if (!isCurrent()) return
        this.drop()
        this.happen({ kind: 'closed', code })
      },
    })
  }

  private begin(): void {
    this.happen({ kind: 'opened' })
    this.silence = { heardAt: this.around.now(), askedAt: null }
    this.listen()
    for (const subscription of this.byKey.values()) {
      if (subscription.stage === 'over') continue
      this.reset(subscription)
      this.ask(subscription)
    }
    this.judgeProgress()
  }

  /** Notices that the way is cut, though the socket says nothing of it. */
  private listen(): void {
    const now = this.around.now()
    const verdict = judgeSilence(this.silence, now)
    switch (verdict.kind) {
      case 'wait':
        this.cancelListening = this.around.after(verdict.until - now, () => this.listen())
        return
      case 'ask':
        this.silence = { ...this.silence, askedAt: now }
        this.socket?.send(pingFrame)
        this.listen()
        return
      case 'lost':
        this.drop()
        this.happen({ kind: 'closed', code: BROKEN })
    }
  }

  private take(frame: ServerFrame | null): void {
    if (frame?.id == null) return
    const subscription = [...this.byKey.values()].find(({ id }) => id === frame.id)
    if (subscription === undefined) return
    switch (frame.kind) {
      case 'topic':
        this.deliver(subscription, frame.event)
        return
      case 'subscribed':
        this.confirm(subscription)
        return
      case 'unsubscribed':
        // `ended`: the command has, and so has its stream; any other reason takes something away.
        this.end(subscription, { code: frame.reason ?? 'ended', message: 'This can no longer be followed.' }, frame.reason === null || frame.reason === 'ended')
        return
      case 'error':
        if (frame.retryCanHelp) this.askLater(subscription)
        else this.end(subscription, { code: frame.code, message: frame.message }, false)
    }
  }

  private askLater(subscription: Subscription): void {
    this.reset(subscription)
    this.judgeProgress()
    this.around.after(ASK_AGAIN_MS * (0.75 + this.around.chance() / 2), () => {
      if (this.byKey.get(subscription.key) === subscription) this.ask(subscription)
    })
  }

  private deliver(subscription: Subscription, event: TopicEvent): void {
    for (const listener of subscription.listeners) listener.onEvent(event)
  }

  private confirm(subscription: Subscription): void {
    const isBreak = subscription.wasConfirmed && subscription.topic.topic !== 'command'
    subscription.stage = 'confirmed'
    subscription.wasConfirmed = true
    if (isBreak) this.deliver(subscription, { event: 'resync' })
    else for (const { onFollowed } of subscription.listeners) onFollowed?.()
    this.judgeProgress()
  }

  private end(subscription: Subscription, refusal: Refusal, isQuiet: boolean): void {
    subscription.stage = 'over'
    if (!isQuiet) for (const { onRefused } of subscription.listeners) onRefused?.(refusal)
    this.judgeProgress()
  }
}
