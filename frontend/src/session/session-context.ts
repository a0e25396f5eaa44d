import { createContext, use, useSyncExternalStore } from 'react'
import type { User } from './session-port'
import type { SessionState, SessionStore } from './session-store'

export const SessionContext = createContext<SessionStore | null>(null)

export function useSessionStore(): SessionStore {
  const store = use(SessionContext)
  if (store === null) throw new Error('SessionContext is missing above this component')
  return store
}

export function useSessionState(): SessionState {
  const store = useSessionStore()
  return useSyncExternalStore(store.watch, store.snapshot)
}

/** The signed-in user. Only below the shell, which shows nothing else without one. */
export function useUser(): User {
  const state = useSessionState()
  if (state.kind === 'signed_in' || state.kind === 'expired') return state.user
  throw new Error('no user is signed in')
}
