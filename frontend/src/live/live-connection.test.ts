import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { expect, test, vi } from 'vitest'
import { commandKeys } from '@/api/queries/commands'
import { COMMAND_ID, response, status } from '../../tests/support/builders'
import { FakeClock, settle } from '../../tests/support/clock'
import { FakeSession, liveSurroundings } from '../../tests/support/fake-events-server'
import type { TopicEvent } from './frames'
import { followChanges } from './hooks'
import { ASK_AGAIN_MS } from './live-connection'
import { createLive } from './live-context'

async function connected() {
  const clock = new FakeClock()
  const session = new FakeSession()
  const { around, sockets } = liveSurroundings(clock, session)
  const queries = new QueryClient()
  const live = createLive(around, queries)
  session.become('signed_in')
  await settle()
  const newest = () => sockets.at(-1)!
  newest().open()
  return { clock, session, sockets, newest, queries, ...live }
}

const labelled = (sub: string | undefined, event: TopicEvent) => ({ sub, ...event })

test('is live once every subscription is confirmed', async () => {
  const { connection, newest } = await connected()
  expect(connection.snapshot().phase).toBe('live')
  connection.subscribe({ topic: 'presence' }, { onEvent: () => undefined })
  expect(connection.snapshot().phase).toBe('catching_up')
  newest().confirmAll()
  expect(connection.snapshot().phase).toBe('live')
})

test('a listener learns when its topic is followed, whether it comes first or joins later', async () => {
  const { connection, newest } = await connected()
  const told: string[] = []
  connection.subscribe({ topic: 'commands' }, { onEvent: () => undefined, onFollowed: () => told.push('first') })
  expect(told).toEqual([])
  newest().confirmAll()
  expect(told).toEqual(['first'])
  connection.subscribe({ topic: 'commands' }, { onEvent: () => undefined, onFollowed: () => told.push('second') })
  expect(told).toEqual(['first', 'second'])
})

test('a command that ended before the changes were followed is read again, and only that one', async () => {
  const { connection, newest } = await connected()
  const queries = new QueryClient()
  const read = vi.fn((id: string) => ({ command_id: id, status: id === 'ended' ? 'completed' : 'pending' }))
  const observers = ['open', 'ended'].map((id) => new QueryObserver(queries, { queryKey: commandKeys.one(id), queryFn: () => read(id), staleTime: Infinity }))
  const leave = observers.map((observer) => observer.subscribe(() => undefined))
  await settle()
  read.mockClear()
  const stop = followChanges(connection, queries, { topic: 'commands' }, () => undefined)
  await settle()
  expect(read).not.toHaveBeenCalled()
  newest().confirmAll()
  await settle()
  expect(read.mock.calls).toEqual([['open']])
  stop()
  for (const one of leave) one()
  queries.clear()
})

test('a stream goes on after a break behind its last chunk, without loss or repetition', async () => {
  const { clock, streams, newest } = await connected()
  streams.watch(COMMAND_ID, () => undefined)
  const first = newest()
  expect(first.subscription('command').after).toBe(0)
  first.confirmAll()
  first.say(labelled(first.subscription('command').id, response(1)))
  first.say(labelled(first.subscription('command').id, response(2)))
  first.lose(1012)
  clock.pass(1000)
  await settle()

  const second = newest()
  expect(second).not.toBe(first)
  second.open()
  expect(second.subscription('command').after).toBe(2)
  const { id } = second.subscription('command')
  for (const event of [response(2), response(3, true), status('completed', '2026-01-01T00:00:00.000Z')]) second.say(labelled(id, event))
  second.say({ event: 'unsubscribed', id, reason: 'ended' })
  clock.pass(20)

  const { stream, refusal } = streams.snapshot(COMMAND_ID)
  expect(stream.chunks.map(({ sequenceNumber }) => sequenceNumber)).toEqual([1, 2, 3])
  expect(stream.status).toBe('completed')
  expect(refusal).toBeNull()
})

test('a hole makes it ask again from the last chunk', async () => {
  const { clock, streams, newest } = await connected()
  streams.watch(COMMAND_ID, () => undefined)
  const socket = newest()
  const { id } = socket.subscription('command')
  socket.say(labelled(id, response(1)))
  socket.say(labelled(id, response(3)))
  clock.pass(20)
  const again = socket.subscription('command')
  expect(again.id).not.toBe(id)
  expect(again.after).toBe(1)
  expect(socket.frames).toContainEqual({ op: 'unsubscribe', id })
})

test('many events are shown in one go', async () => {
  const { clock, streams, newest } = await connected()
  let drawn = 0
  streams.watch(COMMAND_ID, () => (drawn += 1))
  const { id } = newest().subscription('command')
  for (let number = 1; number <= 50; number += 1) newest().say(labelled(id, response(number)))
  clock.pass(20)
  expect(drawn).toBe(1)
  expect(streams.snapshot(COMMAND_ID).stream.chunks).toHaveLength(50)
})

