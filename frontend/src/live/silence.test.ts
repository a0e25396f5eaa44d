import { expect, test } from 'vitest'
import { FakeClock, settle } from '../../tests/support/clock'
import { FakeSession, liveSurroundings } from '../../tests/support/fake-events-server'
import { LiveConnection } from './live-connection'
import { ASK_AFTER_MS, judgeSilence, LOST_AFTER_MS } from './silence'

test('asks only after a silence, and gives up only after it asked', () => {
  expect(judgeSilence({ heardAt: 100, askedAt: null }, 100)).toEqual({ kind: 'wait', until: 100 + ASK_AFTER_MS })
  expect(judgeSilence({ heardAt: 100, askedAt: null }, 100 + ASK_AFTER_MS)).toEqual({ kind: 'ask' })
  // a computer that slept for an hour asks first
  expect(judgeSilence({ heardAt: 100, askedAt: null }, 3_600_000)).toEqual({ kind: 'ask' })
  expect(judgeSilence({ heardAt: 100, askedAt: 200 }, 200 + LOST_AFTER_MS - 1).kind).toBe('wait')
  expect(judgeSilence({ heardAt: 100, askedAt: 200 }, 200 + LOST_AFTER_MS)).toEqual({ kind: 'lost' })
})

async function live() {
  const clock = new FakeClock()
  const session = new FakeSession()
  const { around, sockets } = liveSurroundings(clock, session)
  const connection = new LiveConnection(around)
  session.become('signed_in')
  await settle()
  sockets[0]!.open()
  return { clock, connection, sockets, pings: () => sockets[0]!.frames.filter(({ op }) => op === 'ping').length }
}

test('a dead connection is not called live: it is closed and made anew', async () => {
  const { clock, connection, sockets, pings } = await live()
  expect(connection.snapshot().phase).toBe('live')
  sockets[0]!.isDead = true
  clock.pass(ASK_AFTER_MS)
  expect(pings()).toBe(1)
  expect(connection.snapshot().phase).toBe('live')
  clock.pass(LOST_AFTER_MS)
  expect(connection.snapshot().phase).toBe('waiting')
  expect(sockets[0]!.isClosed).toBe(true)
  clock.pass(1000)
  await settle()
  expect(sockets).toHaveLength(2)
})

test('any frame counts as a sign of life, an answer to the question too', async () => {
  const { clock, connection, sockets, pings } = await live()
  for (let round = 1; round <= 5; round += 1) {
    clock.pass(ASK_AFTER_MS)
    expect(pings()).toBe(round)
  }
  for (let second = 0; second < 60; second += 1) {
    clock.pass(1000)
    sockets[0]!.say({ event: 'something new' })
  }
  expect(connection.snapshot().phase).toBe('live')
  expect(pings()).toBe(5)
  expect(sockets).toHaveLength(1)
})

test('after an ordinary end nobody listens any more', async () => {
  const { clock, connection, sockets, pings } = await live()
  sockets[0]!.lose(1012)
  clock.pass(300)
  await settle()
  connection.tell('browser_offline')
  clock.pass(60_000)
  expect(pings()).toBe(0)
})
