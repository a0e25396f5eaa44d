import { cleanup, configure, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, expect, test, vi } from 'vitest'
import { commandDefinitions } from '../../../tests/definitions'
import { Lost, Refused, showPage } from '../../../tests/support/show-page'
import { commandOut, vehicleOut } from '../../../tests/support/vehicles'
import { sendSearch } from '@/domain/search-params'
import { keep } from '@/session/preferences'
import { sentHere } from '@/session/sent-here'
import { SendCommandPage } from './send-command-page'

const golf = vehicleOut('000101')
const prius = vehicleOut('000105', { make: 'Toyota', model: 'Prius', connection_status: 'disconnected', status_cause: 'It is offline.' })
const bench = vehicleOut('000201', { settings: { safe_state: { policy: 'checked', conditions: [{ reading: 'vehicle speed', maximum: 1, unit: 'km/h' }] } } })
const server = vehicleOut('000203', { address: 'sovd+http://127.0.0.1:1/' })
const gateway = vehicleOut('000202', { address: 'doip://127.0.0.1:1?ecus=0x1010' })
const vehicles = [golf, prius, bench, server, gateway]
const ecus = [{ ecuAddress: '0x1010', component: 'engine', name: 'Engine control module', variant: null }, { ecuAddress: '0x1030', component: 'brakes', name: 'Brakes', variant: null }]

interface Post {
  readonly key: string | null
  readonly body: Promise<Record<string, unknown>>
}

function show(at: string, onPost: (count: number) => unknown = () => null, role: 'viewer' | 'engineer' = 'engineer', onPreview: () => unknown = () => new Refused(500)) {
  const posts: Post[] = []
  const page = showPage({
    path: '/send', at, component: SendCommandPage, validateSearch: sendSearch, role,
    answer: ({ pathname }, request) => {
      if (pathname.endsWith('/command-previews')) return onPreview()
      if (request.method === 'POST') {
        posts.push({ key: request.headers.get('Idempotency-Key'), body: request.clone().json() as Post['body'] })
        return onPost(posts.length) ?? commandOut('33333333-3333-4333-8333-333333333333', golf.vehicle_id)
      }
      if (pathname.endsWith('/command-definitions')) return { items: commandDefinitions, total: commandDefinitions.length, limit: 100, offset: 0 }
      if (pathname.endsWith('/vehicles')) return { items: vehicles, total: vehicles.length, limit: 200, offset: 0 }
      if (pathname.endsWith('/knowledge')) return { ecus: { command_id: 'c', at: '2026-01-01T00:00:00Z', items: ecus }, trouble_codes: null, cleared_at: null }
      return vehicles.find(({ vehicle_id: id }) => pathname.endsWith(id)) ?? new Refused(404)
    },
  })
  return { address: () => page.address(), hide: cleanup, posts, hand: userEvent.setup() }
}

const button = (name: RegExp) => screen.findByRole('button', { name })

const lastKey = (command: string) => `last-parameters:id-of-erika:${command}`

beforeEach(() => {
  // A busy machine draws the first page slowly.
  configure({ asyncUtilTimeout: 8000 })
  for (const { name } of commandDefinitions) keep(lastKey(name), null)
  // Fields that grow with their text listen for fonts, which happy-dom does not have.
  Object.defineProperty(document, 'fonts', { value: new EventTarget(), configurable: true })
})

test('what only reads is sent at once, and the page goes to its command', async () => {
  const { hand, posts, address } = show(`/send?vehicles=${golf.vehicle_id}&command=DiscoverECUs`)
  await hand.click(await button(/Find control units on …000101/))
  await waitFor(() => expect(address()).toBe('/commands/33333333-3333-4333-8333-333333333333'))
  expect(posts).toHaveLength(1)
  expect(await posts[0]?.body).toEqual({ vehicle_id: golf.vehicle_id, command_name: 'DiscoverECUs', command_params: {} })
})

test('a double click sends once', async () => {
  const { hand, posts, address } = show(`/send?vehicles=${golf.vehicle_id}&command=DiscoverECUs`)
  await hand.dblClick(await button(/Find control units on/))
  await waitFor(() => expect(address()).toMatch(/^\/commands/))
  expect(posts).toHaveLength(1)
})

test('a lost answer is asked for again with the same key', async () => {
  const { hand, posts, address } = show(`/send?vehicles=${golf.vehicle_id}&command=DiscoverECUs`, (count) => (count === 1 ? new Lost() : null))
  await hand.click(await button(/Find control units on/))
  expect(await screen.findByText(/cannot run twice/)).toBeVisible()
  await waitFor(() => expect(address()).toMatch(/^\/commands/))
  expect(posts).toHaveLength(2)
  expect(posts[0]?.key).toMatch(/^[0-9a-f]{32}\./)
  expect(posts[1]?.key).toBe(posts[0]?.key)
})

