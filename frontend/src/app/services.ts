import type { QueryClient } from '@tanstack/react-query'
import { createApi, type Api } from '@/api/client'
import { createQueryClient } from '@/api/query-client'
import { createBrowserLive, type Live } from '@/live/live-context'
import { browserSurroundings } from '@/session/browser-surroundings'
import { httpSessionPort } from '@/session/session-port'
import { SessionStore } from '@/session/session-store'

/** Everything that lives as long as the page. */
export interface Services {
  readonly session: SessionStore
  readonly api: Api
  readonly queries: QueryClient
  readonly live: Live
}

export function createServices(): Services {
  const session = new SessionStore(httpSessionPort, browserSurroundings())
  const queries = createQueryClient()
  const services = { session, api: createApi(session), queries, live: createBrowserLive(session, queries) }
  forgetOnChangeOfUser(services)
  return services
}

/** What one user has read, another must not see. */
function forgetOnChangeOfUser({ session, queries, live }: Services): void {
  let last: string | null = null
  session.watch(() => {
    const state = session.snapshot()
    const user = state.kind === 'signed_in' || state.kind === 'expired' ? state.user.user_id : null
    if (last !== null && user !== last) {
      queries.clear()
      live.streams.clear()
    }
    last = user
  })
}
