import { screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { beforeEach, expect, test, vi } from 'vitest'
import type { components } from '@/contracts/openapi'
import { fleetSearch } from '@/domain/search-params'
import { Refused, showPage } from '../../../tests/support/show-page'
import { FleetPage } from './fleet-page'

type Vehicle = components['schemas']['VehicleOut']
type VehicleList = components['schemas']['VehicleList']
type CommandList = components['schemas']['CommandList']

const vehicle = (number: number): Vehicle => ({
  vehicle_id: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`, vin: `VIN${String(number).padStart(14, '0')}`,
  make: number % 2 === 0 ? 'Audi' : 'Fiat', model: 'Model', year: 2024, address: 'sim:', metadata: {}, settings: {},
  connection_status: 'connected', status_cause: null, status_since: '2026-01-01T00:00:00Z', last_seen_at: null, created_at: '2026-01-01T00:00:00Z',
})
const noCommands: CommandList = { items: [], total: 0, limit: 200, offset: 0 }

function serve(size: number) {
  const fleet = Array.from({ length: size }, (_, index) => vehicle(index + 1))
  return (url: URL): VehicleList | CommandList => {
    if (url.pathname !== '/api/v1/vehicles') return noCommands
    const [limit, offset] = [Number(url.searchParams.get('limit')), Number(url.searchParams.get('offset'))]
    return { items: fleet.slice(offset, offset + limit), total: size, limit, offset }
  }
}

const show = (answer: (url: URL) => unknown, search = '', role: 'viewer' | 'engineer' = 'engineer') =>
  showPage({ path: '/vehicles', at: `/vehicles${search}`, component: FleetPage, validateSearch: fleetSearch, answer, role })
const grid = () => screen.findByRole('grid', { name: 'Vehicles' })
const vinsShown = () => screen.queryAllByRole('link').map(({ textContent }) => textContent).filter((text) => text.startsWith('VIN'))

beforeEach(() => {
  // The test's browser lays nothing out: the table believes in a screen of 600 px.
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(600)
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(1200)
})

test('thousands of vehicles: read in parts of 200, counted in full, and only some rows exist', async () => {
  const { requests } = show(serve(2001))

  await waitFor(() => expect(screen.getByText('All 2,001 vehicles shown')).toBeVisible())
  expect(requests.filter(({ pathname }) => pathname === '/api/v1/vehicles')).toHaveLength(11)
  expect(await grid()).toHaveAttribute('aria-rowcount', '2002')
  const rows = screen.getAllByRole('row').length
  expect(rows).toBeGreaterThan(10)
  expect(rows).toBeLessThan(60)
})

test('search, filter and order come from the address, and typing goes into it', async () => {
  const page = show(serve(30), '?make=Audi&sort=-vin')

  await waitFor(() => expect(vinsShown()[0]).toBe('VIN00000000000030'))
  await userEvent.type(screen.getByRole('textbox', { name: 'Search vehicles' }), '00012')

  await waitFor(() => expect(vinsShown()).toEqual(['VIN00000000000012']))
  await waitFor(() => expect(page.address()).toContain('00012'))
  expect(page.address()).toContain('make=Audi')
})

test('keys: / searches, arrows walk, space and shift select, and the selection goes to the form', async () => {
  const page = show(serve(5))
  await grid()

  await userEvent.keyboard('/')
  expect(screen.getByRole('textbox', { name: 'Search vehicles' })).toHaveFocus()
  await userEvent.keyboard('{ArrowDown} {Shift>}{ArrowDown}{/Shift}')

  const bar = await screen.findByRole('region', { name: 'Selection' })
  expect(within(bar).getByText('2 vehicles selected')).toBeVisible()
  expect(within(bar).getByRole('link').getAttribute('href')).toContain(vehicle(2).vehicle_id)
  await userEvent.keyboard('{Enter}')
  await waitFor(() => expect(page.address()).toBe(`/vehicles/${vehicle(2).vehicle_id}`))
})

test('a key on a sort button is for the button and for the page, not for the rows', async () => {
  const page = show(serve(3))
  await grid()
  const heard: string[] = []
  const listen = ({ key }: KeyboardEvent) => heard.push(key)
  window.addEventListener('keydown', listen)
  screen.getByRole('button', { name: 'Make and model' }).focus()
  await userEvent.keyboard('{Control>}k{/Control} ')
  window.removeEventListener('keydown', listen)

  expect(heard).toEqual(['Control', 'k', ' '])
  expect(page.address()).toContain('sort=make')
  expect(screen.queryByRole('region', { name: 'Selection' })).toBeNull()
})

test('the VIN is a link: a click opens the vehicle in this page, with Ctrl the browser opens it in its own way', async () => {
  const page = show(serve(3))
  await grid()
  const link = screen.getAllByRole('link').find(({ textContent }) => textContent === vehicle(2).vin)!
  expect(link).toHaveAttribute('href', `/vehicles/${vehicle(2).vehicle_id}`)

  const isPrevented = () => new Promise<boolean>((tell) => {
    window.addEventListener('click', (event) => {
      tell(event.defaultPrevented)
      event.preventDefault()
    }, { once: true })
  })
  const withControl = isPrevented()
  const user = userEvent.setup()
  await user.keyboard('{Control>}')
  await user.click(link)
  await user.keyboard('{/Control}')
  expect(await withControl).toBe(false)
  expect(page.address()).toBe('/vehicles')
  const alone = isPrevented()
  await user.click(link)
  expect(await alone).toBe(true)
  await waitFor(() => expect(page.address()).toBe(`/vehicles/${vehicle(2).vehicle_id}`))
})

test('live presence changes the row, with its cause', async () => {
  const page = show(serve(3))
  await grid()

  page.say('presence', {
    event: 'presence', vehicle_id: vehicle(2).vehicle_id, connection_status: 'disconnected', status_cause: 'No route to the gateway.', status_since: '2026-01-01T00:00:00Z', last_seen_at: null,
  })

  expect(await screen.findByText('No route to the gateway.')).toBeVisible()
  expect(screen.getByText('Disconnected')).toBeVisible()
})

test('a viewer may select but is told why sending is not offered', async () => {
  show(serve(3), '', 'viewer')
  await userEvent.click((await screen.findAllByRole('checkbox', { name: /^Select VIN/ }))[0]!)

  expect(await screen.findByText(/may look, not send/)).toBeVisible()
})

test('no match says so, and clears search and filters', async () => {
  show(serve(3), '?search=zzz')

  await userEvent.click(await screen.findByRole('button', { name: 'Clear search and filters' }))

  expect(await screen.findByText('All 3 vehicles shown')).toBeVisible()
})

test('an empty fleet tells how a vehicle gets here', async () => {
  show(serve(0))

  expect(await screen.findByText('No vehicles yet')).toBeVisible()
})

test('a refused fleet tells so, with the number for the administrator', async () => {
  show((url) => (url.pathname === '/api/v1/vehicles' ? new Refused(403) : noCommands))

  expect(await screen.findByRole('alert')).toHaveTextContent('You may not see this')
  expect(screen.getByText('c-1')).toBeVisible()
})
