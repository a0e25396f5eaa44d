import { Button, Checkbox, Table, useComputedColorScheme } from '@mantine/core'
import { IconPlayerPause, IconPlayerPlay, IconZoomReset } from '@tabler/icons-react'
import { memo, useCallback, useState } from 'react'
import { formatCount, formatQuantity } from '@/domain/durations'
import { seriesFacts, shownMean, type SampleLog } from '@/domain/samples'
import { Chart } from '@/ui/chart'
import { chartColours } from '@/ui/chart-colours'
import layout from '@/ui/layout.module.css'
import classes from './command.module.css'
import { SampleTable } from './sample-table'

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
  const drawn = log.series.filter((one) => seriesFacts(one) !== null)
  const shown = drawn.filter(({ key }) => !hidden.includes(key)).map(({ key }) => key)
  const toggle = useCallback(
    (key: string) => setHidden((before) => (before.includes(key) ? before.filter((one) => one !== key) : [...before, key])), [],
  )
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
      <Readout log={log} cursor={cursor} hidden={hidden} onToggle={toggle} />
      {drawn.length > 0 && <p className={`${classes.dim ?? ''} no-print`}>Drag across the chart to zoom in; “Show all” or a double click zooms out.</p>}
      {hasTable && <SampleTable log={log} rows={log.times.length} />}
    </section>
  )
}

interface ReadoutProps {
  readonly log: SampleLog
  readonly cursor: number | null
  readonly hidden: readonly string[]
  readonly onToggle: (key: string) => void
}

/** One row per value: the latest, or the one under the cursor, and its range. */
function Readout({ log, cursor, hidden, onToggle }: ReadoutProps) {
  const scheme = useComputedColorScheme('light')
  const colours = chartColours(scheme === 'dark')
  const row = cursor !== null && cursor < log.times.length ? cursor : log.times.length - 1
  const time = log.times[row] ?? 0
  return (
    <Table.ScrollContainer minWidth={520}>
      <Table horizontalSpacing="xs">
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
            return (
              <Table.Tr key={one.key}>
                <Table.Th scope="row">
                  <SeriesName
                    name={one.key} label={one.label} colour={colours[place % 8]} isShown={!hidden.includes(one.key)} isDrawn={facts !== null} onToggle={onToggle}
                  />
                </Table.Th>
                <Table.Td><b>{log.moments[row] === null ? 'missed' : formatQuantity(one.shown[row], one.unit)}</b></Table.Td>
                <Table.Td>{formatQuantity(facts?.least, one.unit)}</Table.Td>
                <Table.Td>{formatQuantity(facts?.greatest, one.unit)}</Table.Td>
                <Table.Td>{formatQuantity(facts === null ? undefined : shownMean(facts), one.unit)}</Table.Td>
              </Table.Tr>
            )
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

interface SeriesNameProps {
  readonly name: string
  readonly label: string
  readonly colour: string | undefined
  readonly isShown: boolean
  /** Whether it holds a number. */
  readonly isDrawn: boolean
  readonly onToggle: (key: string) => void
}

/** Stays as it is while the numbers beside it change many times a second. */
const SeriesName = memo(function SeriesName({ name, label, colour, isShown, isDrawn, onToggle }: SeriesNameProps) {
  return (
    <span className={classes.series}>
      <span className={classes.swatch} style={{ background: isDrawn ? colour : 'transparent' }} aria-hidden />
      <Checkbox size="xs" label={label} checked={isShown && isDrawn} disabled={!isDrawn} onChange={() => onToggle(name)} />
    </span>
  )
})
