/** What the user likes, kept in this browser: no token, no vehicle data. */
import { useSyncExternalStore } from 'react'
import { isZone, type ZoneSetting } from '@/domain/moments'

const ZONE_KEY = 'sovd-time-zone'
const SESSION_KEY = 'sovd-session-hint'
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

/** Whether somebody has signed in with this browser and not signed out. No secret: the cookie decides. */
export function mayHaveSession(): boolean {
  try {
    return localStorage.getItem(SESSION_KEY) !== null
  } catch {
    return true
  }
}

export function noteSession(isThere: boolean): void {
  try {
    if (isThere === mayHaveSession()) return
    if (isThere) localStorage.setItem(SESSION_KEY, '1')
    else localStorage.removeItem(SESSION_KEY)
  } catch {
    // Without storage every start asks the server.
  }
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

/** A small value for as long as this tab is open, reloads included. Never put secrets here. */
export function keepInTab(key: string, value: unknown): void {
  try {
    sessionStorage.setItem(`sovd-tab:${key}`, JSON.stringify(value))
  } catch {
    // Without storage the tab forgets it.
  }
}

export function keptInTab(key: string): unknown {
  try {
    return JSON.parse(sessionStorage.getItem(`sovd-tab:${key}`) ?? 'null')
  } catch {
    return null
  }
}
