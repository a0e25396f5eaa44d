import { expect, test } from 'vitest'
import type { components } from '@/contracts/openapi'
import { cancelResult, outcomeOf } from './outcome'
import { milestones, stages } from './outcome-timeline'

type Command = components['schemas']['CommandOut']

const command = (changes: Partial<Command>): Command => ({
  attempt: 1, cancel_requested_at: null, command_id: 'c', command_name: 'ReadDTC', command_params: {}, completed_at: null,
  correlation_id: 'x', error: null, expires_at: '2026-11-23T00:15:00Z', queue_position: null, reason: null, started_at: null,
  status: 'pending', status_reason: null, submitted_at: '2026-11-23T00:00:00.000Z', timeout_s: 30, user_id: 'u', vehicle_id: 'v', ...changes,
})

test('a refusal names the negative response and what to do', () => {
  const details = { nrc: '0x31', nrcName: 'requestOutOfRange', advice: 'Check the identifier.', may_have_acted: false }
  const outcome = outcomeOf(command({ status: 'failed', error: { code: 'vehicle_refused', message: 'ECU refused.', details } }))
  expect(outcome.happened).toBe('ECU refused.')
  expect(outcome.next).toEqual(['Check the identifier.'])
  expect(outcome.facts[0]).toEqual({ name: 'Negative response', value: 'requestOutOfRange (NRC 0x31)' })
  expect(outcome.vehicle).toContain('did not act')
})

test('a refusal that the first line names is not named twice, nor that a read changes nothing', () => {
  const details = { nrc: '0x22', nrcName: 'conditionsNotCorrect', explanation: 'Not in the state needed.', may_have_acted: false }
  const message = 'The control unit refused: conditionsNotCorrect (0x22). A read changes nothing in the vehicle.'
  const outcome = outcomeOf(command({ status: 'failed', error: { code: 'vehicle_refused', message, details } }))
  expect(outcome.facts.map(({ name }) => name)).toEqual(['It means'])
  expect(outcome.vehicle).toBeNull()
})

test('cancelled while it ran: stopped for certain; cancelled before: there was nothing to stop', () => {
  const reason = 'Cancelled while it ran.'
  expect(outcomeOf(command({ status: 'cancelled', started_at: '2026-11-23T00:00:01Z', status_reason: reason })).vehicle).toBe('The vehicle was stopped for certain.')
  expect(outcomeOf(command({ status: 'cancelled', status_reason: 'Cancelled before it started.' })).vehicle).toBeNull()
})

test('an unknown outcome never says that nothing happened', () => {
  const outcome = outcomeOf(command({ status: 'outcome_unknown', command_name: 'ClearDTC', error: { code: 'vehicle_timeout', message: 'No answer.', details: { may_have_acted: true } } }))
  expect(outcome.vehicle).toContain('may have carried it out')
  expect(outcome.next[0]).toContain('Read the trouble codes')
})

test('the queue in words', () => {
  expect(outcomeOf(command({ queue_position: 1 })).happened).toContain('next')
  expect(outcomeOf(command({ queue_position: 3 })).happened).toContain('2 other commands')
})

test('a cancel that came too late says so', () => {
  const at = '2026-11-23T00:00:01Z'
  expect(cancelResult(command({ status: 'completed', cancel_requested_at: at }))?.words).toContain('too late')
  expect(cancelResult(command({ status: 'in_progress', cancel_requested_at: at }))).toBeNull()
  expect(cancelResult(command({ status: 'cancelled' }))).toBeNull()
})

const stored = (at: string) => ({ at, isStored: true })
const seen = (at: string) => ({ at, isStored: false })
const nothing = { first: null, last: null, parts: 0 }
const event = (name: string, at: string) => ({ event: name, occurred_at: at, actor_name: null, details: {} })
const t = (seconds: string) => `2026-11-23T00:00:${seconds}Z`

test('steps follow each other from the click to the end', () => {
  const ended = command({ status: 'completed', started_at: t('00.010'), completed_at: t('01.600') })
  const answer = { first: stored(t('00.500')), last: stored(t('01.500')), parts: 2 }
  const steps = [['Queued', 10], ['Until the first part', 490], ['Answering', 1000], ['Closing', 100]]
  expect(stages(ended, answer, 0, null).map(({ name, milliseconds }) => [name, milliseconds])).toEqual(steps)
  expect(stages(ended, answer, 0, { clickedAt: 1000, acceptedAt: 1035 }).map(({ name, milliseconds }) => [name, milliseconds])).toEqual([['Sending', 35], ...steps])
})

