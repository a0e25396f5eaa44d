/** The calls that begin, renew and end a browser session. The refresh token lives in an HttpOnly cookie: no script sees it. */
import type { components } from '@/contracts/openapi'
import { ApiProblem, ConnectionProblem, type Problem } from '@/domain/problems'

export type User = components['schemas']['UserOut']

/** An access token as the server gives it; `expires_in` in seconds. */
export type Grant = Pick<components['schemas']['TokensOut'], 'access_token' | 'expires_in'>

export interface SessionPort {
  signIn(username: string, password: string): Promise<Grant>
  /** A new access token for the cookie. ApiProblem with 401 where the session has ended, 403 where it was refused. */
  refresh(): Promise<Grant>
  signOut(): Promise<void>
  me(accessToken: string): Promise<User>
}

const path = '/api/v1/auth/browser-session'
// Only a script of this origin can send this header: it stops other sites from using the cookie.
const fromPage = { 'X-SOVD-Request': 'page' }

export const httpSessionPort: SessionPort = {
  async signIn(username, password) {
    const body = JSON.stringify({ username, password })
    const headers = { ...fromPage, 'Content-Type': 'application/json' }
    return (await send(path, { method: 'POST', headers, body })).json() as Promise<Grant>
  },
  async refresh() {
    return (await send(`${path}/refresh`, { method: 'POST', headers: fromPage })).json() as Promise<Grant>
  },
  async signOut() {
    await send(path, { method: 'DELETE', headers: fromPage })
  },
  async me(accessToken) {
    const headers = { Authorization: `Bearer ${accessToken}` }
    return (await send('/api/v1/auth/me', { headers })).json() as Promise<User>
  },
}

async function send(url: string, options: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...options, credentials: 'same-origin', cache: 'no-store' }).catch((error: unknown) => {
    throw new ConnectionProblem(error)
  })
  if (response.ok) return response
  throw await problemOf(response)
}

/** The problem an answer tells of; one made up from the status where a proxy answered in the server's place. */
export async function problemOf(response: Response): Promise<Error> {
  const retryAfter = Number(response.headers.get('Retry-After'))
  const body: unknown = await response.json().catch(() => null)
  if (isProblem(body)) return new ApiProblem(body, retryAfter > 0 ? retryAfter : null)
  // 502 and 504 are words of a proxy: the server behind it is away.
  if (response.status === 502 || response.status === 504) return new ConnectionProblem(response.status)
  const made: Problem = {
    type: 'about:blank',
    title: `Answer ${String(response.status)}`,
    status: response.status,
    detail: `The server answered ${String(response.status)} ${response.statusText}`.trim() + '. Try again, or ask an administrator.',
    code: 'unreadable_answer',
    correlation_id: response.headers.get('X-Correlation-ID'),
    errors: [],
  }
  return new ApiProblem(made)
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'status' in body && 'detail' in body
}
