/** Shows one page as the browser would: real router, queries, client and types; the server's answers are given by the test. */
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { createMemoryHistory, createRootRoute, createRoute, createRouter, Outlet, RouterProvider } from '@tanstack/react-router'
import { render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { ApiContext, createApi } from '@/api/client'
import { createQueryClient } from '@/api/query-client'
import type { Topic, TopicEvent } from '@/live/frames'
import type { Listener } from '@/live/live-connection'
import { LiveContext, type Live } from '@/live/live-context'
import type { Problem } from '@/domain/problems'
import { SessionContext } from '@/session/session-context'
import type { SessionStore } from '@/session/session-store'
import { theme } from '@/ui/theme'
import { user } from './builders'

type Answer = (url: URL, request: Request) => unknown

export interface ShownPage {
  readonly requests: URL[]
  address(): string
  /** A live event of that topic. */
  say(topic: Topic['topic'], event: TopicEvent): void
}

interface PageToShow {
  readonly path: string
  readonly at: string
  readonly component: () => ReactNode
  readonly validateSearch: (raw: Record<string, unknown>) => object
  readonly answer: Answer
  readonly role?: 'viewer' | 'engineer' | 'admin'
}

/** An answer with this status instead of data. */
export class Refused {
  readonly status: number
  readonly errors: Problem['errors']
  constructor(status: number, errors: Problem['errors'] = []) {
    this.status = status
    this.errors = errors
  }
}

/** The request arrives, its answer does not. */
export class Lost {
  readonly kind = 'lost'
}

export function showPage({ path, at, component, validateSearch, answer, role = 'engineer' }: PageToShow): ShownPage {
  const requests: URL[] = []
  const listeners = new Map<string, Set<Listener>>()
  const state = { kind: 'signed_in', user: { ...user(), role } }
  const session = { watch: () => () => undefined, snapshot: () => state, freshToken: () => Promise.resolve('token') } as unknown as SessionStore
  const connectionState = { phase: 'live', openedAt: 0, attempt: 0 }
  const connection = {
    watch: () => () => undefined,
    snapshot: () => connectionState,
    subscribe: ({ topic }: Topic, listener: Listener) => {
      const those = listeners.get(topic) ?? new Set()
      listeners.set(topic, those.add(listener))
      return () => those.delete(listener)
    },
  }
  const api = createApi(session, (request) => {
    const url = new URL((request as Request).url)
    requests.push(url)
    const data = answer(url, request as Request)
    if (data instanceof Lost) return Promise.reject(new TypeError('Failed to fetch'))
    if (!(data instanceof Refused)) return Promise.resolve(Response.json(data))
    const problem = { type: 'x', title: 'Refused', status: data.status, detail: 'The server says no.', code: 'refused', correlation_id: 'c-1', errors: data.errors }
    return Promise.resolve(Response.json(problem, { status: data.status }))
  })
  const root = createRootRoute({ component: Outlet })
  const history = createMemoryHistory({ initialEntries: [at] })
  const page = createRoute({ getParentRoute: () => root, path, component, validateSearch })
  const others = ['/vehicles', '/vehicles/$vehicleId', '/send', '/send/results', '/commands', '/commands/$commandId'].filter((other) => other !== path)
    .map((other) => createRoute({ getParentRoute: () => root, path: other, component: () => <p>other page</p> }))
  const router = createRouter({ routeTree: root.addChildren([page, ...others]), history })
  render(
    <MantineProvider theme={theme} env="test">
      <SessionContext value={session}>
        <ApiContext value={api}>
          <QueryClientProvider client={createQueryClient()}>
            <LiveContext value={{ connection, streams: {} } as unknown as Live}><RouterProvider router={router as never} /></LiveContext>
          </QueryClientProvider>
        </ApiContext>
      </SessionContext>
    </MantineProvider>,
  )
  return {
    requests,
    address: () => history.location.href,
    say: (topic, event) => listeners.get(topic)?.forEach(({ onEvent }) => onEvent(event)),
  }
}