test('the time line begins with the click where this page knows it, and says what it measured', () => {
  const items = [event('submitted', t('00.000')), event('in_progress', t('00.010')), event('completed', t('01.500'))]
  const answer = { first: stored(t('00.500')), last: stored(t('01.500')), parts: 2 }
  const line = (click: { clickedAt: number; acceptedAt: number } | null) =>
    milestones(items, answer, click).map(({ words, sinceBefore, clock, isAtMost }) => [words, sinceBefore, clock, isAtMost])
  const rest = [
    ['Dispatched to the vehicle', 10, 'server', false], ['First part of the answer', 490, 'server', false],
    ['Last part of the answer', 1000, 'server', false], ['Completed', 0, 'server', false],
  ]
  expect(line(null)).toEqual([['Accepted, stored and queued', null, 'server', false], ...rest])
  // The clock of this computer is a minute ahead: it changes no duration.
  const clickedAt = Date.parse(t('59.980'))
  expect(line({ clickedAt, acceptedAt: clickedAt + 40 })).toEqual([
    ['Sent from this page', null, 'page', false], ['Accepted, stored and queued', 40, 'server', true], ...rest,
  ])
})

test('the end comes last, though the database stamped the last part a millisecond later', () => {
  const answer = { first: stored(t('00.501')), last: stored(t('00.501')), parts: 1 }
  const line = milestones([event('submitted', t('00.000')), event('completed', t('00.500'))], answer, null)
  expect(line.map(({ words, sinceBefore }) => [words, sinceBefore])).toEqual([
    ['Accepted, stored and queued', null], ['First part of the answer', 501], ['Completed', 0],
  ])
})

test('while parts stream, their times are those of this page, and are not counted against the clock of the server', () => {
  const items = [event('submitted', t('00.000')), event('in_progress', t('00.010'))]
  const answer = { first: seen(t('30.000')), last: seen(t('31.000')), parts: 3 }
  const line = milestones([...items, event('completed', t('01.500'))], answer, null)
  expect(line.map(({ words, sinceBefore, clock }) => [words, sinceBefore, clock])).toEqual([
    ['Accepted, stored and queued', null, 'server'], ['Dispatched to the vehicle', 10, 'server'],
    ['First part of the answer', null, 'page'], ['Last part of the answer (3 parts)', 1000, 'page'], ['Completed', null, 'server'],
  ])
})

test('what still streams has no last part, only a latest one; a worker is called one', () => {
  const items = [event('submitted', t('00.000')), { ...event('in_progress', t('00.010')), actor_name: 'host/1' }]
  const answer = { first: seen(t('30.000')), last: seen(t('31.000')), parts: 2 }
  expect(milestones(items, answer, null).map(({ words, actor }) => [words, actor])).toEqual([
    ['Accepted, stored and queued', items[0]?.actor_name ?? null], ['Dispatched to the vehicle', 'worker host/1'],
    ['First part of the answer', null], ['Latest part of the answer (2 so far)', null],
  ])
})

test('a command that waits has one step, which grows', () => {
  expect(stages(command({}), nothing, Date.parse(t('05')), null)).toEqual([{ name: 'Queued', milliseconds: 5000, tone: 'queued' }])
})

test('a command that the vehicle does not have: its own words say what helps', () => {
  const failed = (message: string) => outcomeOf(command({ status: 'failed', error: { code: 'command_not_supported', message, details: { may_have_acted: false } } }))
  const parameter = failed('The built-in mock vehicle (sim:) has no snapshot; leave it out, or use a doip: or sovd+http: vehicle.')
  expect(parameter.happened).toBe('The built-in mock vehicle (sim:) has no snapshot.')
  expect(parameter.next).toEqual(['Leave it out, or use a doip: or sovd+http: vehicle.'])
  const unlock = failed('Engine has no mode security: its server unlocks it by the rights of our credentials. Leave securityLevel out. Nothing was changed.')
  expect(unlock.happened).toBe('Engine has no mode security: its server unlocks it by the rights of our credentials. Nothing was changed.')
  expect(unlock.next).toEqual(['Leave securityLevel out.'])
  expect(failed('A SOVD server takes the parameters of a routine by name: give parameters instead of raw. Nothing was sent.').next).toEqual(['Give parameters instead of raw.'])
  const silent = failed('A vehicle behind a DoIP gateway has no command SOVDRequest.')
  expect(silent.happened).toBe('A vehicle behind a DoIP gateway has no command SOVDRequest.')
  expect(silent.next).toEqual(['Choose another command, or another kind of vehicle for this one.'])
})

test('a refusal that lists what there is points to the list; no safe state points to the settings', () => {
  const refused = command({ status: 'failed', error: { code: 'vehicle_refused', message: 'No data X. It has: A, B.', details: { known: ['A', 'B'] } } })
  expect(outcomeOf(refused).next).toEqual(['Send it again with one of the names that the vehicle has.'])
  const unsafe = command({ status: 'failed', error: { code: 'vehicle_not_safe', message: 'Not known.', details: { blocked_by: [] } } })
  expect(outcomeOf(unsafe).next[0]).toContain('safe_state')
})

test('a command for a vehicle that is away says what it waits for', () => {
  const vehicle = { connection_status: 'disconnected', status_cause: 'It is offline.' } as const
  expect(outcomeOf(command({ queue_position: 1 }), { vehicle }).happened).toBe('The vehicle does not answer now: It is offline. The command starts by itself when the vehicle is back.')
  expect(outcomeOf(command({ queue_position: 2 }), { vehicle: { ...vehicle, status_cause: null } }).happened).toContain('is back, after 1 other command of this vehicle.')
})
