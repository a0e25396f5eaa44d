import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { COMMAND_ID, progress, response, status } from '../../tests/support/builders'
import { emptyStream, hasEnded, hasGap, reduceEvents, resumeAfter } from './stream-reducer'

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

describe('chunks', () => {
  test('each is held once and in order, whatever order and however often they come, in any batches', () => {
    const arrivals = fc.integer({ min: 1, max: 30 }).chain((count) =>
      fc.record({
        count: fc.constant(count),
        first: fc.shuffledSubarray(numbers(count), { minLength: count }),
        again: fc.array(fc.integer({ min: 1, max: count })),
        cut: fc.integer({ min: 1, max: 7 }),
      }),
    )
    fc.assert(
      fc.property(arrivals, ({ count, first, again, cut }) => {
        let stream = emptyStream(COMMAND_ID)
        const order = [...again.slice(0, 5), ...first, ...again]
        for (let from = 0; from < order.length; from += cut) {
          stream = reduceEvents(stream, order.slice(from, from + cut).map((number) => response(number)))
          expect(stream.chunks.map(({ sequenceNumber }) => sequenceNumber)).toEqual(numbers(stream.chunks.length))
        }
        expect(stream.chunks).toHaveLength(count)
        expect(hasGap(stream)).toBe(false)
        expect(resumeAfter(stream)).toBe(count)
      }),
    )
  })

  test('a reconnection that resumes behind the last chunk gives the same stream as one without a break', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(20), fc.nat(20), (count, cut, back) => {
        const all = numbers(count).map((number) => response(number, number === count))
        const whole = reduceEvents(emptyStream(COMMAND_ID), [...all, status('completed')])
        const before = reduceEvents(emptyStream(COMMAND_ID), all.slice(0, cut))
        const replay = all.slice(Math.max(0, resumeAfter(before) - back))
        expect(reduceEvents(before, [...replay, status('completed')])).toEqual(whole)
      }),
    )
  })

  test('one that comes before its turn waits, and the hole is noticed', () => {
    const stream = reduceEvents(emptyStream(COMMAND_ID), [response(1), response(3)])
    expect(stream.chunks).toHaveLength(1)
    expect(hasGap(stream)).toBe(true)
    expect(hasGap(reduceEvents(stream, [response(2)]))).toBe(false)
  })

  test('nothing new leaves the same object, so that nothing is drawn again', () => {
    const stream = reduceEvents(emptyStream(COMMAND_ID), [response(1), status('in_progress')])
    expect(reduceEvents(stream, [response(1), status('in_progress'), status('pending')])).toBe(stream)
  })

  test('those of another command are not taken', () => {
    const stream = emptyStream('22222222-2222-4222-8222-222222222222')
    expect(reduceEvents(stream, [response(1)])).toBe(stream)
  })
})

describe('status and progress', () => {
  test('a status never goes back', () => {
    const stream = reduceEvents(emptyStream(COMMAND_ID), [status('completed', '2026-01-01T00:00:01.000Z'), status('in_progress')])
    expect(stream.status).toBe('completed')
    expect(hasEnded(stream)).toBe(true)
  })

  test('an unknown outcome may be resolved later', () => {
    const unknown = reduceEvents(emptyStream(COMMAND_ID), [status('outcome_unknown')])
    expect(hasEnded(unknown)).toBe(false)
    expect(reduceEvents(unknown, [status('completed')]).status).toBe('completed')
  })

  test('progress shows until the next chunk, and not after the end', () => {
    const working = reduceEvents(emptyStream(COMMAND_ID), [response(1), progress('ECU 0x1010 still works')])
    expect(working.progress?.message).toBe('ECU 0x1010 still works')
    expect(reduceEvents(working, [response(2)]).progress).toBeNull()
    expect(reduceEvents(working, [response(1)]).progress).not.toBeNull()
    expect(reduceEvents(working, [status('failed'), progress('late')]).progress).toBeNull()
  })
})
