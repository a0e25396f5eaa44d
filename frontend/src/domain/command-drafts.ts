/** A command that is about to be sent: the same draft never runs twice, however often it is sent. */
import { ApiProblem, ConnectionProblem, problemText } from './problems'

/** The key of a draft, good as long as what is sent stays the same. */
export interface DraftKey {
  readonly fingerprint: string
  readonly key: string
}

/** The draft's key: the one it has, or a fresh one where the content changed. */
export function keyFor(known: DraftKey | null, content: unknown, freshKey: () => string): DraftKey {
  const fingerprint = JSON.stringify(content)
  return known?.fingerprint === fingerprint ? known : { fingerprint, key: freshKey() }
}

/** Each vehicle has its own key: one that was sent to before a break is not sent to again. */
export function vehicleKey({ key }: DraftKey, vehicleId: string): string {
  return `${key}.${vehicleId}`
}

/** 128 random bits. `crypto.randomUUID` is missing where the page is not served by https. */
export function randomKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

const REPEATS = 3
const FIRST_WAIT_MS = 800
const LONGEST_WAIT_MS = 15_000

export interface Repeating {
  /** Told before each wait. */
  readonly onRepeat?: (repeat: number) => void
  readonly wait: (milliseconds: number) => Promise<void>
}

/** Sends, and repeats where the answer was lost or the server is busy. Safe only with an idempotency key. */
export async function sendSurely<T>(send: () => Promise<T>, { onRepeat, wait }: Repeating): Promise<T> {
  for (let repeat = 1; ; repeat += 1) {
    try {
      return await send()
    } catch (error) {
      if (repeat > REPEATS || !mayRepeat(error)) throw error
      onRepeat?.(repeat)
      await wait(waitBefore(repeat, error))
    }
  }
}

/** Whether the same request may be sent again as it is: its outcome is not known, or the server asks to come back. */
export function mayRepeat(error: unknown): boolean {
  return error instanceof ConnectionProblem || (error instanceof ApiProblem && (error.status === 429 || error.status >= 500))
}

function waitBefore(repeat: number, error: unknown): number {
  const asked = error instanceof ApiProblem && error.retryAfterS !== null ? error.retryAfterS * 1000 : 0
  return Math.min(Math.max(asked, FIRST_WAIT_MS * 2 ** (repeat - 1)), LONGEST_WAIT_MS)
}

export type Sent<T> =
  | { readonly vehicleId: string; readonly kind: 'sent'; readonly command: T }
  /** The server said no: nothing was sent to the vehicle. */
  | { readonly vehicleId: string; readonly kind: 'refused'; readonly why: string; readonly error: unknown }
  /** No answer: it may have arrived. Only the same key finds out. */
  | { readonly vehicleId: string; readonly kind: 'unknown'; readonly why: string }

/** Sends to each vehicle, a few at a time. Every vehicle gets an outcome; nothing is thrown. */
export async function sendToEach<T>(
  vehicleIds: readonly string[], atOnce: number, send: (vehicleId: string) => Promise<T>, onOutcome: (outcome: Sent<T>) => void,
): Promise<readonly Sent<T>[]> {
  const outcomes: Sent<T>[] = []
  const left = vehicleIds.values()
  async function work() {
    for (const vehicleId of left) {
      const outcome = await send(vehicleId).then(
        (command): Sent<T> => ({ vehicleId, kind: 'sent', command }),
        (error: unknown): Sent<T> => {
          const why = problemText(error)
          return mayRepeat(error) ? { vehicleId, kind: 'unknown', why } : { vehicleId, kind: 'refused', why, error }
        },
      )
      outcomes.push(outcome)
      onOutcome(outcome)
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, vehicleIds.length) }, work))
  return vehicleIds.flatMap((id) => outcomes.find(({ vehicleId }) => vehicleId === id) ?? [])
}

const units: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600, d: 86_400 }

/** `90`, `90 s`, `15 min`, `2 h`, `1 d` in seconds; null where it is none of these. */
export function parseDurationS(typed: string): number | null {
  const [, amount = '', unit = 's'] = /^\s*(\d+(?:\.\d+)?)\s*(s|min|h|d)?\s*$/i.exec(typed) ?? []
  const size = units[unit.toLowerCase()]
  return amount === '' || size === undefined ? null : Number(amount) * size
}

/** Ids of many objects, short enough for an address: 22 characters each instead of 36. */
export function packIds(ids: readonly string[]): string {
  return ids.map(packId).join('')
}

export function unpackIds(packed: string): readonly string[] {
  return (packed.match(/[\w-]{22}/g) ?? []).flatMap((part) => unpackId(part) ?? [])
}

function packId(id: string): string {
  const bytes = id.replaceAll('-', '').match(/../g) ?? []
  return btoa(String.fromCharCode(...bytes.map((byte) => parseInt(byte, 16)))).replaceAll('+', '-').replaceAll('/', '_').slice(0, 22)
}

function unpackId(part: string): string | null {
  try {
    const text = atob(`${part.replaceAll('-', '+').replaceAll('_', '/')}==`)
    const hex = Array.from(text, (char) => char.charCodeAt(0).toString(16).padStart(2, '0')).join('')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  } catch {
    return null
  }
}
