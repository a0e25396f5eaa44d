import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it } from 'vitest'
import { auditSearch } from '@/domain/search-params'
import { Refused, showPage } from '../../../tests/support/show-page'
import { AuditPage } from './audit-page'

const entry = {
  entry_id: 7, occurred_at: '2026-01-01T00:00:00Z', actor_type: 'user', actor_id: 'id-of-root', actor_name: 'root', action: 'user.updated',
  outcome: 'success', object_type: 'user', object_id: 'id-of-erika', correlation_id: 'c-7', ip_address: '10.0.0.1',
  details: { before: { role: 'viewer' }, after: { role: 'engineer' }, new_password: false },
}
const head = { position: 9, chain_digest: 'a'.repeat(64) }

function show(at = '/audit', verification: unknown = { intact: true, checked: 9, unsealed: 1, head, first_bad: null }, entries: unknown[] = [entry], role: 'admin' | 'engineer' = 'admin') {
  return showPage({
    path: '/audit', at, component: AuditPage, validateSearch: auditSearch, role,
    answer({ pathname }) {
      if (pathname === '/api/v1/audit-logs/verification') return verification
      return pathname === '/api/v1/audit-logs' ? { items: entries, total: entries.length, limit: 50, offset: 0 } : { items: [], total: 0 }
    },
  })
}

it('opens an entry with what was before and after, and keeps it in the address', async () => {
  const shown = show('/audit?actor=root')
  await userEvent.click(await screen.findByRole('button', { name: 'User changed' }))
  const details = await screen.findByRole('dialog', { name: 'Entry 7' })
  expect([...within(details).getByRole('row', { name: /role/ }).querySelectorAll('td')].map((cell) => cell.textContent)).toEqual(['role', 'viewer', 'engineer'])
  expect(within(details).getByText('New password')).toBeInTheDocument()
  expect(shown.address()).toBe('/audit?actor=root&entry=%227%22')
  expect(shown.requests.find(({ pathname }) => pathname === '/api/v1/audit-logs')?.searchParams.get('actor')).toBe('root')
})

it('says how a command ended, not that its failure was recorded; what an entry is about has a name', async () => {
  const failed = {
    ...entry, entry_id: 8, action: 'command.failed', object_type: 'command', object_id: 'c0ffee00-1', actor_type: 'worker', actor_name: 'w1', ip_address: null,
    details: { error: { code: 'vehicle_refused', message: 'The control unit refused.' }, attempt: 1 },
  }
  const sent = { ...entry, entry_id: 6, action: 'command.submitted', object_type: 'command', object_id: 'c0ffee00-1', details: { command_name: 'ReadDTC', vehicle_id: 'v', reason: 'asked' } }
  const refused = { ...entry, entry_id: 5, action: 'auth.login', outcome: 'refused', object_type: null, object_id: null, details: { reason: 'wrong password' } }
  show('/audit', undefined, [failed, sent, refused])

  const row = (await screen.findByRole('button', { name: 'Command failed' })).closest('tr')!
  expect(within(row).getByText('Failed')).toBeInTheDocument()
  expect(within(row).queryByText('Done')).toBeNull()
  expect(row).toHaveTextContent('The control unit refused.')
  expect(within(row).getByText('ReadDTC c0ffee00')).toBeInTheDocument()
  expect(screen.getByRole('button', { name: 'Sign-in refused' }).closest('tr')).toHaveTextContent('wrong passwordRefused')
})

it('checks the trail when asked, and shows the head', async () => {
  show()
  await userEvent.click(await screen.findByRole('button', { name: 'Check now' }))
  expect(await screen.findByText('Intact')).toBeInTheDocument()
  expect(screen.getByText(head.chain_digest)).toBeInTheDocument()
})

it('says what to do where the trail is not intact', async () => {
  const first_bad = { kind: 'changed_entry', position: 5, entry_id: 5, message: 'The entry was changed.' }
  show('/audit', { intact: false, checked: 4, unsealed: 0, head, first_bad })
  await userEvent.click(await screen.findByRole('button', { name: 'Check now' }))
  const alarm = await screen.findByRole('alert')
  expect(alarm).toHaveTextContent('The entry was changed. (position 5, entry 5)')
  expect(within(alarm).getAllByRole('listitem')).toHaveLength(4)
})

it('says why a check did not run', async () => {
  show('/audit', new Refused(500))
  await userEvent.click(await screen.findByRole('button', { name: 'Check now' }))
  expect(await screen.findByText(/The check did not run: The server says no/)).toBeInTheDocument()
})

it('says why nothing is here, and that others may not see it', async () => {
  show('/audit?actor=nobody', undefined, [])
  expect(await screen.findByRole('heading', { name: 'No entry fits these filters' })).toBeInTheDocument()
})

it('asks the server for nothing where the role does not reach', async () => {
  const { requests } = show('/audit', undefined, [], 'engineer')
  expect(await screen.findByText(/needs the role admin/)).toBeInTheDocument()
  expect(requests).toEqual([])
})
