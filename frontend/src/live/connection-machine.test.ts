import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  delay, GOOD_LIFE_MS, LONGEST_DELAY_MS, OPEN_TIMEOUT_MS, resting, step, type ConnectionEvent, type ConnectionState,
} from './connection-machine'

/** The state after some events at one moment. */
function after(events: ConnectionEvent[], now = 0, from: ConnectionState = resting): ConnectionState {
  return events.reduce((state, event) => step(state, event, now, 0.5)[0], from)
}

const start = { kind: 'start' } as const
const opened = { kind: 'opened' } as const
const caughtUp = { kind: 'caught_up' } as const
const closed = (code: number) => ({ kind: 'closed', code }) as const

describe('the connection', () => {
  test('opens, catches up, is live', () => {
    expect(after([start]).phase).toBe('opening')
    expect(after([start, opened]).phase).toBe('catching_up')
    expect(after([start, opened, caughtUp]).phase).toBe('live')
  })

  test('waits after a loss, and opens when the time has come', () => {
    const waiting = after([start, opened, caughtUp, closed(1012)])
    if (waiting.phase !== 'waiting') throw new Error(waiting.phase)
    expect(step(waiting, { kind: 'tick' }, waiting.retryAt - 1, 0)[0]).toBe(waiting)
    expect(step(waiting, { kind: 'tick' }, waiting.retryAt, 0)[0].phase).toBe('opening')
    expect(step(waiting, { kind: 'try_now' }, 0, 0)[0].phase).toBe('opening')
  })

  test('gives up an attempt that never opens', () => {
    const opening = after([start])
    const [next, effects] = step(opening, { kind: 'tick' }, OPEN_TIMEOUT_MS, 0)
    expect(next.phase).toBe('waiting')
    expect(effects.map(({ kind }) => kind)).toEqual(['close', 'wake'])
  })

  test('asks at once for a new token where the old one was refused, but not over and over', () => {
    const live = after([start, opened, caughtUp])
    const [again, effects] = step(live, closed(1008), GOOD_LIFE_MS, 0)
    expect(effects[0]).toEqual({ kind: 'open', renewToken: true })
    const refusedAgain = after([opened, closed(1008)], GOOD_LIFE_MS + 5, again)
    expect(step(refusedAgain, { kind: 'tick' }, GOOD_LIFE_MS + 5, 0)[0].phase).toMatch(/waiting|opening/)
    expect(after([opened, closed(1008)], GOOD_LIFE_MS + 6, refusedAgain).phase).toBe('waiting')
  })

  test('rests while the session is over or the network away, and comes back', () => {
    const barred = after([start, opened, { kind: 'refused' }])
    expect(barred.phase).toBe('barred')
    expect(after([{ kind: 'session_renewed' }], 0, barred).phase).toBe('opening')
    const offline = after([start, opened, { kind: 'browser_offline' }])
    expect(offline.phase).toBe('offline')
    expect(after([{ kind: 'browser_online' }], 0, offline).phase).toBe('opening')
  })

  test('delays grow, have jitter and an upper bound', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, chance) => {
        const wait = delay(attempt, chance)
        expect(wait).toBeGreaterThanOrEqual(250)
        expect(wait).toBeLessThanOrEqual(LONGEST_DELAY_MS)
      }),
    )
    expect(delay(5, 0)).toBeGreaterThan(delay(1, 0.99))
  })

  test('under any events: one socket at most, and never stuck without something that goes on', () => {
    const event = fc.constantFrom<ConnectionEvent>(
      start, opened, caughtUp, closed(1006), closed(1008), closed(1012), { kind: 'fell_behind' }, { kind: 'refused' },
      { kind: 'session_renewed' }, { kind: 'browser_offline' }, { kind: 'browser_online' }, { kind: 'try_now' },
      { kind: 'tick' }, { kind: 'stop' },
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.nat(30_000)), { maxLength: 60 }), (happenings) => {
        let state: ConnectionState = resting
        let now = 0
        let wakeAt: number | null = null
        for (const [happening, pause] of happenings) {
          now += pause
          const [next, effects] = step(state, happening, now, 0.3)
          for (const effect of effects) if (effect.kind === 'wake') wakeAt = effect.at
          state = next
          if (state.phase === 'waiting') expect(wakeAt).toBe(state.retryAt)
          if (state.phase === 'opening') expect(wakeAt).toBe(state.giveUpAt)
        }
      }),
    )
  })
})
