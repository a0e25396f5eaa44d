import { useQuery } from '@tanstack/react-query'
import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { useApi } from '@/api/client'
import { vehicleQuery, type Vehicle } from '@/api/queries/vehicles'
import type { PresenceHistory, PresencePeriod } from '@/domain/presence-history'
import { useCommandChanges } from '@/live/hooks'
import { Refused, showPage } from '../../../tests/support/show-page'
import { vehicleOut } from '../../../tests/support/vehicles'
import { PresenceCard } from './presence-card'

const hour = 3_600_000
const loaded = Date.now()
const ago = (hours: number) => new Date(loaded - hours * hour).toISOString()
const ID = vehicleOut('000001').vehicle_id

const period = (connection_status: PresencePeriod['connection_status'], since: number, until: number | null, status_cause: string | null = null): PresencePeriod =>
  ({ connection_status, status_cause, since: ago(since), until: until === null ? null : ago(until), last_seen_at: null })

function history(hours: number, items: PresencePeriod[], more: Partial<PresenceHistory> = {}): PresenceHistory {
  const summary = { online_share: 0.9, connected_s: hours * 3240, disconnected_s: hours * 360, error_s: 0, unknown_s: 0, unrecorded_s: 0 }
  return { items, total: items.length, limit: 1000, next_before: null, since: ago(hours), until: ago(0), recorded_since: ago(400), summary, ...more }
}

function Page() {
  useCommandChanges({ vehicleId: ID })
  const { data } = useQuery(vehicleQuery(useApi(), ID))
  return data === undefined ? null : <PresenceCard vehicle={data} />
}

function show(historyOf: (hours: number) => unknown, more: Partial<Vehicle> = {}) {
  const vehicle = vehicleOut('000001', { status_since: ago(2), ...more })
  return showPage({
    path: '/vehicles/$vehicleId', at: `/vehicles/${ID}`, component: Page, validateSearch: () => ({}),
    answer: (url) => {
      if (!url.pathname.endsWith('/presence-history')) return vehicle
      return historyOf(Math.round((loaded - new Date(url.searchParams.get('since') ?? '').getTime()) / hour))
    },
  })
}

const usual = [period('connected', 2, null), period('disconnected', 5, 2, 'No way there.'), period('connected', 300, 5)]

test('the strip is walked by keys and tells each span in words', async () => {
  show((hours) => history(hours, usual))
  const strip = await screen.findByRole('slider', { name: 'Presence in the last 24 hours' })
  expect(strip).toHaveAttribute('aria-valuetext', expect.stringMatching(/^Connected, since .*2 h 00 min\.$/))

  await userEvent.tab()
  while (document.activeElement !== strip) await userEvent.tab()
  await userEvent.keyboard('{ArrowLeft}')

  expect(strip).toHaveAttribute('aria-valuetext', expect.stringMatching(/^Disconnected, .* to .*, 3 h 00 min: No way there\.$/))
  expect(screen.getByText(/^Disconnected, .*No way there\.$/)).toBeVisible()
  await userEvent.keyboard('{Home}{ArrowLeft}')
  expect(strip).toHaveAttribute('aria-valuenow', '1')
  expect(screen.getByRole('heading', { name: 'Connected 90.0 % of the last 24 hours' })).toBeVisible()
})

test('the changes of the time looked back at, newest first; seven days are read when asked for', async () => {
  const page = show((hours) => history(hours, hours > 24 ? [...usual, period('error', 400, 300, 'Odd answer.')] : usual, { recorded_since: ago(400) }))
  const list = await screen.findByRole('list', { name: 'Changes of presence' })
  expect(within(list).getAllByRole('listitem').map((item) => item.textContent)).toEqual([
    expect.stringMatching(/^Connected.*for 2 h 00 min now$/), expect.stringMatching(/^Disconnected.*3 h 00 minNo way there\.$/),
  ])

  await userEvent.click(screen.getByRole('radio', { name: '7 days' }))

  expect(await screen.findByRole('slider', { name: 'Presence in the last 7 days' })).toBeVisible()
  expect(page.requests.filter(({ pathname }) => pathname.endsWith('/presence-history'))).toHaveLength(2)
})

test('nothing changed yet: since when the record says so', async () => {
  show((hours) => history(hours, [period('connected', 3, null)], {
    recorded_since: ago(3), summary: { online_share: 1, connected_s: 3 * 3600, disconnected_s: 0, error_s: 0, unknown_s: 0, unrecorded_s: 21 * 3600 },
  }))

  expect(await screen.findByText(/No change recorded yet/)).toBeVisible()
  expect(screen.getByRole('heading', { name: 'Connected 100 % of the last 24 hours, as far as recorded' })).toBeVisible()
  expect(screen.getByText(/^Not recorded 87\.5 %/)).toBeVisible()
})

test('no change for days: it is so since then', async () => {
  show((hours) => history(hours, [period('connected', 300, null)]))

  expect(await screen.findByText(/No change in this time; it is so since/)).toBeVisible()
})

test('many changes are shown a few at a time', async () => {
  const items = Array.from({ length: 30 }, (_, index) => period(index % 2 === 0 ? 'connected' : 'disconnected', (index + 1) / 10, index === 0 ? null : index / 10))
  show((hours) => history(hours, items))
  const list = await screen.findByRole('list', { name: 'Changes of presence' })
  expect(within(list).getAllByRole('listitem')).toHaveLength(4)

  await userEvent.click(screen.getByRole('button', { name: 'Show 20 more of 30' }))

  expect(within(list).getAllByRole('listitem')).toHaveLength(24)
})

test('a live change is taken in without reading the page anew', async () => {
  let items = usual
  const page = show((hours) => history(hours, items))
  await screen.findByRole('slider')

  items = [period('disconnected', 0, null, 'The cable.'), period('connected', 2, 0), ...usual.slice(1)]
  page.say('vehicle', { event: 'presence', vehicle_id: ID, connection_status: 'disconnected', status_cause: 'The cable.', status_since: ago(0), last_seen_at: ago(0) })

  await waitFor(() => expect(screen.getByRole('slider')).toHaveAttribute('aria-valuetext', expect.stringMatching(/^Disconnected, since .*The cable\.$/)))
  expect(within(screen.getByRole('list', { name: 'Changes of presence' })).getAllByRole('listitem')).toHaveLength(3)
})

test('a history that cannot be read says why, and the presence now is still shown', async () => {
  show(() => new Refused(422))

  expect(await screen.findByRole('alert')).toHaveTextContent('The server says no.')
  expect(screen.getByText('Connected')).toBeVisible()
})
