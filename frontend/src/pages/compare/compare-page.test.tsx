import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it } from 'vitest'
import { compareSearch } from '@/domain/search-params'
import { commandDefinitions } from '../../../tests/definitions'
import { Refused, showPage } from '../../../tests/support/show-page'
import { ComparePage } from './compare-page'

const dtc = (dtcCode: string, status = 'confirmed') => ({ dtcCode, status, description: `About ${dtcCode}` })
const OLD = '00000000-0000-4000-8000-000000000001'
const NEW = '00000000-0000-4000-8000-000000000002'
const GONE = '00000000-0000-4000-8000-000000000003'
const answers: Record<string, object[]> = {
  [OLD]: [dtc('P0420'), dtc('P0171', 'pending'), dtc('P0300')],
  [NEW]: [dtc('P0171'), dtc('P0300'), dtc('P0128')],
}

function show(at: string, differs: object = {}, answer: (id: string) => unknown = () => null) {
  return showPage({
    path: '/commands/compare', at, component: ComparePage, validateSearch: compareSearch,
    answer({ pathname }) {
      const [, , , kind, id = '', part] = pathname.split('/')
      if (kind === 'command-definitions') return { items: commandDefinitions, total: 1, limit: 1, offset: 0 }
      const refused = answer(id)
      if (refused !== null) return refused
      if (kind === 'vehicles') return { vehicle_id: 'v', vin: 'WVWZZZAU5RP000101', make: 'Volkswagen', model: 'Golf', year: null }
      if (part === 'responses') {
        return { items: [{ sequence_number: 1, is_final: true, response_payload: { ecuAddress: '0x1010', dtcs: answers[id] ?? [] } }] }
      }
      return {
        command_id: id, vehicle_id: 'v', user_id: 'id-of-erika', command_name: 'ReadDTC', command_params: {}, status: 'completed',
        submitted_at: '2026-01-01T00:00:00Z', started_at: null, completed_at: null, ...(id === NEW ? differs : {}),
      }
    },
  })
}

it('shows what appeared, disappeared and changed, and the rest when asked', async () => {
  show(`/commands/compare?left=${OLD}&right=${NEW}`)
  const table = await screen.findByRole('region', { name: 'Trouble codes' })
  const lines = () => within(table).getAllByRole('row').slice(1).map((row) => [...row.querySelectorAll('td')].slice(0, 2).map((cell) => cell.textContent.slice(0, 12)))
  expect(lines().map(([fate]) => fate)).toEqual(['Disappeared', 'Changed', 'Appeared'])
  expect(within(table).getByText('status: pending', { selector: 'mark' })).toBeInTheDocument()
  expect(screen.getByText('1 appeared')).toBeInTheDocument()
  await userEvent.click(screen.getByRole('radio', { name: 'Everything' }))
  expect(within(table).getAllByRole('row')).toHaveLength(5)
})

it('says so where both are the same', async () => {
  show(`/commands/compare?left=${OLD}&right=${OLD}`)
  expect(await screen.findByRole('heading', { name: 'The answers are the same' })).toBeInTheDocument()
  expect(screen.getByText(/Both sides show the same command/)).toBeInTheDocument()
})

it('warns of what else makes answers differ', async () => {
  show(`/commands/compare?left=${OLD}&right=${NEW}`, { vehicle_id: 'w', status: 'failed', command_params: { ecuAddress: '0x1010' } })
  expect(await screen.findByText(/two different vehicles/)).toBeInTheDocument()
  expect(screen.getByText(/different parameters/)).toBeInTheDocument()
  expect(await screen.findByText('ECU address 0x1010')).toBeInTheDocument()
  expect(screen.getByText(/right command did not complete/)).toBeInTheDocument()
})

it('leads to the history where two are not picked, and says what it may not show', async () => {
  show(`/commands/compare?left=${OLD}`)
  expect(await screen.findByRole('link', { name: 'Open the history' })).toHaveAttribute('href', '/commands')
})

it('says what is missing', async () => {
  show(`/commands/compare?left=${OLD}&right=${GONE}`, {}, (id) => (id === GONE ? new Refused(404) : null))
  expect(await screen.findByRole('heading', { name: 'Not found' })).toBeInTheDocument()
})
