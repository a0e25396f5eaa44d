import { useSyncExternalStore } from 'react'

const watchers = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | null = null
let now = Date.now()

function watch(watcher: () => void): () => void {
  watchers.add(watcher)
  timer ??= setInterval(() => {
    now = Date.now()
    for (const one of watchers) one()
  }, 1000)
  return () => {
    watchers.delete(watcher)
    if (watchers.size > 0 || timer === null) return
    clearInterval(timer)
    timer = null
  }
}

function snapshot(): number {
  // Nobody ticks it while nobody watches.
  if (timer === null) now = Date.now()
  return now
}

/** The time in milliseconds, anew every second: one timer for the whole page. */
export function useNow(): number {
  return useSyncExternalStore(watch, () => Math.floor(snapshot() / 1000)) * 1000
}
