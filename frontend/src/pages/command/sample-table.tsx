import { Table } from '@mantine/core'
import { memo, useLayoutEffect, useRef, useState } from 'react'
import { formatQuantity } from '@/domain/durations'
import type { SampleLog } from '@/domain/samples'
import { Moment } from '@/ui/moments'
import classes from './command.module.css'

/** As in command.module.css. */
const ROW_PX = 36
const HEIGHT_PX = 360
const SPARE_ROWS = 6

interface SampleTableProps {
  readonly log: SampleLog
  /** Rows of `log`, which grows in place. */
  readonly rows: number
}

/**
 * Every sample, the latest last. It follows the stream at its end until one scrolls up, and again once one is back there.
 * Only rows in sight exist, and a row is drawn once.
 */
export function SampleTable({ log, rows }: SampleTableProps) {
  const frame = useRef<HTMLDivElement>(null)
  const isAtEnd = useRef(true)
  const [top, setTop] = useState<number | 'end'>('end')
  useLayoutEffect(() => {
    // What the hand has just scrolled counts, not what was drawn before.
    if (isAtEnd.current && frame.current !== null) frame.current.scrollTop = rows * ROW_PX
  }, [rows])

  function onScroll() {
    const place = frame.current
    if (place === null) return
    isAtEnd.current = place.scrollTop + place.clientHeight >= place.scrollHeight - ROW_PX
    setTop(isAtEnd.current ? 'end' : place.scrollTop)
  }

  const seen = Math.ceil(HEIGHT_PX / ROW_PX) + SPARE_ROWS
  const first = Math.max(0, top === 'end' ? rows - seen : Math.floor(top / ROW_PX) - SPARE_ROWS)
  const last = Math.min(rows, first + seen + SPARE_ROWS)
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be focusable (WCAG 2.1.1)
    <div ref={frame} className={classes.samples} role="region" aria-label="Samples, one per row" tabIndex={0} onScroll={onScroll}>
      <Table stickyHeader layout="fixed" miw={420} aria-rowcount={rows + 1}>
        <Table.Thead>
          <Table.Tr><Table.Th>Time</Table.Th><Table.Th>Since the first</Table.Th>{log.series.map(({ key, label }) => <Table.Th key={key}>{label}</Table.Th>)}</Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {first > 0 && <tr aria-hidden style={{ height: first * ROW_PX }} />}
          {Array.from({ length: last - first }, (_, index) => first + index).map((row) => (
            <SampleRow key={row} log={log} row={row} columns={log.series.length} />
          ))}
          {last < rows && <tr aria-hidden style={{ height: (rows - last) * ROW_PX }} />}
        </Table.Tbody>
      </Table>
    </div>
  )
}

interface SampleRowProps {
  readonly log: SampleLog
  readonly row: number
  /** A value that comes for the first time is another column in all rows. */
  readonly columns: number
}

const SampleRow = memo(function SampleRow({ log, row }: SampleRowProps) {
  const moment = log.moments[row] ?? null
  return (
    <tr aria-rowindex={row + 2} className={classes.sampleRow}>
      <td>{moment === null ? <span className={classes.dim}>missed</span> : <Moment at={moment} form="clock" milliseconds />}</td>
      <td>{(log.times[row] ?? 0).toFixed(3)} s</td>
      {log.series.map(({ key, shown, unit }) => <td key={key}>{moment === null ? '' : formatQuantity(shown[row], unit)}</td>)}
    </tr>
  )
})
