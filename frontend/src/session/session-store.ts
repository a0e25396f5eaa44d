/**
 * The session of this page: who is signed in, and an access token that is always fresh.
 *
 * The token lives only here, in memory. One refresh is under way at a time, across all tabs of the browser; the tab that
 * did it tells the others. When the session ends in the middle of work the state becomes `expired`: requests wait, the
 * page stays as it is, and goes on once the same user has signed in again.
 */
import { ApiProblem, ConnectionProblem, SessionEnded } from '@/domain/problems'
import type { Grant, SessionPort, User } from './session-port'

export type SessionState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'signed_out' }
  | { readonly kind: 'signed_in'; readonly user: User }
  | { readonly kind: 'expired'; readonly user: User }

/** What tabs of one browser tell each other. It never leaves the origin and is stored nowhere. */
export type TabMessage =
  | { readonly kind: 'token'; readonly token: Token; readonly user: User }
  | { readonly kind: 'signed_out' }

export interface Token {
  readonly value: string
  /** Milliseconds of the clock. */
  readonly expiresAt: number
}

/** What the store needs of the browser (src/session/browser-surroundings.ts). */
export interface Surroundings {
  now(): number
  /** Calls back once; the answer cancels. */
  after(milliseconds: number, action: () => void): () => void
  /** Runs `action` while no other tab runs one. */
  exclusively<T>(action: () => Promise<T>): Promise<T>
  /** Whether this browser may have a session; only a hint that spares a request which must fail. */
  mayHaveSession(): boolean
  noteSession(isThere: boolean): void
  tell(message: TabMessage): void
  listen(hear: (message: TabMessage) => void): void
}

/** Below this much life left a token is renewed before use. */
const MARGIN_MS = 15_000
const RETRY_MS = 5_000

export class SessionStore {
  private state: SessionState = { kind: 'starting' }
  private token: Token | null = null
  private renewal: Promise<void> | null = null
  private cancelTimer: (() => void) | null = null
  private readonly watchers = new Set<() => void>()
  private waiting: { resolve: () => void; reject: (error: Error) => void }[] = []
  private readonly port: SessionPort
  private readonly around: Surroundings

  constructor(port: SessionPort, around: Surroundings) {
    this.port = port
    this.around = around
    around.listen((message) => this.hear(message))
  }

  readonly snapshot = (): SessionState => this.state

  /** Called after every change of state or token. The answer ends it. */
  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher)
    return () => this.watchers.delete(watcher)
  }

  /** The token as it stands, for those that only pass on a renewed one; null where there is none. */
  currentToken(): string | null {
    return this.token?.value ?? null
  }

  /** Takes up the session of the cookie, where there is one. */
  async start(): Promise<void> {
    if (!this.around.mayHaveSession()) {
      this.become({ kind: 'signed_out' })
      return
    }
    await this.renew().catch((error: unknown) => {
      if (error instanceof ConnectionProblem && this.state.kind === 'starting') this.become({ kind: 'unreachable' })
    })
    if (this.state.kind === 'unreachable') this.schedule(RETRY_MS, () => void this.start())
  }

  /** Signs in. ApiProblem where name or password are wrong; the state stays as it was. */
  async signIn(username: string, password: string): Promise<void> {
    const grant = await this.port.signIn(username, password)
    await this.accept(grant)
  }

  /** Ends the session here and in all tabs. ConnectionProblem where the server could not be told: still signed in. */
  async signOut(): Promise<void> {
    // Not beside a refresh: a tab whose live connection the server closes meanwhile waits, and then knows.
    await this.around.exclusively(async () => {
      await this.port.signOut().catch((error: unknown) => {
        if (!(error instanceof ApiProblem && error.status === 401)) throw error
      })
      this.around.tell({ kind: 'signed_out' })
      this.forget()
    })
  }

  /**
   * A token good for a request now. Renews it where needed, waits while the user signs in again.
   * `rejected`: the token that the server has just refused. ConnectionProblem, SessionEnded.
   */
  async freshToken(rejected?: string): Promise<string> {
    if (this.state.kind !== 'expired' && !this.isFresh(rejected)) await this.renew(rejected)
    if (this.state.kind === 'expired') await new Promise<void>((resolve, reject) => this.waiting.push({ resolve, reject }))
    if (this.token === null) throw new SessionEnded()
    return this.token.value
  }

  private isFresh(rejected?: string): boolean {
    return this.token !== null && this.token.value !== rejected && this.token.expiresAt - this.around.now() > MARGIN_MS
  }

  private renew(rejected?: string): Promise<void> {
    this.renewal ??= this.around
      .exclusively(() => this.renewAlone(rejected))
      .finally(() => {
        this.renewal = null
      })
    return this.renewal
  }

  private async renewAlone(rejected?: string): Promise<void> {
    // Another tab may have done it while this one waited for its turn.
    if (this.isFresh(rejected)) return
    // Another tab has signed out: the server need not be asked.
    if (!this.around.mayHaveSession()) {
      this.forget()
      return
    }
    let grant: Grant
    try {
      grant = await this.port.refresh()
    } catch (error) {
      if (!(error instanceof ApiProblem) || (error.status !== 401 && error.status !== 403)) throw error
      this.expire()
      return
    }
    await this.accept(grant)
  }

  private async accept(grant: Grant): Promise<void> {
    const token = { value: grant.access_token, expiresAt: this.around.now() + grant.expires_in * 1000 }
    const known = this.state.kind === 'signed_in' ? this.state.user : null
    const user = known ?? (await this.port.me(token.value))
    this.around.tell({ kind: 'token', token, user })
    this.takeUp(token, user)
  }

  private takeUp(token: Token, user: User): void {
    const before = this.state.kind === 'signed_in' || this.state.kind === 'expired' ? this.state.user : null
    if (before !== null && before.user_id !== user.user_id) this.dismiss(new SessionEnded())
    this.token = token
    const life = token.expiresAt - this.around.now()
    this.schedule(Math.max(life - 4 * MARGIN_MS, life / 2, 1000), () => this.renewAhead())
    this.become({ kind: 'signed_in', user })
    this.dismiss(null)
  }

  private renewAhead(): void {
    if (this.state.kind !== 'signed_in') return
    void this.renew(this.token?.value).catch(() => this.schedule(RETRY_MS, () => this.renewAhead()))
  }

  private expire(): void {
    this.token = null
    if (this.state.kind === 'signed_in') this.become({ kind: 'expired', user: this.state.user })
    else if (this.state.kind !== 'expired') this.become({ kind: 'signed_out' })
  }

  private forget(): void {
    this.cancelTimer?.()
    this.token = null
    this.become({ kind: 'signed_out' })
    this.dismiss(new SessionEnded())
  }

  private hear(message: TabMessage): void {
    if (message.kind === 'token') this.takeUp(message.token, message.user)
    else this.forget()
  }

  private dismiss(error: Error | null): void {
    const waiting = this.waiting
    this.waiting = []
    for (const one of waiting) {
      if (error === null) one.resolve()
      else one.reject(error)
    }
  }

  private schedule(milliseconds: number, action: () => void): void {
    this.cancelTimer?.()
    this.cancelTimer = this.around.after(milliseconds, action)
  }

  private become(state: SessionState): void {
    const same = this.state.kind === state.kind && 'user' in state && 'user' in this.state && state.user === this.state.user
    if (!same) this.state = state
    if (state.kind === 'signed_in' || state.kind === 'signed_out') this.around.noteSession(state.kind === 'signed_in')
    for (const watcher of this.watchers) watcher()
  }
}
