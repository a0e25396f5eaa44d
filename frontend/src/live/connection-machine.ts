/**
 * The life of the live connection as a pure machine: no clock, no socket, no chance. Time (ms) and a random number
 * come in with each event; what is to be done comes out as effects.
 *
 *   resting ─start→ opening ─opened→ catching_up ─caught_up→ live
 *      ▲               │                 │                     │
 *      └──── stop      └─────── closed ──┴─────────────────────┴→ waiting ─(time)→ opening
 *   offline: the browser says that it has no network; barred: the session has ended, or the server refuses it.
 */

export type ConnectionState =
  | { readonly phase: 'resting' }
  | { readonly phase: 'opening'; readonly attempt: number; readonly giveUpAt: number }
  | { readonly phase: 'catching_up'; readonly openedAt: number; readonly attempt: number }
  | { readonly phase: 'live'; readonly openedAt: number; readonly attempt: number }
  | { readonly phase: 'waiting'; readonly attempt: number; readonly retryAt: number }
  | { readonly phase: 'offline' }
  | { readonly phase: 'barred' }

export type ConnectionEvent =
  | { readonly kind: 'start' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'opened' }
  /** All subscriptions are confirmed. */
  | { readonly kind: 'caught_up' }
  /** A subscription waits for the server again. */
  | { readonly kind: 'fell_behind' }
  /** `code` as the WebSocket closed; 1006 where it never opened. */
  | { readonly kind: 'closed'; readonly code: number }
  /** No token could be had: the session has ended. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'session_renewed' }
  | { readonly kind: 'browser_offline' }
  | { readonly kind: 'browser_online' }
  /** The page became visible, or the user asked to try at once. */
  | { readonly kind: 'try_now' }
  | { readonly kind: 'tick' }

export type ConnectionEffect =
  /** `renewToken`: the last token was refused, get another one. */
  | { readonly kind: 'open'; readonly renewToken: boolean }
  | { readonly kind: 'close' }
  /** Send `tick` at that time. */
  | { readonly kind: 'wake'; readonly at: number }

export type Step = readonly [ConnectionState, readonly ConnectionEffect[]]

export const OPEN_TIMEOUT_MS = 10_000
export const FIRST_DELAY_MS = 500
export const LONGEST_DELAY_MS = 20_000
/** A connection that lived this long was a good one: the next delay starts small again. */
export const GOOD_LIFE_MS = 10_000
const POLICY_VIOLATION = 1008

export const resting: ConnectionState = { phase: 'resting' }

/** `chance` is in [0, 1). */
export function step(state: ConnectionState, event: ConnectionEvent, now: number, chance: number): Step {
  switch (event.kind) {
    case 'start':
    case 'stop':
    case 'refused':
    case 'session_renewed':
      return followSession(state, event.kind, now)
    case 'browser_offline':
    case 'browser_online':
    case 'try_now':
      return followBrowser(state, event.kind, now)
    case 'opened':
    case 'caught_up':
    case 'fell_behind':
      return stay(advance(state, event.kind, now))
    case 'closed':
      return closed(state, event.code, now, chance)
    case 'tick':
      return tick(state, now, chance)
  }
}

function followSession(state: ConnectionState, kind: 'start' | 'stop' | 'refused' | 'session_renewed', now: number): Step {
  switch (kind) {
    case 'start':
      return state.phase === 'resting' ? open(0, now, false) : stay(state)
    case 'stop':
      return state.phase === 'resting' ? stay(state) : [resting, closing(state)]
    case 'refused':
      return state.phase === 'resting' || state.phase === 'barred' ? stay(state) : [{ phase: 'barred' }, closing(state)]
    case 'session_renewed':
      return state.phase === 'barred' ? open(0, now, false) : stay(state)
  }
}

function followBrowser(state: ConnectionState, kind: 'browser_offline' | 'browser_online' | 'try_now', now: number): Step {
  switch (kind) {
    case 'browser_offline':
      return state.phase === 'resting' || state.phase === 'barred' ? stay(state) : [{ phase: 'offline' }, closing(state)]
    case 'browser_online':
      return state.phase === 'offline' ? open(0, now, false) : stay(state)
    case 'try_now':
      return state.phase === 'waiting' ? open(state.attempt, now, false) : stay(state)
  }
}

function advance(state: ConnectionState, kind: 'opened' | 'caught_up' | 'fell_behind', now: number): ConnectionState {
  if (kind === 'opened' && state.phase === 'opening') return { phase: 'catching_up', openedAt: now, attempt: state.attempt }
  if (kind === 'caught_up' && state.phase === 'catching_up') return { ...state, phase: 'live' }
  if (kind === 'fell_behind' && state.phase === 'live') return { ...state, phase: 'catching_up' }
  return state
}

function stay(state: ConnectionState): Step {
  return [state, []]
}

function isOpen(state: ConnectionState): boolean {
  return state.phase === 'opening' || state.phase === 'catching_up' || state.phase === 'live'
}

function closing(state: ConnectionState): readonly ConnectionEffect[] {
  return isOpen(state) ? [{ kind: 'close' }] : []
}

function open(attempt: number, now: number, renewToken: boolean): Step {
  const giveUpAt = now + OPEN_TIMEOUT_MS
  return [
    { phase: 'opening', attempt, giveUpAt },
    [{ kind: 'open', renewToken }, { kind: 'wake', at: giveUpAt }],
  ]
}

function closed(state: ConnectionState, code: number, now: number, chance: number): Step {
  if (state.phase !== 'opening' && state.phase !== 'catching_up' && state.phase !== 'live') return stay(state)
  const wasGood = state.phase !== 'opening' && now - state.openedAt >= GOOD_LIFE_MS
  // The token has expired or was revoked. A new one is asked for at once, but only once: a server that
  // refuses that one too is left alone for a while.
  if (code === POLICY_VIOLATION && (wasGood || state.attempt === 0)) return open(wasGood ? 0 : 1, now, true)
  return wait(wasGood ? 0 : state.attempt, now, chance)
}

function wait(attempt: number, now: number, chance: number): Step {
  const retryAt = now + delay(attempt, chance)
  return [{ phase: 'waiting', attempt: attempt + 1, retryAt }, [{ kind: 'wake', at: retryAt }]]
}

/** Half of the doubled delay is fixed, half is chance: thousands of pages do not come back in one wave. */
export function delay(attempt: number, chance: number): number {
  const full = Math.min(FIRST_DELAY_MS * 2 ** Math.min(attempt, 16), LONGEST_DELAY_MS)
  return Math.round(full / 2 + (full / 2) * chance)
}

function tick(state: ConnectionState, now: number, chance: number): Step {
  if (state.phase === 'waiting' && now >= state.retryAt) return open(state.attempt, now, false)
  if (state.phase === 'opening' && now >= state.giveUpAt) {
    const [next, effects] = wait(state.attempt, now, chance)
    return [next, [{ kind: 'close' }, ...effects]]
  }
  return stay(state)
}
