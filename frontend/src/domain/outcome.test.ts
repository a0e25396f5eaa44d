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

test('steps follow each other from the click to the end', () => {
  const ended = command({ status: 'completed', started_at: '2026-11-23T00:00:00.010Z', completed_at: '2026-11-23T00:00:01.600Z' })
  const received = ['2026-11-23T00:00:00.500Z', '2026-11-23T00:00:01.500Z']
  expect(stages(ended, received, 0).map(({ name, milliseconds }) => [name, milliseconds])).toEqual([
    ['Waiting', 10], ['Until the first part', 490], ['Answering', 1000], ['Closing', 100],
  ])
  const found = milestones([{ event: 'submitted', occurred_at: ended.submitted_at, actor_name: 'ada', details: {} }], received)
  expect(found.map(({ words, sinceBefore }) => [words, sinceBefore])).toEqual([
    ['Submitted and stored', null], ['First part of the answer', 500], ['Last part of the answer', 1000],
  ])
})

test('a command that waits has one step, which grows', () => {
  expect(stages(command({}), [], Date.parse('2026-11-23T00:00:05Z'))).toEqual([{ name: 'Waiting', milliseconds: 5000, tone: 'neutral' }])
})
