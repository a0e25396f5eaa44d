import { mayHaveSession, noteSession } from './preferences'
import type { Surroundings, TabMessage } from './session-store'

/** The session's surroundings in a real browser: Web Locks and a BroadcastChannel join the tabs. */
export function browserSurroundings(): Surroundings {
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('sovd-session')
  return {
    now: () => Date.now(),
    after(milliseconds, action) {
      const timer = setTimeout(action, milliseconds)
      return () => clearTimeout(timer)
    },
    async exclusively(action) {
      // Browsers offer locks only on https and on this computer. Without them the server's grace for the
      // token that was just spent keeps two tabs apart.
      const locks = (navigator as { locks?: LockManager }).locks
      return locks === undefined ? action() : await locks.request('sovd-session-refresh', action)
    },
    mayHaveSession,
    noteSession,
    tell: (message) => channel?.postMessage(message),
    listen(hear) {
      channel?.addEventListener('message', (event: MessageEvent<TabMessage>) => hear(event.data))
    },
  }
}
