import { Button, Checkbox, Table, useComputedColorScheme } from '@mantine/core'
import { IconPlayerPause, IconPlayerPlay, IconZoomReset } from '@tabler/icons-react'
import { useState } from 'react'
import { formatCount, formatQuantity } from '@/domain/durations'
import { sampleRows, seriesFacts, type SampleLog } from '@/domain/samples'
import { Chart } from '@/ui/chart'
import { chartColours } from '@/ui/chart-colours'
import layout from '@/ui/layout.module.css'
import { Moment } from '@/ui/moments'
import classes from './command.module.css'

interface SamplesPanelProps {
  readonly log: SampleLog
  readonly count: number
  readonly isOpen: boolean
}

/** Values as they change: a chart to look at, a table to read or to hear. */
export function SamplesPanel({ log, count, isOpen }: SamplesPanelProps) {
  const [isPaused, setPaused] = useState(false)
  const [resets, setResets] = useState(0)
  const [cursor, setCursor] = useState<number | null>(null)
  const [hidden, setHidden] = useState<readonly string[]>([])
  const [hasTable, setTable] = useState(false)
  const drawn = log.series.filter(({ values }) => values.some((value) => value !== null))
  const shown = drawn.filter(({ key }) => !hidden.includes(key)).map(({ key }) => key)
  const names = drawn.map(({ label }) => label).join(', ')
  return (
    <section className={layout.card} aria-labelledby="samples-title">
      <div className={classes.head}>
        <h2 id="samples-title" className={classes.title}>
          Samples <span className={classes.dim}>
            {formatCount(count, 'sample')}{isOpen ? ' so far' : ''}{log.gaps > 0 && ' · gaps in the line are samples that were missed'}
          </span>
        </h2>
        <div className={`${classes.tools ?? ''} no-print`}>
          {isOpen && (
            <Button
              size="compact-sm" variant="default" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}
              leftSection={isPaused ? <IconPlayerPlay size={14} aria-hidden /> : <IconPlayerPause size={14} aria-hidden />}
            >
              {isPaused ? 'Go on' : 'Pause'}
            </Button>
          )}
          <Button size="compact-sm" variant="default" leftSection={<IconZoomReset size={14} aria-hidden />} onClick={() => setResets(resets + 1)}>
            Show all
          </Button>
          <Button size="compact-sm" variant="default" aria-expanded={hasTable} onClick={() => setTable(!hasTable)}>
            {hasTable ? 'Hide table' : 'Table'}
          </Button>
        </div>
      </div>
      {isPaused && <p className={classes.dim} role="status">The chart stands still. Samples still arrive and are kept; “Go on” shows them.</p>}
      {drawn.length > 0 && (
        <Chart
          log={log} count={count} shown={shown} isPaused={isPaused} resets={resets} onCursor={setCursor}
          label={`Chart of ${names} over time. The table below holds the same values.`}
        />
      )}
      <Readout log={log} cursor={cursor} hidden={hidden} setHidden={setHidden} />
      {drawn.length > 0 && <p className={`${classes.dim ?? ''} no-print`}>Drag across the chart to zoom in; “Show all” or a double click zooms out.</p>}
      {hasTable && <SampleTable log={log} />}
    </section>
  )
}

interface ReadoutProps {
  readonly log: SampleLog
  readonly cursor: number | null
  readonly hidden: readonly string[]
  readonly setHidden: (hidden: readonly string[]) => void
}

/** One row per value: the latest, or the one under the cursor, and its range. */
function Readout({ log, cursor, hidden, setHidden }: ReadoutProps) {
  const scheme = useComputedColorScheme('light')
  const colours = chartColours(scheme === 'dark')
  const row = cursor !== null && cursor < log.times.length ? cursor : log.times.length - 1
  const time = log.times[row] ?? 0
  return (
    <Table.ScrollContainer minWidth={520}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Value</Table.Th>
            <Table.Th className={classes.readout}>{cursor === null ? 'Latest' : 'At the cursor'}, {time.toFixed(2)} s</Table.Th>
            <Table.Th>Least</Table.Th><Table.Th>Greatest</Table.Th><Table.Th>Mean</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {log.series.map((one, place) => {
            const facts = seriesFacts(one)
            const isShown = !hidden.includes(one.key)
            return (
              <Table.Tr key={one.key}>
                <Table.Th scope="row">
                  <span className={classes.series}>
                    <span className={classes.swatch} style={{ background: facts === null ? 'transparent' : colours[place % 8] }} aria-hidden />
                    <Checkbox
                      size="xs" label={one.label} checked={isShown && facts !== null} disabled={facts === null}
                      onChange={() => setHidden(isShown ? [...hidden, one.key] : hidden.filter((key) => key !== one.key))}
                    />
                  </span>
                </Table.Th>
                <Table.Td><b>{log.moments[row] === null ? 'missed' : formatQuantity(one.shown[row], one.unit)}</b></Table.Td>
                <Table.Td>{formatQuantity(facts?.least, one.unit)}</Table.Td>
                <Table.Td>{formatQuantity(facts?.greatest, one.unit)}</Table.Td>
                <Table.Td>{formatQuantity(facts === null ? undefined : Number(facts.mean.toPrecision(5)), one.unit)}</Table.Td>
              </Table.Tr>
            )
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

const TABLE_ROWS = 200

function SampleTable({ log }: { readonly log: SampleLog }) {
  const rows = sampleRows(log, TABLE_ROWS)
  return (
    <>
      <Table.ScrollContainer minWidth={420} maxHeight={360}>
        <Table striped stickyHeader>
          <Table.Thead>
            <Table.Tr><Table.Th>Time</Table.Th><Table.Th>Since the first</Table.Th>{log.series.map(({ key, label }) => <Table.Th key={key}>{label}</Table.Th>)}</Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={row}>
                <Table.Td><Moment at={log.moments[row] ?? ''} form="clock" milliseconds /></Table.Td>
                <Table.Td>{(log.times[row] ?? 0).toFixed(3)} s</Table.Td>
                {log.series.map(({ key, shown, unit }) => <Table.Td key={key}>{formatQuantity(shown[row], unit)}</Table.Td>)}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {rows.length === TABLE_ROWS && <p className={classes.dim}>The last {TABLE_ROWS} samples; the CSV file holds all.</p>}
    </>
  )
}