test('wrong values are named at their fields, and nothing is sent', async () => {
  const { hand, posts } = show(`/send?vehicles=${golf.vehicle_id}&command=SubscribeData`)
  const send = await button(/Watch live data on/)
  await hand.type(screen.getByLabelText(/^Duration/), '5000')
  await hand.click(send)
  expect(screen.getByText(/^5000 does not fit\./)).toBeVisible()
  expect(screen.getByText(/^Add this parameter, or component instead\./)).toBeVisible()
  await waitFor(() => expect(screen.getByRole('combobox', { name: /^ECU address/ })).toHaveFocus())
  expect(posts).toHaveLength(0)
})

test('what the server finds wrong is shown at its field, until the field changes', async () => {
  const wrong = [{ pointer: '/command_params/dtcCode', message: 'no such trouble code' }]
  const { hand, posts } = show(`/send?vehicles=${golf.vehicle_id}&command=ClearDTC`, () => new Refused(422, wrong))
  await hand.type(await screen.findByRole('combobox', { name: /^ECU address/ }), '0x10')
  await hand.click(await button(/Clear trouble codes on/))
  await hand.click(await button(/Yes, send/))
  expect(await screen.findByText('No such trouble code')).toBeVisible()
  expect(screen.getByLabelText(/^Trouble code/)).toHaveAccessibleDescription(/No such trouble code/)
  await hand.type(screen.getByLabelText(/^Trouble code/), 'P0420')
  expect(screen.queryByText('No such trouble code')).toBeNull()
  expect(posts).toHaveLength(1)
})

test('what changes the vehicle asks once more, and a changed value asks anew', async () => {
  const { hand, posts } = show(`/send?vehicles=${golf.vehicle_id}&command=ClearDTC`)
  await hand.type(await screen.findByRole('combobox', { name: /^ECU address/ }), '0x10')
  await hand.click(await button(/Clear trouble codes on/))
  expect(await button(/Yes, send/)).toHaveFocus()
  await hand.type(screen.getByLabelText(/^Trouble code/), 'P0420')
  expect(screen.queryByRole('button', { name: /Yes, send/ })).toBeNull()
  expect(posts).toHaveLength(0)
})

test('Enter twice, or held down, does not confirm what it asked a moment ago; Enter after reading does', async () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(10_000)
  const { hand, posts, address } = show(`/send?vehicles=${golf.vehicle_id}&command=ClearDTC`)
  const field = await screen.findByRole('combobox', { name: /^ECU address/ })
  await hand.type(field, '0x10')
  await hand.keyboard('{Control>}{Enter}{Enter}{/Control}')
  expect(await button(/Yes, send/)).toHaveFocus()
  await hand.keyboard('{Enter}{Enter>4/}')
  expect(posts).toHaveLength(0)
  now.mockReturnValue(10_600)
  await hand.keyboard('{Enter}')
  await waitFor(() => expect(address()).toMatch(/^\/commands/))
  expect(posts).toHaveLength(1)
})

test('the tab that sends keeps when it was clicked, for the time line', async () => {
  const before = Date.now()
  const { hand, address } = show(`/send?vehicles=${golf.vehicle_id}&command=DiscoverECUs`)
  await hand.click(await button(/Find control units on/))
  await waitFor(() => expect(address()).toMatch(/^\/commands/))
  const click = sentHere('33333333-3333-4333-8333-333333333333')
  expect(click?.clickedAt).toBeGreaterThanOrEqual(before)
  expect(click?.acceptedAt).toBeGreaterThanOrEqual(click?.clickedAt ?? Infinity)
  expect(sentHere('44444444-4444-4444-8444-444444444444')).toBeNull()
})

test('a field offers the control units that the vehicle is known to have, and a vehicle with a SOVD server is asked by component', async () => {
  const { hand } = show(`/send?vehicles=${server.vehicle_id}&command=ClearDTC`)
  const field = await screen.findByRole('combobox', { name: /^Component/ })
  await hand.type(field, 'eng')
  await hand.click(await screen.findByRole('option', { name: /engine Engine control module/ }))
  expect(field).toHaveValue('engine')
})

