import { useComputedColorScheme } from '@mantine/core'
import { useEffect, useEffectEvent, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { SampleLog } from '@/domain/samples'
import type { ChartProps } from './chart-props'
import { chartColours, dashes } from './chart-colours'
import classes from './chart.module.css'

const HEIGHT = 300
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the enum of uPlot's types has no value at run time
const [right, left] = [1 as uPlot.Axis.Side, 3 as uPlot.Axis.Side]

/** uPlot in React's clothes: React makes and ends it, the data goes past React. */
export default function ChartDrawing({ log, count, shown, isPaused, resets, onCursor, label }: ChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const isZoomed = useRef(false)
  const scheme = useComputedColorScheme('light')
  const tellCursor = useEffectEvent(onCursor)
  const key = log.series.filter((one) => shown.includes(one.key)).map((one) => one.key).join(' ')

  useEffect(() => {
    const element = place.current
    if (element === null) return
    const dark = scheme === 'dark'
    const made = new uPlot(optionsOf(log, key.split(' '), dark, element.clientWidth, {
      onCursor: (row) => tellCursor(row),
      onZoom: (zoomed) => {
        isZoomed.current = zoomed
      },
    }), dataOf(log, key.split(' ')), element)
    plot.current = made
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0) made.setSize({ width: element.clientWidth, height: HEIGHT })
    })
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
      plot.current = null
      isZoomed.current = false
    }
  }, [log, key, scheme])

  useEffect(() => {
    if (!isPaused) plot.current?.setData(dataOf(log, key.split(' ')), !isZoomed.current)
  }, [log, key, count, isPaused])

  useEffect(() => {
    if (resets === 0) return
    isZoomed.current = false
    plot.current?.setData(dataOf(log, key.split(' ')), true)
  }, [resets, log, key])

  return <div ref={place} className={classes.chart} role="img" aria-label={label} />
}

function dataOf(log: SampleLog, keys: readonly string[]): uPlot.AlignedData {
  return [log.times, ...log.series.filter(({ key }) => keys.includes(key)).map(({ values }) => values)]
}

interface Reactions {
  readonly onCursor: (row: number | null) => void
  readonly onZoom: (isZoomed: boolean) => void
}

function optionsOf(log: SampleLog, keys: readonly string[], dark: boolean, width: number, { onCursor, onZoom }: Reactions): uPlot.Options {
  const ink = dark ? '#a3adb8' : '#52606d'
  const grid = { stroke: dark ? '#2c333a' : '#e3e8ed', width: 1 }
  const chosen = log.series.filter(({ key }) => keys.includes(key))
  const units = [...new Set(chosen.map(({ unit }) => unit ?? ''))]
  const axis = { stroke: ink, grid, ticks: grid, font: '12px system-ui' }
  return {
    width: Math.max(width, 200),
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: true, y: false }, points: { size: 7 } },
    scales: { x: { time: false } },
    series: [
      { label: 'Time' },
      ...chosen.map((one): uPlot.Series => {
        const place = log.series.indexOf(one)
        return {
          label: one.label, scale: `u ${one.unit ?? ''}`, stroke: chartColours(dark)[place % 8] ?? ink, width: 1.75,
          spanGaps: false, ...(dashes[place % dashes.length] === undefined ? {} : { dash: [...(dashes[place % dashes.length] ?? [])] }),
          // Shown where they have room, and always where a sample stands alone between two gaps.
          points: { size: 5 },
        }
      }),
    ],
    axes: [
      { ...axis, label: 'Seconds since the first sample', labelFont: '12px system-ui', labelSize: 22, values: (_, ticks) => ticks.map((tick) => `${String(Number(tick.toFixed(3)))} s`) },
      ...units.map((unit, place): uPlot.Axis => ({
        ...axis, scale: `u ${unit}`, side: place % 2 === 0 ? left : right, size: 62, label: unit === '' ? 'value' : unit, labelFont: '12px system-ui', labelSize: 20,
        grid: place === 0 ? grid : { show: false },
      })),
    ],
    hooks: {
      setCursor: [({ cursor }) => onCursor(cursor.idx ?? null)],
      setSelect: [({ select }) => {
        if (select.width > 0) onZoom(true)
      }],
    },
  }
}
