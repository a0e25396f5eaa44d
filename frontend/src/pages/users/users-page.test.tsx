import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it } from 'vitest'
import { usersSearch } from '@/domain/search-params'
import { user } from '../../../tests/support/builders'
import { Refused, showPage } from '../../../tests/support/show-page'
import { UsersPage } from './users-page'

const sessions = [
  { session_id: 's1', current: false, user_agent: 'curl/8.1', ip_address: '10.0.0.1', created_at: '2026-01-01T00:00:00Z', last_used_at: '2026-01-01T00:00:00Z', expires_at: '2026-02-01T00:00:00Z' },
]

function show(write: (request: Request) => unknown, at = '/users', role: 'admin' | 'viewer' = 'admin') {
  const accounts = [user(), { ...user('otto'), vehicle_ids: [] }]
  return showPage({
    path: '/users', at, component: UsersPage, validateSearch: usersSearch, role,
    answer(url, request) {
      if (request.method !== 'GET') return write(request)
      if (url.pathname.endsWith('/sessions')) return { items: sessions }
      return url.pathname === '/api/v1/users' ? { items: accounts, total: 2, limit: 200, offset: 0 } : { items: [], total: 0, limit: 20, offset: 0 }
    },
  })
}

it('makes an account with a generated password that is shown once', async () => {
  const bodies: Promise<Record<string, unknown>>[] = []
  show((request) => {
    bodies.push(request.clone().json() as Promise<Record<string, unknown>>)
    return user('anna')
  })
  await userEvent.click(await screen.findByRole('button', { name: 'Invite a user' }))
  await userEvent.type(await screen.findByLabelText(/User name/), 'anna')
  await userEvent.click(screen.getByRole('button', { name: 'Make the account' }))
  const shown = (await screen.findByTestId('password')).textContent
  expect(await bodies[0]).toMatchObject({ username: 'anna', password: shown, role: 'engineer', email: null, vehicle_ids: null })
  await userEvent.click(screen.getByRole('button', { name: 'I have passed it on' }))
  await waitFor(() => expect(screen.queryByTestId('password')).toBeNull())
})

it('puts what the server finds wrong to its field', async () => {
  show(() => new Refused(422, [{ in: 'body', pointer: '/username', message: 'must match the pattern ^x$' }]))
  await userEvent.click(await screen.findByRole('button', { name: 'Invite a user' }))
  const name = await screen.findByLabelText(/User name/)
  await userEvent.type(name, 'a b')
  await userEvent.click(screen.getByRole('button', { name: 'Make the account' }))
  expect(await screen.findByText(/Use letters, digits/)).toBeInTheDocument()
  expect(name).toBeInvalid()
})

it('switches an account off after a question, and sends nothing else', async () => {
  const bodies: Promise<unknown>[] = []
  show((request) => {
    bodies.push(request.clone().json())
    return { ...user('otto'), is_active: false }
  })
  await userEvent.click(await screen.findByRole('button', { name: 'otto' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Switch off' }))
  expect(screen.getByText(/signed out everywhere/)).toBeInTheDocument()
  await userEvent.click(screen.getByRole('button', { name: 'Switch it off' }))
  await waitFor(() => expect(bodies).toHaveLength(1))
  expect(await bodies[0]).toEqual({ is_active: false })
})

it('shows where an account is signed in, and ends a session of it', async () => {
  const ended: string[] = []
  show((request) => {
    ended.push(`${request.method} ${new URL(request.url).pathname}`)
    return {}
  }, '/users?user=id-of-otto')
  const list = await screen.findByRole('region', { name: 'Sessions of otto' })
  expect(within(list).getByText('from 10.0.0.1')).toBeInTheDocument()
  await userEvent.click(within(list).getByRole('button', { name: /End the session of curl/ }))
  await waitFor(() => expect(ended).toEqual(['DELETE /api/v1/users/id-of-otto/sessions/s1']))
})

it('gives the focus back to the line that was opened', async () => {
  show(() => null)
  const line = await screen.findByRole('button', { name: 'otto' })
  await userEvent.click(line)
  await screen.findByRole('dialog', { name: 'User otto' })
  await userEvent.keyboard('{Escape}')
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  expect(line).toHaveFocus()
})

it('does not offer to switch off the own account', async () => {
  show(() => null, '/users?user=id-of-erika')
  const drawer = await screen.findByRole('dialog', { name: 'User erika' })
  expect(within(drawer).getByText(/only another admin/)).toBeInTheDocument()
  expect(within(drawer).queryByRole('button', { name: 'Switch off' })).toBeNull()
})

it('searches while one types, and says so where nothing fits', async () => {
  show(() => null, '/users?search=ott')
  expect(await screen.findByRole('button', { name: 'otto' })).toBeInTheDocument()
  expect(screen.queryByRole('button', { name: 'erika' })).toBeNull()
  await userEvent.type(screen.getByLabelText('Search users'), 'xx')
  expect(await screen.findByRole('heading', { name: 'No user fits' })).toBeInTheDocument()
})

it('asks the server for nothing where the role does not reach', async () => {
  const { requests } = show(() => null, '/users', 'viewer')
  expect(await screen.findByText(/needs the role admin/)).toBeInTheDocument()
  expect(requests).toEqual([])
})
