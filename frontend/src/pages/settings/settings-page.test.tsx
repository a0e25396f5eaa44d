import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'
import { Refused, showPage } from '../../../tests/support/show-page'
import { SettingsPage } from './settings-page'

const session = (id: string, current: boolean, user_agent: string) => ({
  session_id: id, current, user_agent, ip_address: '10.0.0.1', created_at: '2026-01-01T00:00:00Z', last_used_at: '2026-01-01T00:00:00Z', expires_at: '2026-02-01T00:00:00Z',
})

function show(write: (request: Request) => unknown) {
  return showPage({
    path: '/settings', at: '/settings', component: SettingsPage, validateSearch: () => ({}),
    answer: (_, request) => (request.method === 'GET' ? { items: [session('s2', false, 'curl/8.1'), session('s1', true, 'Mozilla Firefox/128.0 X11')] } : write(request)),
  })
}

async function typePasswords(current: string, next: string, again: string) {
  await userEvent.type(await screen.findByLabelText(/Present password/), current)
  await userEvent.type(screen.getByLabelText(/^New password(?! again)/), next)
  await userEvent.type(screen.getByLabelText(/New password again/), again)
  await userEvent.click(screen.getByRole('button', { name: 'Change password' }))
}

it('ends a session, never the present one', async () => {
  const ended: string[] = []
  show((request) => {
    ended.push(`${request.method} ${new URL(request.url).pathname}`)
    return {}
  })
  expect(await screen.findByText('This one')).toBeInTheDocument()
  await userEvent.click(await screen.findByRole('button', { name: /End the session of curl/ }))
  await waitFor(() => expect(ended).toEqual(['DELETE /api/v1/auth/sessions/s2']))
  expect(screen.queryByRole('button', { name: /End the session of Firefox/ })).toBeNull()
})

it('finds wrong new passwords before it asks the server', async () => {
  const write = vi.fn(() => ({}))
  show(write)
  await typePasswords('old', 'short', 'other')
  expect(screen.getByText(/Use at least 12 characters; this has 5/)).toBeInTheDocument()
  expect(screen.getByText(/not the same as the new password/)).toBeInTheDocument()
  expect(write).not.toHaveBeenCalled()
})

it('says at its field that the present password is wrong', async () => {
  show(() => new Refused(422, [{ in: 'body', pointer: '/current_password', message: 'no' }]))
  await typePasswords('old', 'long-enough-words', 'long-enough-words')
  expect(await screen.findByText('This is not your present password.')).toBeInTheDocument()
})

it('forgets what was typed once it is changed', async () => {
  show(() => ({}))
  await typePasswords('old', 'long-enough-words', 'long-enough-words')
  await waitFor(() => expect(screen.getByLabelText(/Present password/)).toHaveValue(''))
})
