import { afterEach, expect, test, vi } from 'vitest'
import type { FollowedStream } from '@/live/command-streams'
import { emptyStream } from '@/live/stream-reducer'
import { AnswerStore, pacedFrames } from './answer-store'

const chunk = (sequenceNumber: number) => ({
  sequenceNumber, responseId: String(sequenceNumber), isFinal: false, arrivedAt: null,
  payload: { dataId: `0x${String(sequenceNumber)}`, value: sequenceNumber },
})

function bench() {
  let state: FollowedStream = { stream: emptyStream('c'), refusal: null }
  let watcher: (() => void) | null = null
  const frames: (() => void)[] = []
  const source = {
    snapshot: () => state,
    watch: (_: string, added: () => void) => {
      watcher = added
      return () => {
        watcher = null
      }
    },
  }
  const store = new AnswerStore(source, 'c', null, (action) => frames.push(action))
  return {
    store,
    frames,
    bring: (count: number) => {
      state = { ...state, stream: { ...state.stream, chunks: Array.from({ length: count }, (_, index) => chunk(index + 1)) } }
      watcher?.()
    },
    frame: () => frames.splice(0).forEach((action) => action()),
  }
}

test('many chunks between two frames are told once', () => {
  const { store, frames, bring, frame } = bench()
  const tell = vi.fn()
  store.watch(tell)
  frame()
  for (let count = 1; count <= 50; count += 1) bring(count)
  expect(frames).toHaveLength(1)
  frame()
  expect(tell).toHaveBeenCalledTimes(1)
  expect(store.snapshot().answer.values).toHaveLength(50)
})

test('without a live connection the stored chunks are shown; the stream takes over without doubling one', () => {
  const { store, bring, frame } = bench()
  store.watch(() => undefined)
  store.takeStored([chunk(1), chunk(2)])
  frame()
  expect(store.snapshot().answer.values.map(({ value }) => value)).toEqual([1, 2])
  bring(1)
  frame()
  expect(store.snapshot().chunks).toHaveLength(2)
  bring(3)
  frame()
  expect(store.snapshot().answer.values.map(({ value }) => value)).toEqual([1, 2, 3])
})

test('nothing new is told to nobody', () => {
  const { store, frame } = bench()
  const tell = vi.fn()
  store.watch(tell)
  frame()
  store.takeStored([])
  frame()
  expect(tell).not.toHaveBeenCalled()
})

afterEach(() => {
  vi.useRealTimers()
})

/** How often a flood is shown in a second where each update takes so long. */
function updatesPerSecond(eachTakes: number): number {
  let worked = 0
  const plan = pacedFrames(() => performance.now() + worked)
  let shown = 0
  // Chunks come all the time, each in a task of its own.
  let isPlanned = false
  const timer = setInterval(() => {
    if (isPlanned) return
    isPlanned = true
    plan(() => {
      isPlanned = false
      shown += 1
      worked += eachTakes
    })
  }, 1)
  for (const begun = performance.now(); performance.now() + worked - begun < 1000;) vi.advanceTimersByTime(1)
  clearInterval(timer)
  return shown
}

test('the first part shows in the next frame', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearInterval', 'requestAnimationFrame', 'performance'] })
  const show = vi.fn()
  pacedFrames()(show)
  vi.advanceTimersByTime(20)
  expect(show).toHaveBeenCalledTimes(1)
})

test('a flood is shown some thirty times a second, and more seldom where showing it takes long', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearInterval', 'requestAnimationFrame', 'performance'] })
  expect(updatesPerSecond(0)).toBeGreaterThan(20)
  expect(updatesPerSecond(0)).toBeLessThan(35)
  expect(updatesPerSecond(50)).toBeLessThan(8)
  expect(updatesPerSecond(1000)).toBe(1)
})
