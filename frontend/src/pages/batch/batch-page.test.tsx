import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { commandDefinitions } from '../../../tests/definitions'
import { Refused, showPage } from '../../../tests/support/show-page'
import { commandOut, vehicleOut } from '../../../tests/support/vehicles'
import { packIds } from '@/domain/command-drafts'
import { batchSearch } from '@/domain/search-params'
import type { CommandStatus } from '@/domain/statuses'
import { BatchPage } from './batch-page'

const ids = ['33333333-3333-4333-8333-333333333331', '33333333-3333-4333-8333-333333333332'] as const
const vehicles = [vehicleOut('000101'), vehicleOut('000102')] as const
const refused = vehicleOut('000103')

function show() {
  const statuses: CommandStatus[] = ['completed', 'in_progress']
  const page = showPage({
    path: '/send/results', component: BatchPage, validateSearch: batchSearch,
    at: `/send/results?commands=${packIds(ids)}&unsent=${packIds([refused.vehicle_id])}`,
    answer: ({ pathname }) => {
      if (pathname.endsWith('/command-definitions')) return { items: commandDefinitions, total: 1, limit: 1, offset: 0 }
      const index = ids.findIndex((id) => pathname.endsWith(id))
      if (index >= 0) {
        const status = statuses[index]!
        return commandOut(ids[index]!, vehicles[index]!.vehicle_id, { status, status_reason: status === 'failed' ? 'The control unit refused it.' : null })
      }
      return [...vehicles, refused].find(({ vehicle_id: id }) => pathname.endsWith(id)) ?? new Refused(404)
    },
  })
  return { say: (...event: Parameters<typeof page.say>) => page.say(...event), address: () => page.address(), statuses, hand: userEvent.setup() }
}

test('every vehicle has a row, changes arrive live, and the filter shows who did not answer and why', async () => {
  const { say, statuses, hand, address } = show()
  expect(await screen.findByRole('heading', { name: 'Read trouble codes on 3 vehicles' })).toBeVisible()
  const counts = screen.getByRole('status', { name: 'How many are where' })
  expect(counts).toHaveTextContent('1 completed1 running1 not sent')
  expect(screen.getByRole('link', { name: 'Send to that one again' })).toBeVisible()
  statuses[1] = 'failed'
  say('commands', {
    event: 'command', command_id: ids[1], vehicle_id: vehicles[1].vehicle_id, user_id: 'u', command_name: 'ReadDTC', status: 'failed', at: '2026-01-01T00:00:00Z',
  })
  await waitFor(() => expect(counts).toHaveTextContent('1 completed1 failed1 not sentAll have ended.'))
  await hand.click(screen.getByText('Without a good answer 2'))
  await waitFor(() => expect(address()).toMatch(/show=failed/))
  const rows = screen.getAllByRole('row').slice(1)
  expect(rows).toHaveLength(2)
  expect(await within(rows[0]!).findByText('The control unit refused it.')).toBeVisible()
  expect(rows[1]).toHaveTextContent('The server did not take it')
  expect(within(rows[0]!).getByRole('link', { name: /Open the answer/ })).toHaveAttribute('href', `/commands/${ids[1]}`)
})
