import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it } from 'vitest'
import type { Command } from '@/api/queries/commands'
import { historySearch } from '@/domain/search-params'
import { Refused, showPage } from '../../../tests/support/show-page'
import { HistoryPage } from './history-page'

const VEHICLE = '22222222-2222-4222-8222-222222222222'

function command(number: number, more: Partial<Command> = {}): Command {
  return {
    command_id: `00000000-0000-4000-8000-00000000000${String(number)}`, vehicle_id: VEHICLE, user_id: 'id-of-erika', command_name: 'ReadDTC',
    command_params: {}, status: 'completed', status_reason: null, error: null, reason: null, correlation_id: 'c',
    submitted_at: `2026-01-01T00:0${String(number)}:00Z`, expires_at: '2026-01-01T01:00:00Z', timeout_s: 30,
    started_at: '2026-01-01T00:00:00Z', completed_at: '2026-01-01T00:00:01.5Z', cancel_requested_at: null, attempt: 1, queue_position: null, ...more,
  }
}

const vehicle = {
  vehicle_id: VEHICLE, vin: 'WVWZZZAU5RP000101', make: 'Volkswagen', model: 'Golf', year: 2024, address: 'sim:', metadata: {}, settings: {},
  connection_status: 'connected', status_cause: null, status_since: '2026-01-01T00:00:00Z', last_seen_at: null, created_at: '2026-01-01T00:00:00Z',
}
const list = (items: readonly unknown[], total = items.length) => ({ items, total, limit: 50, offset: 0 })

function show(at: string, commands: (url: URL) => unknown, role: 'viewer' | 'engineer' = 'engineer') {
  return showPage({
    path: '/commands', at, component: HistoryPage, validateSearch: historySearch, role,
    answer(url) {
      if (url.pathname === '/api/v1/commands') return commands(url)
      if (url.pathname === `/api/v1/vehicles/${VEHICLE}`) return vehicle
      return url.pathname === '/api/v1/vehicles' ? list([vehicle]) : { items: [] }
    },
  })
}

it('asks the server for what stands in the address, and says how long each took', async () => {
  const { requests } = show('/commands?status=completed&command=ReadDTC', () => list([command(1)]))
  const row = (await screen.findByRole('link', { name: 'ReadDTC' })).closest('tr')!
  expect(await within(row).findByRole('cell', { name: '1.50 s' })).toBeInTheDocument()
  expect(within(row).getByRole('cell', { name: 'erika' })).toBeInTheDocument()
  // The same again below others, for screens without room for these columns (the style sheet shows one of them).
  expect(within(row).getByText('by erika')).toBeInTheDocument()
  const asked = requests.find(({ pathname }) => pathname === '/api/v1/commands')!.searchParams
  expect([asked.get('status'), asked.get('command_name'), asked.get('offset')]).toEqual(['completed', 'ReadDTC', '0'])
})

it('compares only ended commands of one kind, the older one at the left', async () => {
  show('/commands', () => list([command(3), command(2, { command_name: 'ClearDTC' }), command(1), command(4, { status: 'in_progress', completed_at: null })]))
  await screen.findAllByRole('link', { name: 'ReadDTC' })
  const boxes = screen.getAllByRole('checkbox')
  await userEvent.click(boxes[0]!)
  expect(boxes.map((box) => (box as HTMLInputElement).disabled)).toEqual([false, true, false, true])
  await userEvent.click(boxes[2]!)
  const link = screen.getByRole('link', { name: 'Compare them' })
  expect(link).toHaveAttribute('href', `/commands/compare?left=${command(1).command_id}&right=${command(3).command_id}`)
})

it('shows a live change without reading the list again', async () => {
  const running = command(1, { status: 'in_progress', completed_at: null })
  const shown = show('/commands', () => list([running]))
  expect(await screen.findByText('Running', { selector: 'td *' })).toBeInTheDocument()
  shown.say('commands', { event: 'command', command_id: running.command_id, vehicle_id: VEHICLE, user_id: 'id-of-erika', command_name: 'ReadDTC', status: 'failed', at: '2026-01-01T00:00:02Z' })
  expect(await screen.findByText('Failed', { selector: 'td *' })).toBeInTheDocument()
})

it('loads more, and keeps that in the address', async () => {
  const shown = show('/commands', (url) => list([command(url.searchParams.get('offset') === '50' ? 2 : 1)], 51))
  await userEvent.click(await screen.findByRole('button', { name: 'Load more' }))
  await waitFor(() => expect(screen.getAllByRole('link', { name: 'ReadDTC' })).toHaveLength(2))
  expect(shown.address()).toBe('/commands?page=2')
  expect(shown.requests.some(({ searchParams }) => searchParams.get('offset') === '50')).toBe(true)
})

it('reads a typed day from its start to its end, and refuses what can be read in two ways', async () => {
  const shown = show('/commands', () => list([command(1)]))
  await userEvent.type(await screen.findByLabelText(/^From \(/), '2026-01-02{Enter}')
  await userEvent.type(await screen.findByLabelText(/^Until \(/), '2026-01-02{Enter}')
  await waitFor(() => expect(shown.address()).toContain('until='))
  const search = new URL(shown.address(), 'http://page').searchParams
  const [since, until] = [search.get('since'), search.get('until')].map((iso) => new Date(JSON.parse(iso!.startsWith('"') ? iso! : `"${iso!}"`) as string).getTime())
  expect(until! - since!).toBe(86_400_000 - 1)

  const from = await screen.findByLabelText(/^From \(/)
  await userEvent.clear(from)
  await userEvent.type(from, '01/02/2026{Enter}')
  expect(await screen.findByText(/Write it as 2026-11-23 14:05/)).toBeInTheDocument()
  expect(from).toBeInvalid()
})

it('says why nothing is here, and what to do', async () => {
  const shown = show('/commands?status=failed', () => list([]))
  expect(await screen.findByRole('heading', { name: 'No command fits these filters' })).toBeInTheDocument()
  const [, inTheMiddle] = screen.getAllByRole('button', { name: 'Clear filters' })
  await userEvent.click(inTheMiddle!)
  await waitFor(() => expect(shown.address()).toBe('/commands'))
  expect(await screen.findByRole('link', { name: 'Send a command' })).toBeInTheDocument()
})

it('offers a viewer nothing that the role does not allow', async () => {
  show('/commands', () => list([]), 'viewer')
  expect(await screen.findByText(/Sending needs the role engineer/)).toBeInTheDocument()
  expect(screen.queryByRole('link', { name: 'Send a command' })).toBeNull()
})

it('says what the server said where it refuses', async () => {
  show('/commands', () => new Refused(403))
  expect(await screen.findByRole('alert')).toHaveTextContent('The server says no.')
})
