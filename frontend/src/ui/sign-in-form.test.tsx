import { MantineProvider } from '@mantine/core'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { ApiProblem, ConnectionProblem } from '@/domain/problems'
import { SessionContext } from '@/session/session-context'
import type { SessionPort } from '@/session/session-port'
import { SessionStore } from '@/session/session-store'
import { user as account } from '../../tests/support/builders'
import { FakeClock } from '../../tests/support/clock'
import { SignInForm } from './sign-in-form'

type SignIn = SessionPort['signIn']

const grant = { access_token: 'token', expires_in: 600 }

function shown(signIn: SignIn, username?: string) {
  const clock = new FakeClock()
  const port: SessionPort = {
    signIn,
    refresh: () => Promise.resolve(grant),
    signOut: () => Promise.resolve(),
    me: () => Promise.resolve(account('erika')),
  }
  const session = new SessionStore(port, {
    now: () => clock.now(),
    after: (milliseconds, action) => clock.after(milliseconds, action),
    exclusively: (action) => action(),
    mayHaveSession: () => false,
    noteSession: () => undefined,
    tell: () => undefined,
    listen: () => undefined,
  })
  render(
    <MantineProvider>
      <SessionContext value={session}>{username === undefined ? <SignInForm /> : <SignInForm username={username} />}</SessionContext>
    </MantineProvider>,
  )
  return { user: userEvent.setup() }
}

function problem(status: number, retryAfterS: number | null = null) {
  return new ApiProblem({ type: '', title: '', status, detail: 'detail', code: 'x', correlation_id: null, errors: [] }, retryAfterS)
}

test('sends what was typed with the keyboard alone', async () => {
  const signIn = vi.fn<SignIn>(() => Promise.resolve(grant))
  const { user } = shown(signIn)
  await user.tab()
  await user.keyboard('erika')
  await user.tab()
  await user.keyboard('secret{Enter}')
  expect(signIn).toHaveBeenCalledWith('erika', 'secret')
})

test.each<[Error, string]>([
  [problem(401), 'User name or password is wrong'],
  [problem(429, 30), 'Wait 30 s'],
  [new ConnectionProblem(null), 'The server does not answer'],
])('says what went wrong and keeps what was typed', async (error, words) => {
  const { user } = shown(() => Promise.reject(error))
  await user.type(screen.getByLabelText(/User name/), 'erika')
  await user.type(screen.getByLabelText(/Password/, { selector: 'input' }), 'secret{Enter}')
  expect(await screen.findByRole('alert')).toHaveTextContent(words)
  expect(screen.getByLabelText(/User name/)).toHaveValue('erika')
})

test('continues for one user only, once the session has ended', async () => {
  const signIn = vi.fn<SignIn>(() => Promise.resolve(grant))
  const { user } = shown(signIn, 'erika')
  expect(screen.getByLabelText(/User name/)).toHaveAttribute('readonly')
  await user.type(screen.getByLabelText(/Password/, { selector: 'input' }), 'secret{Enter}')
  expect(signIn).toHaveBeenCalledWith('erika', 'secret')
})
