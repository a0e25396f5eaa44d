import { MantineProvider } from '@mantine/core'
import { fireEvent, render, screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { SampleLog } from '@/domain/samples'
import { theme } from '@/ui/theme'
import { SampleTable } from './sample-table'

function sampled(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    sequenceNumber: index + 1, isFinal: false,
    payload: {
      sampledAt: new Date(index * 20).toISOString(), elapsedS: index / 50, sample: index + 1,
      values: [{ dataId: '0xF40C', name: 'EngineSpeed', value: index, unit: 'rpm' }],
    },
  }))
}

const page = (log: SampleLog) => <MantineProvider theme={theme}><SampleTable log={log} rows={log.times.length} /></MantineProvider>
const shownRows = () => screen.getAllByRole('row').flatMap((row) => {
  const index = row.getAttribute('aria-rowindex')
  return index === null ? [] : [Number(index) - 2]
})

test('of a long stream only the rows in sight exist, and the latest is one of them', () => {
  const log = new SampleLog(20)
  log.take(sampled(10_000))
  const { rerender } = render(page(log))
  expect(shownRows().length).toBeLessThan(40)
  expect(shownRows().at(-1)).toBe(9_999)
  expect(screen.getByText(/^9999\srpm$/)).toBeVisible()
  log.take(sampled(10_003))
  rerender(page(log))
  expect(shownRows().at(-1)).toBe(10_002)
})

test('whoever scrolls up stays there while more comes, and follows again at the end', () => {
  const log = new SampleLog(20)
  log.take(sampled(1000))
  const { rerender } = render(page(log))
  const frame = screen.getByRole('region', { name: 'Samples, one per row' })
  Object.defineProperties(frame, { clientHeight: { value: 360 }, scrollHeight: { get: () => log.times.length * 36 } })
  frame.scrollTop = 100 * 36
  fireEvent.scroll(frame)
  expect(shownRows()).toContain(105)
  log.take(sampled(1010))
  rerender(page(log))
  expect(frame.scrollTop).toBe(100 * 36)
  expect(shownRows()).toContain(105)
  frame.scrollTop = 1000 * 36
  fireEvent.scroll(frame)
  log.take(sampled(1020))
  rerender(page(log))
  expect(shownRows().at(-1)).toBe(1019)
})

test('a missed sample has a row that says so', () => {
  const log = new SampleLog(20)
  log.take([sampled(1)[0]!, sampled(9)[8]!])
  render(page(log))
  expect(screen.getByText('missed')).toBeVisible()
})
