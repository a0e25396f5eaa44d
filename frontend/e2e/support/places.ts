/** Every page with real data on it: for what is asked of all of them. */
import type { Api } from './api.ts'

export interface Place {
  readonly name: string
  readonly path: string
  /** Text that stands there once the page is drawn with its data. */
  readonly shows: RegExp
}

export async function placesWithData(api: Api): Promise<readonly Place[]> {
  const golf = await api.connected('000101')
  const benz = await api.connected('000103')
  const prius = await api.vehicle('000105')
  const simulated = await api.connected('000201')
  const [one, other, failing, found, streamed] = await Promise.all([
    api.send(golf, 'ReadDTC', { ecuAddress: '0x10' }, { reason: 'engine light is on' }),
    api.send(benz, 'ReadDTC', { ecuAddress: '0x10' }),
    api.send(await api.connected('000108'), 'ReadDTC', { ecuAddress: '0x10' }),
    api.send(simulated, 'DiscoverECUs'),
    api.send(await api.connected('000202'), 'SubscribeData', { ecuAddress: '0x1010', dataIds: ['0xF40C', '0xF40D'], intervalMs: 200, durationS: 4 }),
  ])
  await Promise.all([one, other, failing, found, streamed].map(({ command_id: id }) => api.ended(id)))
  await api.ended((await api.send(simulated, 'ReadDTC', {})).command_id)
  const id = (command: { command_id: string }) => command.command_id
  return [
    { name: 'fleet', path: '/vehicles', shows: /All \d+ vehicles shown/ },
    { name: 'fleet-nothing-found', path: '/vehicles?search=zeppelin', shows: /No vehicle matches/ },
    { name: 'vehicle', path: `/vehicles/${simulated.vehicle_id}`, shows: /P0420/ },
    { name: 'vehicle-offline', path: `/vehicles/${prius.vehicle_id}`, shows: /Toyota Prius/ },
    { name: 'vehicle-missing', path: '/vehicles/00000000-0000-4000-8000-000000000000', shows: /Not found/ },
    { name: 'send', path: `/send?vehicles=${golf.vehicle_id}&command=ReadDTC`, shows: /What is sent, as JSON/ },
    { name: 'send-empty', path: '/send', shows: /vehicles found/ },
    { name: 'send-offline', path: `/send?vehicles=${prius.vehicle_id}&command=ClearDTC`, shows: /does not answer now/ },
    { name: 'send-dangerous', path: `/send?vehicles=${simulated.vehicle_id}&command=ECUReset`, shows: /Type the last 4 characters/ },
    { name: 'results', path: `/send/results?commands=${[one, other, failing].map((command) => packed(id(command))).join('')}`, shows: /All have ended/ },
    { name: 'command', path: `/commands/${id(other)}`, shows: /Completed\./ },
    { name: 'command-table', path: `/commands/${id(other)}?view=table`, shows: /Completed\./ },
    { name: 'command-failed', path: `/commands/${id(failing)}`, shows: /What to do next/ },
    { name: 'command-values', path: `/commands/${id(streamed)}`, shows: /Completed\./ },
    { name: 'command-control-units', path: `/commands/${id(found)}`, shows: /Control units found/ },
    { name: 'history', path: '/commands', shows: /ReadDTC/ },
    { name: 'history-nothing-found', path: '/commands?status=outcome_unknown', shows: /No command/ },
    { name: 'compare', path: `/commands/compare?left=${id(one)}&right=${id(other)}`, shows: /appeared/ },
    { name: 'compare-empty', path: '/commands/compare', shows: /Pick two commands first/ },
    { name: 'audit', path: '/audit', shows: /Audit/ },
    { name: 'users', path: '/users', shows: /admin/ },
    { name: 'settings', path: '/settings', shows: /Time zone/ },
    { name: 'no-such-page', path: '/no-such-page', shows: /No such page/ },
  ]
}

/** As src/domain/command-drafts.ts packs ids into an address. */
function packed(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')
}
