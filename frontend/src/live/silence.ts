/**
 * Whether a connection that says nothing is still there: pure. A way that is cut somewhere leaves the socket open for
 * minutes, and the browser tells nothing of the WebSocket's own pings. So the page asks, and believes no silence.
 */

/** Without any frame for so long, the page asks. */
export const ASK_AFTER_MS = 10_000
/** Without any frame for so long after it asked, the connection is lost. */
export const LOST_AFTER_MS = 5_000

export interface Silence {
  /** When the last frame came, in ms. */
  readonly heardAt: number
  /** When the page asked after it; null: it did not. */
  readonly askedAt: number | null
}

export type Verdict =
  | { readonly kind: 'wait'; readonly until: number }
  | { readonly kind: 'ask' }
  | { readonly kind: 'lost' }

/** What to do now. It never says `lost` before it said `ask`: a computer that slept has not listened. */
export function judgeSilence({ heardAt, askedAt }: Silence, now: number): Verdict {
  if (askedAt === null) {
    const due = heardAt + ASK_AFTER_MS
    return now < due ? { kind: 'wait', until: due } : { kind: 'ask' }
  }
  const due = askedAt + LOST_AFTER_MS
  return now < due ? { kind: 'wait', until: due } : { kind: 'lost' }
}