test('what moves things needs a reason and the end of the VIN, and says what is read first', async () => {
  const { hand, posts, address } = show(`/send?vehicles=${bench.vehicle_id}&command=ECUReset`)
  await hand.type(await screen.findByRole('combobox', { name: /^ECU address/ }), '0x1010')
  expect(screen.getByText('vehicle speed: at most 1 km/h')).toBeVisible()
  await hand.click(await button(/Reset a control unit on …000201/))
  expect(screen.getByText('Say why it is sent; the reason is kept in the audit trail')).toBeVisible()
  await hand.type(screen.getByLabelText(/^Reason/), 'frozen display')
  await hand.type(screen.getByLabelText(/^Type the last 4/), '0101')
  await hand.click(await button(/Reset a control unit on/))
  expect(screen.getByText(/Is it the right vehicle/)).toBeVisible()
  expect(posts).toHaveLength(0)
  await hand.clear(screen.getByLabelText(/^Type the last 4/))
  await hand.type(screen.getByLabelText(/^Type the last 4/), '0201{Control>}{Enter}{/Control}')
  await waitFor(() => expect(address()).toMatch(/^\/commands/))
  expect(await posts[0]?.body).toMatchObject({ command_params: { ecuAddress: '0x1010' }, reason: 'frozen display' })
})

test('a vehicle that is away says how long the command waits', async () => {
  show(`/send?vehicles=${prius.vehicle_id}&command=ReadDTC`)
  expect(await screen.findByText('The vehicle does not answer now: It is offline.')).toBeVisible()
  expect(screen.getByText(/15 min 00 s from now/)).toBeVisible()
})

test('many vehicles get one command each, with a key each, and their results in one table', async () => {
  const { hand, posts, address } = show(`/send?vehicles=${golf.vehicle_id},${prius.vehicle_id}&command=DiscoverECUs`)
  await hand.click(await button(/Find control units on 2 vehicles/))
  await waitFor(() => expect(address()).toMatch(/^\/send\/results\?commands=/))
  expect(new Set(posts.map(({ key }) => key)).size).toBe(2)
})

test('the form starts with what was sent last, and without it if wished', async () => {
  keep(lastKey('ClearDTC'), { ecuAddress: '0x42' })
  const { hand } = show(`/send?vehicles=${golf.vehicle_id}&command=ClearDTC`)
  expect(await screen.findByRole('combobox', { name: /^ECU address/ })).toHaveValue('0x42')
  await hand.click(await button(/Start empty/))
  expect(screen.getByRole('combobox', { name: /^ECU address/ })).toHaveValue('')
})

test('who may not send is told which role it takes', async () => {
  show('/send', undefined, 'viewer')
  expect(await screen.findByText(/needs the role engineer/)).toBeVisible()
})

const preview = () => screen.findByRole('region', { name: 'What will be sent' })

test('the bytes are shown before they are sent, and nothing is sent for that', async () => {
  const write = { meaning: 'WriteDataByIdentifier (0x2E) 0x0110', ecu_address: '0x1010', raw: '2E01100320', method: null, uri: null, body: null }
  const known = () => ({ requests: [write], notes: ['Then the value is read back.'] })
  const { hand, posts } = show(`/send?vehicles=${gateway.vehicle_id}&command=WriteDataByID`, undefined, 'engineer', known)
  const box = await preview()
  expect(box).toHaveTextContent('when the parameters are complete')
  await hand.type(screen.getByRole('combobox', { name: /^ECU address/ }), '0x1010')
  await hand.type(screen.getByLabelText(/^Data identifier/), '0x0110')
  await hand.type(screen.getByRole('textbox', { name: /^Value/ }), '800')
  await waitFor(() => expect(box).toHaveTextContent('2E 01 10 03 20 to ECU 0x1010 WriteDataByIdentifier (0x2E) 0x0110'))
  expect(box).toHaveTextContent('Then the value is read back.')
  expect(posts).toHaveLength(0)
})

test('a value that the data of the vehicle cannot encode is named beside the bytes at once, and at its field when that is left', async () => {
  const wrong = [{ pointer: '/command_params/value', message: 'must be at most 1000' }]
  const { hand } = show(`/send?vehicles=${gateway.vehicle_id}&command=WriteDataByID`, undefined, 'engineer', () => new Refused(422, wrong))
  await hand.type(await screen.findByRole('combobox', { name: /^ECU address/ }), '0x1010')
  await hand.type(screen.getByLabelText(/^Data identifier/), '0x0110')
  const value = screen.getByRole('textbox', { name: /^Value/ })
  await hand.type(value, '2000')
  const box = await preview()
  await waitFor(() => expect(box).toHaveTextContent('This cannot be sentMust be at most 1000'))
  expect(value).not.toHaveAccessibleDescription(/Must be at most 1000/)
  await hand.tab()
  expect(value).toHaveAccessibleDescription(/Must be at most 1000/)
})

test('a vehicle for which nothing is known beforehand has no room for bytes, nor have several vehicles', async () => {
  for (const ids of [server.vehicle_id, golf.vehicle_id, `${gateway.vehicle_id},${bench.vehicle_id}`]) {
    const { hide } = show(`/send?vehicles=${ids}&command=DiscoverECUs`)
    await button(/Find control units on/)
    expect(screen.queryByRole('region', { name: 'What will be sent' })).toBeNull()
    hide()
  }
})
