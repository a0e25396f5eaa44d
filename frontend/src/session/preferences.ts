/** What the user likes, kept in this browser: no token, no vehicle data. */
import { useSyncExternalStore } from 'react'
import { isZone, type ZoneSetting } from '@/domain/moments'

const ZONE_KEY = 'sovd-time-zone'
const watchers = new Set<() => void>()

function read(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    // Browsers that refuse storage still show the page, with the defaults.
    return null
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // See above.
  }
  for (const watcher of watchers) watcher()
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher)
  window.addEventListener('storage', watcher)
  return () => {
    watchers.delete(watcher)
    window.removeEventListener('storage', watcher)
  }
}

function zone(): ZoneSetting {
  const kept = read(ZONE_KEY)
  return kept !== null && isZone(kept) ? kept : 'local'
}

/** The zone in which times are shown: `local`, `UTC`, or an IANA name. */
export function useZone(): ZoneSetting {
  return useSyncExternalStore(watch, zone)
}

export function setZone(next: ZoneSetting): void {
  write(ZONE_KEY, next)
}

/** A small value per account and purpose, such as the parameters last used. Never put secrets here. */
export function keep(key: string, value: unknown): void {
  write(`sovd-kept:${key}`, JSON.stringify(value))
}

export function kept(key: string): unknown {
  const text = read(`sovd-kept:${key}`)
  if (text === null) return null
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
