/** What can go wrong with a request, as values that pages can ask. */
import type { components } from '@/contracts/openapi'

export type Problem = components['schemas']['Problem']

/** The server answered and said no (RFC 9457). `problem.code` is stable, `detail` is for people. */
export class ApiProblem extends Error {
  readonly problem: Problem
  /** Seconds that the server asks to wait, where it says so. */
  readonly retryAfterS: number | null

  constructor(problem: Problem, retryAfterS: number | null = null) {
    super(problem.detail === '' ? problem.title : problem.detail)
    this.name = 'ApiProblem'
    this.problem = problem
    this.retryAfterS = retryAfterS
  }

  get status(): number {
    return this.problem.status
  }

  get code(): string {
    return this.problem.code
  }

  /** The words for one field of the request body, by its JSON pointer. */
  fieldMessage(pointer: string): string | null {
    return this.problem.errors.find((wrong) => wrong.pointer === pointer)?.message ?? null
  }
}

/** No answer came: the server or the network is away. Whether the request arrived is not known. */
export class ConnectionProblem extends Error {
  constructor(cause: unknown) {
    super('The server does not answer. Check the network; the page tries again by itself.', { cause })
    this.name = 'ConnectionProblem'
  }
}

/** The user signed out, or another one signed in, while the request waited. */
export class SessionEnded extends Error {
  constructor() {
    super('You are signed out. Sign in to go on.')
    this.name = 'SessionEnded'
  }
}

export type ProblemKind = 'forbidden' | 'missing' | 'offline' | 'busy' | 'signed_out' | 'other'

export function problemKind(error: unknown): ProblemKind {
  if (error instanceof ConnectionProblem) return 'offline'
  if (error instanceof SessionEnded) return 'signed_out'
  if (!(error instanceof ApiProblem)) return 'other'
  if (error.status === 403) return 'forbidden'
  if (error.status === 404) return 'missing'
  return error.status === 429 || error.status === 503 ? 'busy' : 'other'
}

/** Whether asking again by itself can help and can do no harm (only for reads). */
export function mayRetry(error: unknown): boolean {
  const kind = problemKind(error)
  return kind === 'offline' || kind === 'busy'
}

/** A sentence for people. */
export function problemText(error: unknown): string {
  if (!(error instanceof Error) || error.message === '') return 'Something went wrong in the page. Reload it and try again.'
  const { message } = error
  // The server names a field by its pointer first: that stays as it is written.
  const start = message.startsWith('/') ? message : message.charAt(0).toUpperCase() + message.slice(1)
  return /[.!?…]$/.test(start) ? start : `${start}.`
}
