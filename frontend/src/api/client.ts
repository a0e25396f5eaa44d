/** Talks to the server with the types of the contract. Pages use the queries beside this file, not the client. */
import createClient, { type Client } from 'openapi-fetch'
import { createContext, use } from 'react'
import type { paths } from '@/contracts/openapi'
import { ConnectionProblem } from '@/domain/problems'
import { problemOf } from '@/session/session-port'
import type { SessionStore } from '@/session/session-store'

export type Api = Client<paths>

/** A client whose requests carry a fresh token. A token refused once is renewed and the request sent again. */
export function createApi(session: SessionStore, send: typeof fetch = (...request) => fetch(...request)): Api {
  async function authorised(request: Request): Promise<Response> {
    const spare = request.clone()
    const token = await session.freshToken()
    const first = await attempt(request, token)
    if (first.status !== 401) return first
    return attempt(spare, await session.freshToken(token))
  }

  async function attempt(request: Request, token: string): Promise<Response> {
    request.headers.set('Authorization', `Bearer ${token}`)
    return send(request).catch((error: unknown) => {
      if (request.signal.aborted) throw error
      throw new ConnectionProblem(error)
    })
  }

  return createClient<paths>({
    baseUrl: globalThis.location.origin,
    fetch: authorised,
    credentials: 'same-origin',
  })
}

interface Outcome<T> {
  data?: T
  error?: unknown
  response: Response
}

/** The data of an answer; throws ApiProblem, ConnectionProblem or SessionEnded. */
export async function answer<T>(outcome: Promise<Outcome<T>>): Promise<T> {
  const { data, error, response } = await outcome
  if (response.ok) return data as T
  // openapi-fetch has read the body already; give it back to the one reader of problems.
  const body = typeof error === 'string' ? error : JSON.stringify(error)
  throw await problemOf(new Response(body, { status: response.status, statusText: response.statusText, headers: response.headers }))
}

export const ApiContext = createContext<Api | null>(null)

export function useApi(): Api {
  const api = use(ApiContext)
  if (api === null) throw new Error('ApiContext is missing above this component')
  return api
}
