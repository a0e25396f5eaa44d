import type { SampleLog } from '@/domain/samples'

export interface ChartProps {
  readonly log: SampleLog
  /** How many samples are in: a new number draws anew. */
  readonly count: number
  /** Shown series, by key. */
  readonly shown: readonly string[]
  readonly isPaused: boolean
  /** A new number shows everything again. */
  readonly resets: number
  /** The row under the cursor; null where it points at none. */
  readonly onCursor: (row: number | null) => void
  readonly label: string
}
