/** When this tab sent its commands, by the clock of this computer: only the tab that was clicked in knows it. */
import { keepInTab, keptInTab } from './preferences'

export interface SentHere {
  /** The press on the button, in ms. */
  readonly clickedAt: number
  /** When the server's answer was here. */
  readonly acceptedAt: number
}

type Entry = readonly [commandId: string, times: SentHere]

const KEY = 'sent-here'
/** As many as one batch has vehicles. */
const MOST = 200

export function noteSent(commandId: string, times: SentHere): void {
  keepInTab(KEY, [...entries().filter(([id]) => id !== commandId), [commandId, times]].slice(-MOST))
}

export function sentHere(commandId: string): SentHere | null {
  return entries().find(([id]) => id === commandId)?.[1] ?? null
}

function entries(): readonly Entry[] {
  const kept = keptInTab(KEY)
  return Array.isArray(kept) ? kept.filter(isEntry) : []
}

function isEntry(entry: unknown): entry is Entry {
  if (!Array.isArray(entry)) return false
  const [id, times] = entry as unknown[]
  if (typeof id !== 'string' || typeof times !== 'object' || times === null) return false
  return 'clickedAt' in times && typeof times.clickedAt === 'number' && 'acceptedAt' in times && typeof times.acceptedAt === 'number'
}
