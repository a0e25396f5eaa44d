import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { keyFor, packIds, parseDurationS, sendSurely, sendToEach, unpackIds, vehicleKey } from './command-drafts'
import { ApiProblem, ConnectionProblem } from './problems'

const noWait = () => Promise.resolve()

function problem(status: number, retryAfterS: number | null = null) {
  return new ApiProblem({ type: 'about:blank', title: 'No', status, detail: 'No.', code: 'no', correlation_id: null, errors: [] }, retryAfterS)
}

describe('one key per draft', () => {
  let next = 0
  const fresh = () => `key-${String((next += 1))}`

  test('stays as long as what is sent stays the same', () => {
    const first = keyFor(null, { command_name: 'ECUReset' }, fresh)
    expect(keyFor(first, { command_name: 'ECUReset' }, fresh)).toBe(first)
    expect(keyFor(first, { command_name: 'ClearDTC' }, fresh).key).not.toBe(first.key)
  })

  test('differs for each vehicle', () => {
    const draft = keyFor(null, {}, fresh)
    expect(vehicleKey(draft, 'a')).not.toBe(vehicleKey(draft, 'b'))
  })
})

describe('sending surely', () => {
  test('a lost answer is asked for again', async () => {
    const send = vi.fn<() => Promise<string>>().mockRejectedValueOnce(new ConnectionProblem(null)).mockResolvedValue('done')
    const onRepeat = vi.fn()
    await expect(sendSurely(send, { wait: noWait, onRepeat })).resolves.toBe('done')
    expect(onRepeat).toHaveBeenCalledExactlyOnceWith(1)
  })

  test('a refusal is final', async () => {
    const send = vi.fn<() => Promise<string>>().mockRejectedValue(problem(422))
    await expect(sendSurely(send, { wait: noWait })).rejects.toThrow('No.')
    expect(send).toHaveBeenCalledTimes(1)
  })

  test('gives up in the end, and waits as long as the server asks', async () => {
    const waited: number[] = []
    const send = () => Promise.reject(problem(429, 5))
    await expect(sendSurely(send, { wait: (ms) => Promise.resolve(void waited.push(ms)) })).rejects.toThrow()
    expect(waited).toEqual([5000, 5000, 5000])
  })
})

test('many vehicles: few at a time, every one gets an outcome, in their order', async () => {
  let running = 0
  let most = 0
  const ids = Array.from({ length: 20 }, (_, index) => `v${String(index)}`)
  const told: string[] = []
  const outcomes = await sendToEach(ids, 5, async (id) => {
    running += 1
    most = Math.max(most, running)
    await Promise.resolve()
    running -= 1
    if (id === 'v3') throw problem(404)
    if (id === 'v4') throw new ConnectionProblem(null)
    return id
  }, ({ vehicleId }) => void told.push(vehicleId))
  expect(most).toBe(5)
  expect(outcomes.map(({ vehicleId }) => vehicleId)).toEqual(ids)
  expect(outcomes.slice(2, 5).map(({ kind }) => kind)).toEqual(['sent', 'refused', 'unknown'])
  expect(told).toHaveLength(20)
})

test('durations in plain words', () => {
  expect(['90', '90 s', '15 min', '2h', '1.5 d', '', 'soon', '-1', '5 weeks'].map(parseDurationS)).toEqual([90, 90, 900, 7200, 129_600, null, null, null, null])
})

test('ids come out of an address as they went in', () => {
  fc.assert(fc.property(fc.array(fc.uuid(), { maxLength: 20 }), (ids) => {
    expect(unpackIds(packIds(ids))).toEqual(ids)
  }))
  expect(unpackIds('not ids')).toEqual([])
})
