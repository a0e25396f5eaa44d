import { expect, test } from 'vitest'
import type { Command } from '@/api/queries/commands'
import type { Vehicle } from '@/api/queries/vehicles'
import { batchCounts, batchCsv, batchRows, shownRows } from './batch-rows'

const at = '2026-11-23T01:00:00.000Z'

function command(id: string, status: Command['status'], reason: string | null = null): Command {
  return {
    command_id: id, vehicle_id: `v-${id}`, user_id: 'u', command_name: 'ReadDTC', command_params: {}, status, status_reason: reason, error: null,
    attempt: 1, cancel_requested_at: null, correlation_id: 'c', expires_at: at, queue_position: status === 'pending' ? 2 : null, reason: null,
    started_at: at, submitted_at: at, completed_at: status === 'completed' ? '2026-11-23T01:00:01.500Z' : null, timeout_s: 30,
  }
}

function vehicle(id: string, status: Vehicle['connection_status'] = 'connected'): Vehicle {
  return {
    vehicle_id: id, vin: 'WVWZZZAU5RP000101', make: 'Volkswagen', model: 'Golf', year: 2024, address: 'sim:', metadata: {}, settings: {},
    connection_status: status, status_cause: status === 'connected' ? null : 'It is offline.', status_since: at, last_seen_at: null, created_at: at,
  }
}

const commands = [command('a', 'completed', 'The answer is complete.'), command('b', 'outcome_unknown', '=No, "answer"'), command('c', 'pending')]
const rows = batchRows({
  commandIds: ['a', 'b', 'c', 'd'],
  commands: new Map(commands.map((one) => [one.command_id, one])),
  unsent: ['x'],
  unsentBecause: { x: 'You may not send to it.' },
  vehicles: new Map([['v-a', vehicle('v-a')], ['v-c', vehicle('v-c', 'disconnected')]]),
})

test('every vehicle has a row that says why there is no answer', () => {
  expect(rows.map(({ note }) => note)).toEqual([
    'The answer is complete.', '=No, "answer"',
    'The vehicle does not answer: It is offline. It waits until the vehicle is back, or until it expires.', '', 'You may not send to it.',
  ])
})

test('filters and counts', () => {
  expect(shownRows(rows, 'failed').map(({ key }) => key)).toEqual(['b', 'unsent x'])
  expect(shownRows(rows, 'open').map(({ key }) => key)).toEqual(['c', 'd'])
  expect(batchCounts(rows).map(({ label, count }) => [label, count])).toEqual([['Completed', 1], ['Waiting', 1], ['Outcome unknown', 1], ['Not sent', 1]])
})

test('the CSV is quoted, and no cell runs as a formula', () => {
  const lines = batchCsv(rows).split('\r\n')
  expect(lines).toHaveLength(7)
  expect(lines[1]).toBe(`WVWZZZAU5RP000101,Volkswagen Golf 2024,ReadDTC,completed,Completed,The answer is complete.,${at},${at},2026-11-23T01:00:01.500Z,1500,a,v-a`)
  expect(lines[2]).toContain(`"'=No, ""answer"""`)
  expect(lines[5]).toContain('not_sent,Not sent,You may not send to it.')
})