test('other topics are told that changes may be missing after a break', async () => {
  const { clock, connection, newest } = await connected()
  const events: string[] = []
  connection.subscribe({ topic: 'commands' }, { onEvent: ({ event }) => events.push(event) })
  newest().confirmAll()
  expect(events).toEqual([])
  newest().lose()
  clock.pass(1000)
  await settle()
  newest().open()
  newest().confirmAll()
  expect(events).toEqual(['resync'])
})

test('subscriptions to one topic share one, and the last one out ends it', async () => {
  const { connection, newest } = await connected()
  const leaveOne = connection.subscribe({ topic: 'presence' }, { onEvent: () => undefined })
  const leaveOther = connection.subscribe({ topic: 'presence' }, { onEvent: () => undefined })
  expect(newest().frames.filter(({ op }) => op === 'subscribe')).toHaveLength(1)
  leaveOne()
  expect(newest().frames.some(({ op }) => op === 'unsubscribe')).toBe(false)
  leaveOther()
  expect(newest().frames.some(({ op }) => op === 'unsubscribe')).toBe(true)
})

test('a renewed token is passed on; a refused one is renewed and the socket opened again', async () => {
  const { session, newest, clock } = await connected()
  session.become('signed_in', 'token-2')
  expect(newest().frames).toContainEqual({ op: 'token', token: 'token-2' })
  clock.pass(20_000)
  newest().lose(1008)
  await settle()
  expect(session.rejected.at(-1)).toBe('token-2')
})

test('the end of the session closes the socket, a new sign-in opens one', async () => {
  const { session, connection, newest, sockets } = await connected()
  session.become('expired')
  expect(connection.snapshot().phase).toBe('barred')
  expect(newest().isClosed).toBe(true)
  session.become('signed_in', 'token-3')
  await settle()
  expect(sockets).toHaveLength(2)
  expect(newest().token).toBe('token-3')
})

test('what the server refuses is said, and does not hold up the rest', async () => {
  const { connection, streams, newest } = await connected()
  streams.watch(COMMAND_ID, () => undefined)
  const { id } = newest().subscription('command')
  newest().say({ event: 'error', id, code: 'not_found', message: 'there is no such object' })
  expect(streams.snapshot(COMMAND_ID).refusal).toEqual({ code: 'not_found', message: 'there is no such object' })
  expect(connection.snapshot().phase).toBe('live')
})

test('what the server cannot serve for a moment is asked for again, and the page does not say that it is live', async () => {
  const { clock, connection, streams, newest } = await connected()
  streams.watch(COMMAND_ID, () => undefined)
  const { id } = newest().subscription('command')
  newest().say({ event: 'error', id, code: 'storage_unavailable', message: 'try again shortly', retry_can_help: true })
  expect(connection.snapshot().phase).toBe('catching_up')
  expect(streams.snapshot(COMMAND_ID).refusal).toBeNull()
  clock.pass(2 * ASK_AGAIN_MS)
  const again = newest().subscription('command')
  expect(again.id).not.toBe(id)
  newest().confirmAll()
  expect(connection.snapshot().phase).toBe('live')
})

test('what nobody wants any more is not asked for again', async () => {
  const { clock, connection, newest } = await connected()
  const leave = connection.subscribe({ topic: 'presence' }, { onEvent: () => undefined })
  const { id } = newest().subscription('presence')
  newest().say({ event: 'error', id, code: 'storage_unavailable', message: 'try again shortly', retry_can_help: true })
  leave()
  clock.pass(2 * ASK_AGAIN_MS)
  expect(newest().subscription('presence').id).toBe(id)
  expect(connection.snapshot().phase).toBe('live')
})

test('frames that make no sense are passed over', async () => {
  const { connection, newest } = await connected()
  for (const text of ['', '[]', '{', '{"event":"from the future"}', '{"sub":"s1","event":"nonsense"}', '{"sub":7}']) newest().sayText(text)
  expect(connection.snapshot().phase).toBe('live')
})

test("a stream's new status reaches the command's own query", async () => {
  const { clock, streams, newest, queries } = await connected()
  queries.setQueryData(commandKeys.one(COMMAND_ID), { command_id: COMMAND_ID, status: 'in_progress', queue_position: null })
  streams.watch(COMMAND_ID, () => undefined)
  newest().say(labelled(newest().subscription('command').id, status('completed')))
  clock.pass(20)
  expect(queries.getQueryData(commandKeys.one(COMMAND_ID))).toMatchObject({ status: 'completed' })
})
