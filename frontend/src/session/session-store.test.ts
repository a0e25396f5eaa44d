import { describe, expect, test, vi } from 'vitest'
import { ApiProblem, ConnectionProblem, SessionEnded } from '@/domain/problems'
import { user } from '../../tests/support/builders'
import { FakeClock, settle } from '../../tests/support/clock'
import type { SessionPort } from './session-port'
import { SessionStore, type Surroundings, type TabMessage } from './session-store'

function refused(): ApiProblem {
  return new ApiProblem({
    type: '/problems/not_authenticated', title: 'Not authenticated', status: 401, detail: 'The session has ended.',
    code: 'not_authenticated', correlation_id: null, errors: [],
  })
}

/** A server with one account, and a browser in which tabs share a lock and a channel. */
function world() {
  const clock = new FakeClock()
  let count = 0
  const grant = () => {
    count += 1
    return Promise.resolve({ access_token: `token-${String(count)}`, expires_in: 600 })
  }
  const port = {
    signIn: vi.fn<SessionPort['signIn']>(grant),
    refresh: vi.fn<SessionPort['refresh']>(grant),
    signOut: vi.fn<SessionPort['signOut']>(() => Promise.resolve()),
    me: vi.fn<SessionPort['me']>(() => Promise.resolve(user())),
  }
  const ears = new Map<object, (message: TabMessage) => void>()
  let line: Promise<unknown> = Promise.resolve()
  let mayHave = true
  function tab(): SessionStore {
    const own = {}
    const around: Surroundings = {
      now: () => clock.now(),
      after: (milliseconds, action) => clock.after(milliseconds, action),
      exclusively(action) {
        const turn = line.then(action)
        line = turn.catch(() => undefined)
        return turn
      },
      tell: (message) => ears.forEach((hear, other) => other !== own && hear(message)),
      mayHaveSession: () => mayHave,
      noteSession: (isThere) => {
        mayHave = isThere
      },
      listen: (hear) => void ears.set(own, hear),
    }
    return new SessionStore(port, around)
  }
  return { clock, port, tab }
}

describe('the session', () => {
  test('starts from the cookie, or signed out without one', async () => {
    const { port, tab } = world()
    const one = tab()
    await one.start()
    expect(one.snapshot()).toMatchObject({ kind: 'signed_in', user: { username: 'erika' } })

    port.refresh.mockRejectedValue(refused())
    const { tab: otherTab, port: otherPort } = world()
    otherPort.refresh.mockRejectedValue(refused())
    const other = otherTab()
    await other.start()
    expect(other.snapshot().kind).toBe('signed_out')
  })

  test('tries again while the server is away', async () => {
    const { clock, port, tab } = world()
    port.refresh.mockRejectedValueOnce(new ConnectionProblem(null))
    const one = tab()
    await one.start()
    expect(one.snapshot().kind).toBe('unreachable')
    clock.pass(5000)
    await settle()
    expect(one.snapshot().kind).toBe('signed_in')
  })

  test('many requests and two tabs at once cause one refresh', async () => {
    const { clock, port, tab } = world()
    const [one, other] = [tab(), tab()]
    await one.signIn('erika', 'secret')
    expect(other.snapshot().kind).toBe('signed_in')
    const stale = one.currentToken()!
    clock.pass(1)
    const tokens = await Promise.all([one, other, one, other].map((store) => store.freshToken(stale)))
    expect(new Set(tokens).size).toBe(1)
    expect(port.refresh).toHaveBeenCalledTimes(1)
  })

  test('is renewed ahead of its end without anyone asking', async () => {
    const { clock, port, tab } = world()
    const one = tab()
    await one.signIn('erika', 'secret')
    clock.pass(545_000)
    await settle()
    expect(port.refresh).toHaveBeenCalledTimes(1)
    expect(one.snapshot().kind).toBe('signed_in')
  })

  test('that ends in the middle of work lets requests wait until the user is back', async () => {
    const { port, tab } = world()
    const one = tab()
    await one.signIn('erika', 'secret')
    port.refresh.mockRejectedValueOnce(refused())
    const request = one.freshToken(one.currentToken()!)
    await settle()
    expect(one.snapshot()).toMatchObject({ kind: 'expired', user: { username: 'erika' } })
    await one.signIn('erika', 'secret')
    expect(await request).toBe(one.currentToken())
  })

  test('of another user does not serve the requests of the first', async () => {
    const { port, tab } = world()
    const one = tab()
    await one.signIn('erika', 'secret')
    port.refresh.mockRejectedValueOnce(refused())
    const request = one.freshToken(one.currentToken()!)
    const outcome = expect(request).rejects.toBeInstanceOf(SessionEnded)
    await settle()
    port.me.mockResolvedValue(user('max'))
    await one.signIn('max', 'secret')
    await outcome
  })

  test('ends in all tabs on sign-out', async () => {
    const { tab } = world()
    const [one, other] = [tab(), tab()]
    await one.signIn('erika', 'secret')
    await one.signOut()
    expect(other.snapshot().kind).toBe('signed_out')
    expect(other.currentToken()).toBeNull()
  })

  test('a tab whose token is refused while another one signs out asks the server for nothing', async () => {
    const { port, tab } = world()
    const one = tab()
    const other = tab()
    await one.signIn('erika', 'secret')
    await settle()
    const [, refusedThere] = await Promise.all([one.signOut(), other.freshToken('token-1').catch((error: unknown) => error)])
    expect(refusedThere).toBeInstanceOf(SessionEnded)
    expect(other.snapshot().kind).toBe('signed_out')
    expect(port.refresh).not.toHaveBeenCalled()
  })

  test('stays as it is where the server could not be told of the sign-out', async () => {
    const { port, tab } = world()
    const one = tab()
    await one.signIn('erika', 'secret')
    port.signOut.mockRejectedValue(new ConnectionProblem(null))
    await expect(one.signOut()).rejects.toBeInstanceOf(ConnectionProblem)
    expect(one.snapshot().kind).toBe('signed_in')
  })
})

test('a browser that never had a session is not sent to the server', async () => {
  const refresh = vi.fn<SessionPort['refresh']>()
  const port = { signIn: vi.fn<SessionPort['signIn']>(), refresh, signOut: vi.fn<SessionPort['signOut']>(), me: vi.fn<SessionPort['me']>() }
  const clock = new FakeClock()
  const one = new SessionStore(port, {
    now: () => clock.now(),
    after: (milliseconds, action) => clock.after(milliseconds, action),
    exclusively: (action) => action(),
    mayHaveSession: () => false,
    noteSession: () => undefined,
    tell: () => undefined,
    listen: () => undefined,
  })
  await one.start()
  expect(one.snapshot().kind).toBe('signed_out')
  expect(refresh).not.toHaveBeenCalled()
})
