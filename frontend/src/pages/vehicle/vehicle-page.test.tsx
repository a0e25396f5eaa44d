import { screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import type { components } from '@/contracts/openapi'
import type { PresenceHistory } from '@/domain/presence-history'
import { vehicleSearch } from '@/domain/search-params'
import { Refused, showPage } from '../../../tests/support/show-page'
import { VehiclePage } from './vehicle-page'

type Command = components['schemas']['CommandOut']
type Vehicle = components['schemas']['VehicleOut']
type ResponseList = components['schemas']['ResponseList']

const ID = '00000000-0000-4000-8000-000000000001'
const vehicle: Vehicle = {
  vehicle_id: ID, vin: 'WAUZZZF46MA000111', make: 'Audi', model: 'A4', year: 2021, address: 'doip://h', metadata: {},
  settings: { safe_state: { policy: 'checked', conditions: [{ reading: 'vehicle speed', maximum: 1, unit: 'km/h' }] } },
  connection_status: 'connected', status_cause: null, status_since: '2026-01-01T00:00:00Z', last_seen_at: '2026-01-01T00:00:00Z', created_at: '2026-01-01T00:00:00Z',
}
const command = (name: string, status: Command['status']): Command => ({
  command_id: name, vehicle_id: ID, user_id: 'id-of-erika', command_name: name, command_params: {}, status, status_reason: null, error: null,
  reason: null, correlation_id: 'c', submitted_at: '2026-01-01T00:00:00Z', expires_at: '2026-01-01T01:00:00Z', timeout_s: 30,
  started_at: '2026-01-01T00:00:01Z', completed_at: status === 'completed' ? '2026-01-01T00:00:02Z' : null, cancel_requested_at: null, attempt: 1, queue_position: null,
})
const answers: Record<string, Record<string, unknown>[]> = {
  DiscoverECUs: [
    { ecu: { ecuAddress: '0x1010', component: 'Engine', name: 'Engine', variant: null } },
    { ecu: { ecuAddress: '0x1030', component: 'Brakes', name: 'Brakes', variant: null } },
  ],
  ReadDTC: [{ dtcs: [{ dtcCode: 'P0420', description: 'Catalyst', status: 'confirmed', ecuAddress: '0x1010' }], ecuAddress: '0x1010' }],
}

const unchanged: PresenceHistory = {
  items: [], total: 0, limit: 1000, next_before: null, since: '2026-01-01T00:00:00Z', until: '2026-01-02T00:00:00Z', recorded_since: null,
  summary: { online_share: null, connected_s: 0, disconnected_s: 0, error_s: 0, unknown_s: 0, unrecorded_s: 86_400 },
}

function serve(commands: readonly Command[]) {
  return (url: URL): unknown => {
    const name = /\/commands\/([^/]+)\/responses$/.exec(url.pathname)?.[1]
    if (name !== undefined) {
      const items = (answers[name] ?? []).map((response_payload, index) => ({
        response_id: `${name} ${String(index)}`, command_id: name, response_payload, sequence_number: index + 1, is_final: false, received_at: '2026-01-01T00:00:02Z',
      }))
      return { items } satisfies Partial<ResponseList>
    }
    if (url.pathname === '/api/v1/commands') {
      const wanted = (key: string, value: string) => [null, value].includes(url.searchParams.get(key))
      const items = commands.filter(({ status, command_name }) => wanted('status', status) && wanted('command_name', command_name))
      return { items, total: items.length, limit: 50, offset: 0 }
    }
    if (url.pathname.endsWith('/presence-history')) return unchanged
    return url.pathname === `/api/v1/vehicles/${ID}` ? vehicle : { items: [] }
  }
}

const show = (answer: (url: URL) => unknown) =>
  showPage({ path: '/vehicles/$vehicleId', at: `/vehicles/${ID}`, component: VehiclePage, validateSearch: vehicleSearch, answer })

test('what is known shows: queue with its sender, trouble codes, control units walked by keys', async () => {
  const page = show(serve([command('ClearDTC', 'in_progress'), command('DiscoverECUs', 'completed'), command('ReadDTC', 'completed')]))

  const queue = await screen.findByRole('table', { name: 'Commands running and waiting' })
  expect(within(queue).getByText('erika')).toBeVisible()
  expect(screen.getByText('erika runs ClearDTC. Nothing waits.')).toBeVisible()
  expect(within(queue).getByText('Running')).toBeVisible()
  expect(await screen.findByRole('link', { name: 'P0420' })).toBeVisible()
  // The one that runs stands in the queue: it is not counted twice.
  expect(screen.getByRole('region', { name: /^History/ })).toHaveTextContent('2 commands')
  const engine = await screen.findByRole('treeitem', { name: /Engine/ })
  await waitFor(() => expect(engine).toHaveTextContent('1 code'))
  expect(await screen.findByRole('heading', { name: 'Engine' })).toBeVisible()
  expect(screen.getByRole('link', { name: 'P0420' }).closest('li')).toHaveTextContent('Engine')

  await userEvent.click(engine)
  await userEvent.keyboard('{ArrowDown}')
  expect(screen.getByRole('treeitem', { name: /Brakes/ })).toHaveFocus()
  await userEvent.keyboard('{Enter}')

  expect(await screen.findByRole('heading', { name: 'Brakes' })).toBeVisible()
  expect(page.address()).toContain('entity=')
  expect(screen.getByText('vehicle speed at most 1 km/h')).toBeVisible()
})

test('nothing known yet: each place says why and offers the command that helps', async () => {
  show(serve([]))

  expect(await screen.findByText(/Nothing runs and nothing waits. A command sent now starts at once/)).toBeVisible()
  const find = await screen.findByRole('link', { name: 'Find control units' })
  expect(find.getAttribute('href')).toContain('command=DiscoverECUs')
  expect(await screen.findByText(/Nobody has read them yet/)).toBeVisible()
  expect(await screen.findByText(/No command has ended on this vehicle yet/)).toBeVisible()
})

test('a vehicle that is not there or hidden says so', async () => {
  show((url) => (url.pathname.startsWith('/api/v1/vehicles') ? new Refused(404) : { items: [], total: 0, limit: 50, offset: 0 }))

  expect(await screen.findByRole('alert')).toHaveTextContent('Not found')
})
